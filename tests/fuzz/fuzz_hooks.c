/*
 * Hooks files. The first byte says how strict, from where, and whether it is a template; the rest is the file. Whatever it
 * holds: problems have a place inside of it and a text, hooks that are taken have the keys that they must have and can be
 * evaluated, a file without an error has at least one hook, and reading it once more gives the same.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/printable.h"
#include "config/problem.h"
#include "config/yaml.h"
#include "hook/file.h"
#include "hook/hook.h"
#include "hook/invocation.h"
#include "hook/rule.h"
#include "hook/trace.h"
#include "lib/json_out.h"
#include "payload/request.h"

enum { STRICT = 1, REPOSITORY = 2, TEMPLATE = 4, NAME_OPEN = 8 };

static struct arena arena;

static void check_problems(const struct problems *problems, struct str text)
{
	size_t errors = 0;

	for (size_t i = 0; i < problems->count; i++) {
		struct position position = problems->items[i].position;
		PROMISE(position.line <= text.len + 1 && position.column <= text.len + 1);
		PROMISE((position.line == 0) == (position.column == 0));
		PROMISE(problems->items[i].text[0] != '\0');
		PROMISE(problem_text(&arena, &problems->items[i])[0] != '\0');
		errors += !problems->items[i].warning;
	}
	PROMISE(errors <= problems->errors);
}

/* Whatever the rule is, its trace can be written, and no line of it drives a terminal. */
static void check_trace(const struct hook *hook, const struct trace *trace)
{
	struct buf text = BUF_INIT;

	PROMISE((trace->root != NULL) == (hook->trigger_rule != NULL));
	trace_write_text(&text, trace, false);
	struct str rest = buf_str(&text), line;
	while (str_split_next(&rest, '\n', &line))
		PROMISE(printable_is(line));
	buf_clear(&text);
	struct json_out json = {.text = &text};
	trace_write_json(&json, trace);
	PROMISE(text.len > 0);
	buf_clear(&text);
	trace_write_line(&text, trace);
	PROMISE((text.len > 0) == (trace->root != NULL));
	buf_release(&text);
}

static void check_hook(const struct hooks *hooks, const struct hook *hook, struct request *request)
{
	PROMISE(hook->id.len > 0 && (hook->execute_command.len > 0) != (hook->script.len > 0));
	PROMISE(hooks_find(hooks, hook->id) == hook);
	PROMISE(hook->timeout == HOOK_TIMEOUT_DEFAULT || hook->timeout == -1 || hook->timeout > 0);
	PROMISE(hook->position.line > 0);
	invocation_parse_parameters(hook, request);
	struct trace trace = {.values = true, .hints = true};
	struct rule_outcome outcome =
		rule_evaluate(hook->trigger_rule, request, hook->trigger_signature_soft_failures, &trace);
	PROMISE((outcome.error == RULE_NO_ERROR) == (outcome.detail.message[0] == '\0'));
	check_trace(hook, &trace);
}

static bool has_value(const struct yaml_node *map, const char *name)
{
	const struct yaml_node *value = name ? yaml_get(map, name) : NULL;
	return value != NULL && (value->kind != YAML_SCALAR || value->scalar != YAML_NULL);
}

/* Each hook of the list has a value for each key that must be there, or for the one in its place. */
static void check_required(const struct hooks *hooks, struct str text)
{
	struct problems problems = {.arena = &arena};
	const struct yaml_node *root = yaml_parse(&arena, text, "f", &yaml_limits_server, &problems);

	PROMISE(root != NULL && root->kind == YAML_LIST && root->count == hooks->count);
	for (size_t i = 0; i < root->count; i++) {
		for (size_t key = 0; key < hook_key_count; key++) {
			PROMISE(!hook_keys[key].required || has_value(root->items[i], hook_keys[key].name) ||
			        has_value(root->items[i], hook_keys[key].instead));
		}
	}
}

static void check_again(const struct hooks *hooks, struct str text, const struct hooks_options *options,
                        const struct problems *problems)
{
	struct problems other = {.arena = &arena};
	struct hooks again = {0};

	hooks_read(&arena, &again, text, "hooks.yaml", options, &other);
	PROMISE(again.count == hooks->count && again.id_count == hooks->id_count);
	PROMISE(other.count == problems->count && other.errors == problems->errors);
	for (size_t i = 0; i < other.count; i++)
		PROMISE(str_equal_c(str_from(other.items[i].text), problems->items[i].text));
	for (size_t i = 0; i < again.count; i++) {
		const struct hook *one = hooks->items[i], *two = again.items[i];
		PROMISE(str_equal(one->id, two->id) && str_equal(one->execute_command, two->execute_command));
		PROMISE(one->timeout == two->timeout && one->stop_signal == two->stop_signal);
		PROMISE((one->trigger_rule == NULL) == (two->trigger_rule == NULL));
	}
}

static struct request make_request(void)
{
	struct request request = {
		.arena = &arena,
		.method = STR("POST"),
		.remote_address = STR("192.0.2.1:4711"),
		.query = STR("a=1&b="),
		.body = STR("{\"ref\":\"refs/heads/main\",\"null\":null,\"list\":[{\"a\":\"{}\"}]}"),
		.content_type = STR("application/json"),
	};

	request_add_header(&request, STR("X-Signature"), STR("sha1=00"));
	return request;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = fuzz_text(data, size);
	unsigned flags = fuzz_byte(&text);
	struct problems problems = {.arena = &arena};
	struct hooks hooks = {0};
	struct request request = make_request();
	struct hooks_options options = {
		.strict = flags & STRICT,
		.repository = flags & REPOSITORY,
		.template = flags & TEMPLATE,
		.name_open = flags & NAME_OPEN,
	};

	/* `cat` reads: no devices, please. */
	if (options.template && (str_contains(text, STR("/dev")) || str_contains(text, STR("/proc"))))
		return 0;
	log_set_level(LOG_LEVEL_ERROR);
	bool good = hooks_read(&arena, &hooks, text, "hooks.yaml", &options, &problems);
	PROMISE(good == (problems.errors == 0));
	PROMISE(!good || hooks.count > 0);
	check_problems(&problems, text);
	check_again(&hooks, text, &options, &problems);
	if (good && (!options.template || options.repository))
		check_required(&hooks, text);
	for (size_t i = 0; i < hooks.count && i < 100; i++)
		check_hook(&hooks, hooks.items[i], &request);
	arena_reset(&arena);
	return 0;
}
