/* hook/filter.h and decision_by_event: which events a hook is for, what it answers to others, and what a file may say. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "config/problem.h"
#include "forge/event.h"
#include "hook/decision.h"
#include "hook/file.h"
#include "hook/filter.h"
#include "hook/hook.h"
#include "payload/request.h"

struct fixture {
	struct arena arena;
	struct problems problems;
	struct hooks hooks;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){.arena = ARENA_INIT};
	f->problems.arena = &f->arena;
}

/* A hook with these lines, or NULL where they are wrong. */
static const struct hook *read_hook(struct fixture *f, const char *lines)
{
	static const struct hooks_options options;
	const char *text = arena_printf(&f->arena, "- id: h\n  execute-command: run.sh\n%s\n", lines);
	f->hooks = (struct hooks){0};
	bool good = hooks_read(&f->arena, &f->hooks, str_from(text), "h.yaml", &options, &f->problems);
	return good ? f->hooks.items[0] : NULL;
}

static struct event make_event(const char *word, const char *type, const char *action, const char *branch,
                               const char *tag)
{
	struct event event = event_empty(STR("github"));
	event.type = str_from(type);
	event.word = str_from(word);
	event.action = str_from(action);
	event.branch = str_from(branch);
	event.tag = str_from(tag);
	event.ref = STR("refs/heads/gone");
	return event;
}

#define NOT_FOR(type) "nothing to do: hook \"h\": it is not for events of type " type

