/*
 * Hooks files. The first byte says how strict and from where; the rest is the file. Whatever it holds: problems have a
 * place and a text, hooks that are taken can be evaluated, and a file without an error has at least one hook.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/log.h"
#include "config/problem.h"
#include "hook/file.h"
#include "hook/hook.h"
#include "hook/invocation.h"
#include "hook/rule.h"
#include "payload/request.h"

static void check_problems(struct arena *arena, const struct problems *problems)
{
	size_t errors = 0;

	for (size_t i = 0; i < problems->count; i++) {
		PROMISE(problems->items[i].text[0] != '\0');
		PROMISE(problem_text(arena, &problems->items[i])[0] != '\0');
		errors += !problems->items[i].warning;
	}
	PROMISE(errors <= problems->errors);
}

static void check_hook(const struct hooks *hooks, const struct hook *hook, struct request *request)
{
	PROMISE(hook->id.len > 0 && hook->execute_command.len > 0);
	PROMISE(hooks_find(hooks, hook->id) == hook);
	PROMISE(hook->timeout == HOOK_TIMEOUT_DEFAULT || hook->timeout == -1 || hook->timeout > 0);
	PROMISE(hook->position.line > 0);
	invocation_parse_parameters(hook, request);
	struct rule_outcome outcome = rule_evaluate(hook->trigger_rule, request, hook->trigger_signature_soft_failures);
	PROMISE((outcome.error == RULE_NO_ERROR) == (outcome.detail.message[0] == '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct problems problems = {.arena = &arena};
	struct hooks hooks = {0};
	struct request request = {
		.arena = &arena,
		.method = STR("POST"),
		.remote_address = STR("192.0.2.1:4711"),
		.query = STR("a=1&b="),
		.body = STR("{\"ref\":\"refs/heads/main\",\"null\":null,\"list\":[{\"a\":\"{}\"}]}"),
		.content_type = STR("application/json"),
	};
	struct hooks_options options = {
		.strict = size > 0 && (data[0] & 1),
		.repository = size > 0 && (data[0] & 2),
	};
	struct str text = str_from_index(fuzz_text(data, size), 1);

	log_set_level(LOG_LEVEL_ERROR);
	request_add_header(&request, STR("X-Signature"), STR("sha1=00"));
	bool good = hooks_read(&arena, &hooks, text, "hooks.yaml", &options, &problems);
	PROMISE(good == (problems.errors == 0));
	PROMISE(!good || hooks.count > 0);
	check_problems(&arena, &problems);
	for (size_t i = 0; i < hooks.count && i < 100; i++)
		check_hook(&hooks, hooks.items[i], &request);
	arena_reset(&arena);
	return 0;
}
