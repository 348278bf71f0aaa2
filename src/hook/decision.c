/*
 * Nothing is parsed before the rule asks for it, but for a multipart body: one that cannot be read is an answer of its
 * own, as in the reference.
 */
#include "hook/decision.h"

#include "base/arena.h"
#include "config/config.h"
#include "forge/event.h"
#include "hook/filter.h"
#include "hook/hook.h"
#include "hook/invocation.h"
#include "payload/payload.h"
#include "payload/request.h"

/* The reference puts one slash in front and one behind; whoever wrote them too means the same. */
static struct str without_slashes(struct str prefix)
{
	while (str_starts(prefix, STR("/")))
		prefix = str_from_index(prefix, 1);
	while (str_ends(prefix, STR("/")))
		prefix = str_head(prefix, prefix.len - 1);
	return prefix;
}

bool decision_hook_id(struct str path, struct str prefix, struct str *id)
{
	struct str rest = str_from_index(path, 1);

	prefix = without_slashes(prefix);
	*id = STR("");
	if (prefix.len > 0) {
		if (!str_starts(rest, prefix) || rest.len == prefix.len || rest.data[prefix.len] != '/')
			return false;
		rest = str_from_index(rest, prefix.len + 1);
	}
	*id = rest;
	return true;
}

static bool is_in(struct arena *arena, struct str method, const struct text_list *methods)
{
	for (size_t i = 0; i < methods->count; i++) {
		if (str_equal(method, str_upper(arena, str_trim(methods->items[i]))))
			return true;
	}
	return false;
}

struct decision decision_by_method(const struct hook *hook, const struct config *config, const struct request *request)
{
	const struct text_list *methods = hook->http_methods.count > 0 ? &hook->http_methods : &config->http_methods;

	if (methods->count == 0 || is_in(request->arena, request->method, methods))
		return (struct decision){.kind = DECISION_FIRES, .reply = STR("")};
	return (struct decision){.kind = DECISION_METHOD, .status = 405, .reply = STR("")};
}

/* Even where the rule looked at none of it; only a wrong signature is answered before. */
static bool form_is_refused(struct request *request)
{
	if (payload_type_of(request->content_type) != PAYLOAD_MULTIPART)
		return false;
	request_payload(request);
	return request->payload_error.kind != ERROR_NONE;
}

struct decision decision_by_rule(const struct hook *hook, struct request *request, struct trace *trace)
{
	int64_t mismatch = hook->trigger_rule_mismatch_http_response_code;
	struct decision decision = {.kind = DECISION_FIRES, .reply = STR("")};

	if (hook->incoming_payload_content_type.len > 0)
		request->content_type = hook->incoming_payload_content_type;
	invocation_parse_parameters(hook, request);
	decision.outcome = rule_evaluate(hook->trigger_rule, request, hook->trigger_signature_soft_failures, trace);

	enum rule_error error = decision.outcome.error;
	if (error != RULE_SIGNATURE && form_is_refused(request)) {
		decision.kind = DECISION_FORM;
		decision.status = 500;
		decision.reply = STR("Error occurred while parsing multipart form.");
	} else if (error == RULE_SIGNATURE || error == RULE_FAILED) {
		decision.kind = DECISION_RULE_FAILED;
		decision.status = 500;
		decision.reply = STR("Error occurred while evaluating hook rules.");
	} else if (!decision.outcome.holds) {
		decision.kind = DECISION_NOT_SATISFIED;
		decision.status = mismatch != 0 ? mismatch : 200;
		decision.reply = STR("Hook rules were not satisfied.");
	}
	return decision;
}

/* The rule held for the first event of the delivery; where it asks for the event's values, not for each. */
static bool rule_holds(const struct hook *hook, struct request *request)
{
	return rule_evaluate(hook->trigger_rule, request, hook->trigger_signature_soft_failures, NULL).holds;
}

/* Goes through the events behind the first, which is not wanted. False, and the first is current, where none is. */
static bool find_wanted(const struct hook *hook, struct request *request)
{
	struct event_list *events = request->events;
	struct str ignored;

	for (events->current = 1; events->current < events->count; events->current++) {
		const struct event *event = &events->items[events->current];
		if (filter_event(hook, event, request->arena, &ignored) == FILTER_WANTED && rule_holds(hook, request))
			return true;
	}
	events->current = 0;
	return false;
}

struct decision decision_by_event(const struct hook *hook, struct request *request)
{
	struct decision decision = {.kind = DECISION_FIRES, .reply = STR("")};
	struct error error = ERROR_INIT;
	const struct event *event = filter_applies(hook) ? event_current(request, &error) : NULL;

	if (!event) {
		if (error.kind == ERROR_NONE)
			return decision;
		decision.kind = DECISION_EVENT;
		decision.status = error_http_status(error.kind);
		decision.reply = str_copy(request->arena, str_from(error.message));
		return decision;
	}
	enum filter_answer answer = filter_event(hook, event, request->arena, &decision.reply);
	if (answer == FILTER_WANTED || find_wanted(hook, request))
		return (struct decision){.kind = DECISION_FIRES, .reply = STR("")};
	decision.kind = answer == FILTER_PING ? DECISION_PING : DECISION_UNWANTED;
	decision.status = 200;
	return decision;
}