static void test_events(void **state)
{
	static const struct {
		const char *lines, *type, *action, *branch, *tag, *message;
		const char *why; /* "" where it is wanted */
	} cases[] = {
		/* Without `on`. */
		{"checkout: true", "push", "", "main", "", "", ""},
		{"checkout: true", "tag", "", "", "v1", "", ""},
		{"checkout: true", "release", "published", "", "v1", "", ""},
		{"checkout: true", "delete", "", "gone", "", "",
	         "nothing to do: hook \"h\": refs/heads/gone was deleted"},
		{"checkout: true", "issues", "opened", "", "", "", NOT_FOR("issues")},
		{"branches: main", "pull-request", "opened", "main", "", "", NOT_FOR("pull-request.opened")},
		/* on */
		{"on: push", "push", "", "main", "", "", ""},
		{"on: [push]", "tag", "", "", "v1", "", NOT_FOR("tag")},
		{"on: [Push, TAG]", "tag", "", "", "v1", "", ""},
		{"on: pull-request", "pull-request", "opened", "main", "", "", ""},
		{"on: pull-request", "pull-request", "updated", "main", "", "", ""},
		{"on: pull-request", "pull-request", "reopened", "main", "", "", ""},
		{"on: pull-request", "pull-request", "closed", "main", "", "", NOT_FOR("pull-request.closed")},
		{"on: pull-request", "pull-request", "labeled", "main", "", "", NOT_FOR("pull-request.labeled")},
		{"on: pull-request", "pull-request", "", "main", "", "", NOT_FOR("pull-request")},
		{"on: pull-request.merged", "pull-request", "merged", "main", "", "", ""},
		{"on: pull-request.merged", "pull-request", "opened", "main", "", "", NOT_FOR("pull-request.opened")},
		{"on: release.published", "release", "published", "", "v1", "", ""},
		{"on: release.published", "release", "edited", "", "v1", "", NOT_FOR("release")},
		{"on: Word", "issues", "opened", "", "", "", ""},
		{"on: delete", "delete", "", "gone", "", "", ""},
		{"on: ping", "ping", "", "", "", "", ""},
		{"on: push.forced", "push", "", "main", "", "", NOT_FOR("push")},
		/* branches and tags */
		{"branches: [main, 'release/*']", "push", "", "release/1", "", "", ""},
		{"branches: [main, 'release/*']", "push", "", "dev", "", "",
	         "nothing to do: hook \"h\": branch dev is not among its branches"},
		{"branches: ['**', '!dev']", "push", "", "dev", "", "",
	         "nothing to do: hook \"h\": branch dev is not among its branches"},
		{"branches: main", "tag", "", "", "v1", "", "nothing to do: hook \"h\": tag v1 is not among its tags"},
		{"tags: 'v*'", "tag", "", "", "v1", "", ""},
		{"tags: 'v*'", "tag", "", "", "x", "", "nothing to do: hook \"h\": tag x is not among its tags"},
		{"tags: 'v*'", "push", "", "main", "", "",
	         "nothing to do: hook \"h\": branch main is not among its branches"},
		{"tags: 'v*'\n  branches: main", "push", "", "main", "", "", ""},
		{"tags: 'v*'\n  branches: main", "tag", "", "", "v1", "", ""},
		{"on: pull-request\n  branches: main", "pull-request", "opened", "dev", "", "",
	         "nothing to do: hook \"h\": branch dev is not among its branches"},
		{"on: word\n  branches: main", "issues", "", "", "", "", ""}, /* it is about no branch */
		/* Skip marks, of pushes and pull requests alone. */
		{"on: push", "push", "", "main", "", "Fix it\n\n[Skip CI]",
	         "nothing to do: hook \"h\": the message of the head commit has [skip ci]"},
		{"checkout: true", "push", "", "main", "", "x [no ci] y",
	         "nothing to do: hook \"h\": the message of the head commit has [no ci]"},
		{"on: pull-request", "pull-request", "opened", "main", "", "[ci skip]",
	         "nothing to do: hook \"h\": the message of the head commit has [ci skip]"},
		{"on: tag", "tag", "", "", "v1", "[skip ci]", ""},
		{"on: push", "push", "", "main", "", "skip ci", ""},
		/* A ping. */
		{"checkout: true", "ping", "", "", "", "", "pong: hook \"h\" listens to push, tag, release"},
		{"on: [push, pull-request]\n  branches: [main, dev]\n  tags: v*", "ping", "", "", "", "",
	         "pong: hook \"h\" listens to push, pull-request on branches main, dev and tags v*"},
		{"on: push\n  checkout: true\n  paths: ['src/**', '!**/*.md']", "ping", "", "", "", "",
	         "pong: hook \"h\" listens to push where files change among src/**, !**/*.md"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		struct str why;
		set_up(&f);
		const struct hook *hook = read_hook(&f, arena_printf(&f.arena, "  %s", cases[i].lines));
		assert_non_null(hook);
		assert_true(filter_applies(hook));
		const char *word = str_equal_c(str_from(cases[i].type), "tag") ? "push" : "word";
		struct event event = make_event(word, cases[i].type, cases[i].action, cases[i].branch, cases[i].tag);
		event.message = str_from(cases[i].message);
		enum filter_answer answer = filter_event(hook, &event, &f.arena, &why);
		if (!str_equal_c(why, cases[i].why))
			fail_msg("%s, %s %s: \"%.*s\" and not \"%s\"", cases[i].lines, cases[i].type, cases[i].action,
			         STR_ARGS(why), cases[i].why);
		enum filter_answer expected = cases[i].why[0] == '\0'  ? FILTER_WANTED
		                              : cases[i].why[0] == 'p' ? FILTER_PING
		                                                       : FILTER_UNWANTED;
		assert_int_equal(answer, expected);
		arena_release(&f.arena);
	}
}

/* Hooks as the reference knows them are for every request. */
static void test_applies(void **state)
{
	static const struct {
		const char *lines;
		bool applies;
	} cases[] = {
		{"", false},
		{"  checkout: false", false},
		{"  checkout: {ref: refs/heads/main}", false},
		{"  checkout: {commit: {source: url, name: c}}", false},
		{"  checkout: {repository: 'https://example.org/a'}", false},
		{"  checkout: true", true},
		{"  on: push", true},
		{"  branches: main", true},
		{"  tags: v*", true},
		{"  checkout: {ref: refs/heads/main}\n  paths: a", true},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		if (filter_applies(read_hook(&f, cases[i].lines)) != cases[i].applies)
			fail_msg("%s", cases[i].lines);
		arena_release(&f.arena);
	}
}

static void test_names(void **state)
{
	struct fixture f;
	struct event pull = make_event("word", "pull-request", "opened", "main", "");
	(void)state;

	set_up(&f);
	assert_false(filter_names(read_hook(&f, "  checkout: true"), &pull));
	assert_false(filter_names(read_hook(&f, "  on: push"), &pull));
	assert_true(filter_names(read_hook(&f, "  on: [push, pull-request]"), &pull));
	assert_true(filter_names(read_hook(&f, "  on: word"), &pull));
	arena_release(&f.arena);
}

static void test_paths(void **state)
{
	struct fixture f;
	struct str docs[] = {STR("docs/a.md")}, source[] = {STR("docs/a.md"), STR("src/b.c")};
	struct event push = make_event("word", "push", "", "main", ""), tag = make_event("word", "tag", "", "", "v1");
	struct event pull = make_event("word", "pull-request", "opened", "main", "");
	(void)state;

	set_up(&f);
	const struct hook *hook = read_hook(&f, "  checkout: true\n  paths: ['src/**', '*.md']");
	assert_true(filter_needs_paths(hook, &push) && filter_needs_paths(hook, &pull));
	assert_false(filter_needs_paths(hook, &tag));
	assert_false(filter_paths(hook, docs, 1));
	assert_true(filter_paths(hook, source, 2));
	assert_false(filter_paths(hook, NULL, 0));
	hook = read_hook(&f, "  checkout: true");
	assert_false(filter_needs_paths(hook, &push));
	arena_release(&f.arena);
}

static void test_problems(void **state)
{
	static const struct {
		const char *lines, *problem;
	} cases[] = {
		{"  on: pusj", "h.yaml:3:7: hook \"h\": on: \"pusj\" is taken for a forge's own word"},
		{"  on: [push, pul-request]",
	         "h.yaml:3:14: hook \"h\": on: \"pul-request\" is taken for a forge's own word; did "
	         "you mean pull-request?"},
		{"  on: ['']", "h.yaml:3:8: hook \"h\": on: the name of an event is empty"},
		{"  on: {a: b}", "h.yaml:3:7: hook \"h\": on: expected"},
		{"  branches: ['[a']", "h.yaml:3:14: hook \"h\": branches: a [ without its ]"},
		{"  branches: [a, '']", "h.yaml:3:17: hook \"h\": branches: the pattern is empty"},
		{"  tags: /v1", "h.yaml:3:9: hook \"h\": tags: the pattern begins with a slash"},
		{"  checkout: true\n  paths: src/",
	         "h.yaml:4:10: hook \"h\": paths: the pattern ends with a slash; write src/**"},
		{"  paths: src", "h.yaml:3:10: hook \"h\": paths needs checkout: true"},
		{"  checkout: false\n  paths: src", "h.yaml:4:10: hook \"h\": paths needs checkout: true"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		bool warning = read_hook(&f, cases[i].lines) != NULL;
		assert_int_equal(f.problems.count, 1);
		assert_contains(problem_text(&f.arena, &f.problems.items[0]), cases[i].problem);
		assert_int_equal(f.problems.items[0].warning, warning);
		arena_release(&f.arena);
	}
}

/* --- The decision ------------------------------------------------------------------------------------------------- */

#define COMMIT "1111111111111111111111111111111111111111"
#define CHANGE(type, name) \
	"{\"new\":{\"type\":\"" type "\",\"name\":\"" name "\",\"target\":{\"hash\":\"" COMMIT "\"}}}"
#define PUSHES(...) \
	"{\"push\":{\"changes\":[" __VA_ARGS__ "]},\"repository\":{\"full_name\":\"acme/app\",\"links\":{\"html\":" \
	"{\"href\":\"https://bitbucket.org/acme/app\"}}}}"

static struct request bitbucket_push(struct fixture *f, const char *body)
{
	struct request request = {
		.arena = &f->arena,
		.method = STR("POST"),
		.query = STR(""),
		.body = str_from(body),
		.content_type = STR("application/json"),
	};
	request_add_header(&request, STR("X-Event-Key"), STR("repo:push"));
	request_add_header(&request, STR("X-Hook-Uuid"), STR("u"));
	return request;
}

#define MANY PUSHES(CHANGE("branch", "dev") "," CHANGE("tag", "v1") "," CHANGE("branch", "main"))

static void test_decisions(void **state)
{
	static const struct {
		const char *lines, *body;
		enum decision_kind kind;
		size_t current; /* which event counts then */
		const char *reply;
	} cases[] = {
		{"", "no event", DECISION_FIRES, 0, ""},
		{"  on: push", MANY, DECISION_FIRES, 0, ""},
		{"  branches: main", MANY, DECISION_FIRES, 2, ""},
		{"  tags: v*", MANY, DECISION_FIRES, 1, ""},
		{"  branches: other", MANY, DECISION_UNWANTED, 0,
	         "nothing to do: hook \"h\": branch dev is not among its branches"},
		{"  branches: main", "{}", DECISION_EVENT, 0,
	         "bitbucket-cloud event repo:push: push.changes is missing"},
		/* The rule must hold for the event that is run. */
		{"  branches: [main, v1]\n  trigger-rule: {match: {type: value, value: dev, "
	         "parameter: {source: event, name: branch}}}",
	         MANY, DECISION_UNWANTED, 0, "nothing to do: hook \"h\": branch dev is not among its branches"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		struct request request = bitbucket_push(&f, cases[i].body);
		struct decision decision = decision_by_event(read_hook(&f, cases[i].lines), &request);
		if (decision.kind != cases[i].kind || !str_equal_c(decision.reply, cases[i].reply))
			fail_msg("%s: %d, %.*s", cases[i].lines, (int)decision.kind, STR_ARGS(decision.reply));
		assert_int_equal(decision.status, cases[i].kind == DECISION_FIRES   ? 0
		                                  : cases[i].kind == DECISION_EVENT ? 400
		                                                                    : 200);
		if (request.events)
			assert_int_equal(request.events->current, cases[i].current);
		arena_release(&f.arena);
	}
}

static void test_decisions_without_a_forge(void **state)
{
	struct fixture f;
	struct request request = {.arena = &f.arena, .query = STR(""), .body = STR("{}"), .content_type = STR("")};
	(void)state;

	set_up(&f);
	struct decision decision = decision_by_event(read_hook(&f, "  on: push"), &request);
	assert_int_equal(decision.kind, DECISION_UNWANTED);
	assert_str(decision.reply, "nothing to do: hook \"h\": the request is no event of a forge that is known here");
	decision = decision_by_event(read_hook(&f, "  checkout: true"), &request); /* which says what it lacks */
	assert_int_equal(decision.kind, DECISION_FIRES);
	arena_release(&f.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_applies),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_decisions_without_a_forge),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
