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
#include "hook/invocation.h"
#include "hook/rule.h"
#include "payload/payload.h"
#include "run/job.h"

static bool is_in(const struct call *call, const struct text_list *methods)
{
	for (size_t i = 0; i < methods->count; i++) {
		struct str method = str_upper(call->exchange->arena, str_trim(methods->items[i]));
		if (str_equal(call->request.method, method))
			return true;
	}
	return false;
}

static bool method_is_allowed(const struct call *call, const struct hook *hook)
{
	const struct text_list *general = &call->service->config.http_methods;
	if (hook->http_methods.count > 0)
		return is_in(call, &hook->http_methods);
	return general->count == 0 || is_in(call, general);
}

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
	if (hook->incoming_payload_content_type.len > 0)
		call->request.content_type = hook->incoming_payload_content_type;
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

static void answer_not_satisfied(struct call *call, const struct hook *hook)
{
	int64_t status = hook->trigger_rule_mismatch_http_response_code;
	log_info("hook \"%.*s\": its trigger rule was not satisfied", STR_ARGS(hook->id));
	response_send(&call->response, status != 0 ? status : 200, STR("Hook rules were not satisfied."));
}

/*
 * A multipart body that cannot be read is an answer of its own, even where the rule looked at none of it; only a wrong
 * signature is answered before.
 */
static bool form_is_refused(struct call *call)
{
	struct request *request = &call->request;
	if (payload_type_of(request->content_type) != PAYLOAD_MULTIPART)
		return false;
	request_payload(request);
	if (request->payload_error.kind == ERROR_NONE)
		return false;
	response_send(&call->response, 500, STR("Error occurred while parsing multipart form."));
	return true;
}

/* Whether the hook fires; where not, it is answered. */
static bool fires(struct call *call, const struct hook *hook)
{
	invocation_parse_parameters(hook, &call->request);
	struct rule_outcome outcome =
		rule_evaluate(hook->trigger_rule, &call->request, hook->trigger_signature_soft_failures);
	bool refused = outcome.error != RULE_SIGNATURE && form_is_refused(call);
	log_payload_error(call, hook);
	if (refused)
		return false;
	if (outcome.error == RULE_SIGNATURE || outcome.error == RULE_FAILED) {
		log_warning("hook \"%.*s\": %s", STR_ARGS(hook->id), outcome.detail.message);
		response_send(&call->response, 500, STR("Error occurred while evaluating hook rules."));
		return false;
	}
	if (outcome.error == RULE_MISSING)
		log_info("hook \"%.*s\": %s", STR_ARGS(hook->id), outcome.detail.message);
	if (!outcome.holds)
		answer_not_satisfied(call, hook);
	return outcome.holds;
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
	if (!method_is_allowed(call, hook)) {
		response_send(&call->response, 405, STR(""));
		return;
	}
	route_set_headers(call);
	if (take_body(call, hook) && fires(call, hook))
		fire(call, hook);
}
