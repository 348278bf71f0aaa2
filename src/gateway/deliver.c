/*
 * Nothing is parsed before somebody asks for it: a request with a wrong signature costs one HMAC over its raw body.
 * What the log says of a refusal names hook and parameter, never a value, signature or secret.
 */
#include "gateway/deliver.h"

#include "base/error.h"
#include "base/log.h"
#include "gateway/exchange.h"
#include "gateway/receive.h"
#include "gateway/route.h"
#include "gateway/service.h"
#include "gateway/start.h"
#include "hook/decision.h"
#include "hook/invocation.h"
#include "hook/trace.h"
#include "run/job.h"

/* --- The body ----------------------------------------------------------------------------------------------------- */

static bool take_body(struct call *call, const struct hook *hook)
{
	struct error error = ERROR_INIT;
	if (!receive_body(call->exchange, call->service->config.limits.body, &call->body, &error)) {
		log_warning("hook \"%.*s\": %s", STR_ARGS(hook->id), error.message);
		/* 504 is for servers behind us; here the client was too slow (RFC 9110 §15.5.9). */
		int status = error.kind == ERROR_TIMEOUT ? 408 : error_http_status(error.kind);
		response_explain(&call->response, status, error.message);
		return false;
	}
	call->request.body = buf_str(&call->body);
	return true;
}

/* A body that is no payload is no error of its own: rules and arguments find nothing in it. The log says why. */
static void log_payload_error(const struct call *call, const struct hook *hook)
{
	const struct request *request = &call->request;
	if (request->payload_parsed && request->payload_error.kind != ERROR_NONE)
		log_warning("hook \"%.*s\": the body has no payload: %s", STR_ARGS(hook->id),
		            request->payload_error.message);
}

/* --- The rule ----------------------------------------------------------------------------------------------------- */

/* Why it fired or did not: one line, without values. */
static void log_trace(const struct hook *hook, const struct trace *trace, bool fires)
{
	struct buf line = BUF_INIT;

	trace_write_line(&line, trace);
	log_info("hook \"%.*s\": its trigger rule %s%s%s", STR_ARGS(hook->id),
	         fires ? "holds" : "was not satisfied", line.len > 0 ? ": " : "", line.data);
	buf_release(&line);
}

static void log_decision(const struct call *call, const struct hook *hook, const struct decision *decision,
                         const struct trace *trace)
{
	log_payload_error(call, hook);
	if (decision->kind == DECISION_RULE_FAILED)
		log_warning("hook \"%.*s\": %s", STR_ARGS(hook->id), decision->outcome.detail.message);
	if (log_enabled(LOG_LEVEL_INFO) && hook->trigger_rule && decision->kind != DECISION_FORM)
		log_trace(hook, trace, decision->kind == DECISION_FIRES);
}

/* Whether the hook fires; where not, it is answered. */
static bool fires(struct call *call, const struct hook *hook)
{
	struct trace trace = {.hints = log_enabled(LOG_LEVEL_DEBUG)};
	struct decision decision =
		decision_by_rule(hook, &call->request, log_enabled(LOG_LEVEL_INFO) ? &trace : NULL);

	log_decision(call, hook, &decision, &trace);
	if (decision.kind != DECISION_FIRES)
		response_send(&call->response, decision.status, decision.reply);
	return decision.kind == DECISION_FIRES;
}

/* Whether the hook is for the event; where not, it is answered. What nobody wants is no fault. */
static bool wants_event(struct call *call, const struct hook *hook)
{
	struct decision decision = decision_by_event(hook, &call->request);

	if (decision.kind == DECISION_FIRES)
		return true;
	if (decision.kind == DECISION_EVENT)
		log_error("hook \"%.*s\": %.*s", STR_ARGS(hook->id), STR_ARGS(decision.reply));
	else
		log_info("%.*s", STR_ARGS(decision.reply));
	response_explain(&call->response, decision.status, str_to_c(call->request.arena, decision.reply));
	return false;
}

/* --- The job ------------------------------------------------------------------------------------------------------ */

static enum invocation make_job(struct call *call, const struct hook *hook, struct job *job, struct error *error)
{
	bool parsed = call->request.payload_parsed;
	job_init(job);
	enum invocation invocation = invocation_make(hook, &call->request, &call->service->config, job, error);
	if (!parsed)
		log_payload_error(call, hook);
	return invocation;
}

static void fire(struct call *call, const struct hook *hook)
{
	struct job job;
	struct error error = ERROR_INIT;
	switch (make_job(call, hook, &job, &error)) {
	case INVOCATION_RUN:
		start_and_answer(call, hook, &job);
		break;
	case INVOCATION_NOTHING_TO_DO:
		log_info("hook \"%.*s\": %s", STR_ARGS(hook->id), error.message);
		response_explain(&call->response, 200, error.message);
		break;
	case INVOCATION_REFUSED:
		log_error("hook \"%.*s\": %s", STR_ARGS(hook->id), error.message);
		response_explain(&call->response, error_http_status(error.kind), error.message);
		break;
	}
}

void deliver(struct call *call)
{
	const struct hook *hook = hooks_find(&call->service->hooks, call->below);
	if (!hook) {
		response_send(&call->response, 404, STR("Hook not found."));
		return;
	}
	call->hook = hook->id;
	log_set_field(LOG_FIELD_HOOK, str_to_c(call->exchange->arena, hook->id));
	struct decision decision = decision_by_method(hook, &call->service->config, &call->request);
	if (decision.kind != DECISION_FIRES) {
		response_send(&call->response, decision.status, decision.reply);
		return;
	}
	route_set_headers(call);
	if (take_body(call, hook) && fires(call, hook) && wants_event(call, hook))
		fire(call, hook);
}
