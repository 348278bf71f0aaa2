/* forge/event.h: which forge, GitHub's pushes in common terms, and what is refused. All forges: test_forges.c. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "forge/event.h"
#include "payload/payload.h"
#include "payload/request.h"
#include "payload/value.h"

#define ZEROS "0000000000000000000000000000000000000000"
#define ONE "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
#define TWO "0123456789abcdef0123456789abcdef01234567"
#define REPOSITORY "\"repository\":{\"full_name\":\"acme/app\",\"clone_url\":\"https://github.com/acme/app.git\"}"
#define PUSH(ref, before, after, more) \
	"{\"ref\":\"" ref "\",\"before\":\"" before "\",\"after\":\"" after "\"," more REPOSITORY "}"

struct sent {
	struct arena arena;
	struct request request;
	struct event event;
	struct error error;
};

/*
 * A request with these headers (pairs of name and value, ended by NULL), its event read; false where that was refused.
 */
static bool send_with(struct sent *sent, const char *const *headers, const char *type, const char *body)
{
	*sent = (struct sent){.arena = ARENA_INIT, .error = ERROR_INIT};
	sent->request = (struct request){
		.arena = &sent->arena, .query = STR(""), .body = str_from(body), .content_type = str_from(type)};
	for (; headers[0] != NULL; headers += 2)
		request_add_header(&sent->request, str_from(headers[0]), str_from(headers[1]));
	return event_read(&sent->request, &sent->event, &sent->error);
}

static bool send_github(struct sent *sent, const char *word, const char *type, const char *body)
{
	const char *const headers[] = {"HTTP_X_GITHUB_EVENT", word, "HTTP_X_GITHUB_DELIVERY", "72d3162e", NULL};

	return send_with(sent, headers, type, body);
}

static void test_push(void **state)
{
	static const struct {
		const char *body, *type, *ref, *branch, *tag, *commit, *before;
	} cases[] = {
		{PUSH("refs/heads/main", ONE, TWO, ""), "push", "refs/heads/main", "main", "", TWO, ONE},
		{PUSH("refs/heads/release/1.0", ZEROS, ONE, "\"created\":true,\"deleted\":false,"), "push",
	         "refs/heads/release/1.0", "release/1.0", "", ONE, ""},
		{PUSH("refs/heads/main", ONE, ZEROS, "\"deleted\":true,\"head_commit\":null,"), "delete",
	         "refs/heads/main", "main", "", "", ONE},
		{PUSH("refs/heads/main", ONE, ZEROS, ""), "delete", "refs/heads/main", "main", "", "", ONE},
		{PUSH("refs/heads/main", ONE, TWO, "\"deleted\":true,"), "delete", "refs/heads/main", "main", "", "",
	         ONE},
		{PUSH("refs/tags/v1.0", ZEROS, ONE, ""), "tag", "refs/tags/v1.0", "", "v1.0", ONE, ""},
		{PUSH("refs/tags/v1.0", ZEROS, TWO, "\"head_commit\":{\"id\":\"" ONE "\"},"), "tag", "refs/tags/v1.0",
	         "", "v1.0", ONE, ""},
		{PUSH("refs/heads/main", ONE, TWO, "\"head_commit\":{\"id\":\"" ONE "\"},"), "push", "refs/heads/main",
	         "main", "", TWO, ONE},
		{PUSH("refs/tags/v1.0", ONE, ZEROS, "\"deleted\":true,"), "delete", "refs/tags/v1.0", "", "v1.0", "",
	         ONE},
		{PUSH("refs/notes/commits", ONE, TWO, ""), "push", "refs/notes/commits", "", "", TWO, ONE},
		{"{\"ref\":\"refs/heads/x\",\"after\":\"" ONE "\",\"before\":null," REPOSITORY "}", "push",
	         "refs/heads/x", "x", "", ONE, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sent sent;

		if (!send_github(&sent, "push", "application/json", cases[i].body))
			fail_msg("%s", sent.error.message);
		assert_str(sent.event.type, cases[i].type);
		assert_str(sent.event.forge, "github");
		assert_str(sent.event.delivery, "72d3162e");
		assert_str(sent.event.repository, "acme/app");
		assert_str(sent.event.clone_url, "https://github.com/acme/app.git");
		assert_str(sent.event.ref, cases[i].ref);
		assert_str(sent.event.branch, cases[i].branch);
		assert_str(sent.event.tag, cases[i].tag);
		assert_str(sent.event.commit, cases[i].commit);
		assert_str(sent.event.before, cases[i].before);
		arena_release(&sent.arena);
	}
}

/* Ids of a repository with SHA-256. */
static void test_long_ids(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct sent sent;

	(void)state;
	assert_true(send_github(&sent, "push", "application/json",
	                        "{\"ref\":\"refs/heads/main\",\"after\":"
	                        "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"before\":"
	                        "\"0000000000000000000000000000000000000000000000000000000000000000\"," REPOSITORY
	                        "}"));
	assert_str(sent.event.commit, id);
	assert_str(sent.event.before, "");
	arena_release(&sent.arena);
}

static void test_other_events(void **state)
{
	static const struct {
		const char *word, *body, *repository, *clone_url;
	} cases[] = {
		{"ping", "{\"zen\":\"x\"," REPOSITORY "}", "acme/app", "https://github.com/acme/app.git"},
		{"ping", "{\"zen\":\"x\"}", "", ""},
		{"ping", "{\"repository\":null}", "", ""},
		{"issues", "{\"number\":1,\"ref\":7," REPOSITORY "}", "acme/app", "https://github.com/acme/app.git"},
		{"star", "{\"repository\":{\"full_name\":\"acme/app\"}}", "acme/app", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sent sent;

		assert_true(send_github(&sent, cases[i].word, "application/json", cases[i].body));
		assert_str(sent.event.type, cases[i].word);
		assert_str(sent.event.repository, cases[i].repository);
		assert_str(sent.event.clone_url, cases[i].clone_url);
		assert_str(sent.event.ref, "");
		assert_str(sent.event.commit, "");
		arena_release(&sent.arena);
	}
}

static void test_form(void **state)
{
	static const char body[] =
		"payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%2C%22before%22%3A%22" ZEROS
		"%22%2C%22after%22%3A%22" ONE
		"%22%2C%22repository%22%3A%7B%22full_name%22%3A%22acme%2Fapp%22%2C%22clone_url%22%3A%22https%3A%2F%2F"
		"github.com%2Facme%2Fapp.git%22%7D%7D&other=1";
	struct sent sent;

	(void)state;
	assert_true(send_github(&sent, "push", "application/x-www-form-urlencoded", body));
	assert_str(sent.event.type, "push");
	assert_str(sent.event.commit, ONE);
	assert_str(sent.event.clone_url, "https://github.com/acme/app.git");
	arena_release(&sent.arena);
}

/* parse-parameters-as-json puts a map in place of the text. */
static void test_parsed_form(void **state)
{
	static const char body[] = "payload=%7B%22zen%22%3A1%7D";
	const char *const headers[] = {"X-GitHub-Event", "ping", NULL};
	struct sent sent;
	struct value *form, *parsed = NULL;

	(void)state;
	assert_true(send_with(&sent, headers, "application/x-www-form-urlencoded", body));
	form = request_payload(&sent.request);
	assert_true(payload_parse_json_map(&sent.arena, STR("{" REPOSITORY "}"), &parsed, &sent.error));
	value_map_set(&sent.arena, form, STR("payload"), parsed);
	assert_true(event_read(&sent.request, &sent.event, &sent.error));
	assert_str(sent.event.repository, "acme/app");
	arena_release(&sent.arena);
}

static void test_refused(void **state)
{
	static const struct {
		const char *type, *body, *message;
	} cases[] = {
		{"application/json", PUSH("main", ONE, TWO, ""), "ref is not the full name of a ref"},
		{"application/json", PUSH("refs/heads/-x", ONE, TWO, ""), "ref is not the full name of a ref"},
		{"application/json", PUSH("refs/heads/main", ONE, "HEAD", ""),
	         "after is not a commit id: 40 or 64 lower-case hexadecimal digits"},
		{"application/json", PUSH("refs/heads/main", "--all", ONE, ""),
	         "before is not a commit id: 40 or 64 lower-case hexadecimal digits"},
		{"application/json", PUSH("refs/tags/v1", ONE, TWO, "\"head_commit\":{\"id\":\"x\"},"),
	         "head_commit.id is not a commit id: 40 or 64 lower-case hexadecimal digits"},
		{"application/json", PUSH("refs/heads/main", ONE, TWO, "\"deleted\":\"no\","),
	         "deleted is a string, not true or false"},
		{"application/json", "{\"ref\":\"refs/heads/main\"}", "after is missing"},
		{"application/json", "{\"ref\":null}", "ref is missing"},
		{"application/json", "{\"ref\":[\"refs/heads/main\"]}", "ref is a list, not a string"},
		{"application/json", "{\"ref\":\"refs/heads/main\",\"after\":1}", "after is a number, not a string"},
		{"application/json", "{\"ref\":\"refs/heads/main\",\"after\":\"" ONE "\"}",
	         "repository.full_name is missing"},
		{"application/json", "{\"ref\":\"refs/heads/main\",\"after\":\"" ONE "\",\"repository\":[1]}",
	         "repository.full_name: found a list in place of a map"},
		{"application/json",
	         "{\"ref\":\"refs/heads/main\",\"after\":\"" ONE "\",\"repository.full_name\":\"acme/app\"}",
	         "repository.full_name is missing"},
		{"application/json",
	         "{\"ref\":\"refs/heads/main\",\"after\":\"" ONE "\",\"repository\":{\"full_name\":\"a\"}}",
	         "repository.clone_url is missing"},
		{"application/json",
	         "{\"ref\":\"refs/heads/main\",\"after\":\"" ONE
	         "\",\"repository\":{\"full_name\":\"a\",\"clone_url\":\"--upload-pack=x\"}}",
	         "repository.clone_url is not text without control characters"},
		{"application/json",
	         "{\"ref\":\"refs/heads/main\",\"after\":\"" ONE
	         "\",\"repository\":{\"full_name\":\"a\\nb\",\"clone_url\":\"https://x\"}}",
	         "repository.full_name is not text without control characters"},
		{"application/json", "[1]", "ref is missing"},
		{"application/json", "{\"ref\":", "JSON body: 1:8: the text ends before its value does"},
		{"application/json", "null", "no payload in a body of 4 bytes and type \"application/json\""},
		{"text/plain", "{}", "no payload in a body of 2 bytes and type \"text/plain\""},
		{"application/x-www-form-urlencoded", "a=1", "a form without a field named payload"},
		{"application/x-www-form-urlencoded", "payload=[1]",
	         "form field payload: a map was expected, not a list"},
		{"application/x-www-form-urlencoded", "payload=%7B", "form field payload: 1:2: the text ends"},
		{"application/x-www-form-urlencoded", "payload=%7", "form body: \"%7\" is no percent escape"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sent sent;

		if (send_github(&sent, "push", cases[i].type, cases[i].body))
			fail_msg("%s was taken", cases[i].body);
		assert_int_equal(sent.error.kind, ERROR_INVALID);
		assert_true(str_starts(str_from(sent.error.message), STR("github event push: ")));
		assert_contains(sent.error.message, cases[i].message);
		assert_str(sent.event.forge, "github");
		assert_int_equal(sent.event.type.len + sent.event.ref.len + sent.event.commit.len, 0);
		assert_int_equal(sent.event.delivery.len + sent.event.before.len + sent.event.clone_url.len, 0);
		arena_release(&sent.arena);
	}
}

/* Gitea and its kin send GitHub's headers too, so theirs are looked for first; no other two forges come together. */
static void test_forge(void **state)
{
	static const struct {
		const char *headers[9], *forge, *message;
	} cases[] = {
		{{"X-Other", "push", NULL}, "", ""},
		{{"X-GitHub-Event", "ping", NULL}, "github", ""},
		{{"X-GitHub-Event", "ping", "X-Gitea-Event", "ping", NULL}, "gitea", ""},
		{{"X-GitHub-Event", "ping", "X-Gitea-Event", "ping", "X-Forgejo-Event", "ping", "X-Gogs-Event", "ping"},
	         "forgejo",
	         ""},
		{{"X-Gogs-Event", "ping", "X-GitHub-Event", "ping", NULL}, "gogs", ""},
		{{"X-Gitlab-Event", "Push Events", NULL}, "gitlab", ""},
		{{"X-Event-Key", "repo:fork", "X-Hook-UUID", "{1}", "X-Request-Id", "1", NULL}, "bitbucket-cloud", ""},
		{{"X-Event-Key", "repo:forked", "X-Request-Id", "1", NULL}, "bitbucket-data-center", ""},
		{{"X-Event-Key", "repo:push", NULL}, "", ""},
		{{"X-Webhook-Event", "REPO_UPDATE", "X-Payload-Signature", "x", "X-Payload-Nonce", "x", NULL},
	         "sourcehut",
	         ""},
		{{"X-Webhook-Event", "REPO_UPDATE", "X-Payload-Nonce", "x", NULL}, "", ""},
		{{"X-GitHub-Event", "push", "X-Gitea-Event", "ping", NULL},
	         "gitea",
	         "gitea event: X-Gitea-Event and X-Github-Event name different events"},
		{{"X-GitHub-Event", "push", "X-Gitlab-Event", "Push Hook", NULL},
	         "github",
	         "github event: X-Github-Event and X-Gitlab-Event come together: no forge sends both, so none is "
	         "believed"},
		{{"X-Event-Key", "repo:push", "X-Hook-UUID", "{1}", "X-Gogs-Event", "push", NULL},
	         "gogs",
	         "gogs event: X-Gogs-Event and X-Event-Key come together: no forge sends both, so none is believed"},
		{{"X-GitHub-Event", "ping", "X-GitHub-Event", "ping", NULL},
	         "github",
	         "github event: X-Github-Event comes more than once"},
		{{"X-GitHub-Event", "", NULL}, "github", "github event: X-Github-Event is no name of an event"},
		{{"X-GitHub-Event", "a\nb", NULL}, "github", "github event: X-Github-Event is no name of an event"},
		{{"X-GitHub-Event", "$(x)", NULL}, "github", "github event: X-Github-Event is no name of an event"},
		{{"X-GitHub-Event", "-x", NULL}, "github", "github event: X-Github-Event is no name of an event"},
		{{"X-GitHub-Event", "ping", "X-GitHub-Delivery", "", NULL}, "github", ""},
		{{"X-GitHub-Event", "ping", "X-GitHub-Delivery", "a\x01", NULL},
	         "github",
	         "github event ping: the delivery's id is not text without control characters, of at most 2048 bytes, "
	         "that does not begin with '-'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sent sent;
		bool good = send_with(&sent, cases[i].headers, "application/json", "{}");

		assert_string_equal(sent.error.message, cases[i].message);
		assert_int_equal(good, cases[i].message[0] == '\0');
		assert_str(sent.event.forge, cases[i].forge);
		assert_int_equal(good && sent.event.forge.len > 0, sent.event.type.len > 0);
		arena_release(&sent.arena);
	}
}

/* Azure DevOps sends no header of its own: its payload tells, and only where it is JSON. */
static void test_told_by_payload(void **state)
{
	static const struct {
		const char *type, *body, *forge, *event;
	} cases[] = {
		{"application/json", "{\"eventType\":\"git.x\",\"id\":\"1\"}", "azure-devops", "git.x"},
		{"application/json", "{\"eventType\":\"build.complete\",\"id\":\"1\"}", "", ""},
		{"application/json", "{\"eventType\":7}", "", ""},
		{"application/json", "{\"eventType\":", "", ""},
		{"text/plain", "{\"eventType\":\"git.x\",\"id\":\"1\"}", "", ""},
	};
	static const char *const none[] = {NULL};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sent sent;

		assert_true(send_with(&sent, none, cases[i].type, cases[i].body));
		assert_str(sent.event.forge, cases[i].forge);
		assert_str(sent.event.type, cases[i].event);
		arena_release(&sent.arena);
	}
}

/* The list is kept: what a hook changes in the payload afterwards does not change the event. */
static void test_current(void **state)
{
	const char *const headers[] = {"X-Event-Key", "repo:push", "X-Hook-UUID", "{1}", NULL};
	struct sent sent;
	const struct event *event;

	(void)state;
	send_with(&sent, headers, "application/json",
	          "{\"push\":{\"changes\":[{\"old\":{\"name\":\"a\",\"type\":\"branch\"}},{\"old\":{\"name\":\"b\","
	          "\"type\":\"branch\"}}]},\"repository\":{\"full_name\":\"acme/app\",\"links\":{\"html\":{\"href\":"
	          "\"https://bitbucket.org/acme/app\"}}}}");
	assert_string_equal(sent.error.message, "");
	event = event_current(&sent.request, &sent.error);
	assert_non_null(event);
	assert_str(event->branch, "a");
	assert_ptr_equal(event_current(&sent.request, &sent.error), event);
	assert_int_equal(sent.request.events->count, 2);
	sent.request.events->current = 1;
	assert_str(event_current(&sent.request, &sent.error)->branch, "b");
	arena_release(&sent.arena);

	assert_false(send_github(&sent, "push", "application/json", "{}"));
	sent.error = (struct error)ERROR_INIT;
	assert_null(event_current(&sent.request, &sent.error));
	assert_string_equal(sent.error.message, "github event push: ref is missing");
	sent.error = (struct error)ERROR_INIT;
	assert_null(event_current(&sent.request, &sent.error));
	assert_string_equal(sent.error.message, "github event push: ref is missing");
	arena_release(&sent.arena);

	assert_true(send_with(&sent, headers + 4, "application/json", "{}"));
	assert_str(event_current(&sent.request, &sent.error)->forge, "");
	arena_release(&sent.arena);
}

/* Every name of the table leads to the field of that name, in any case; other names to none. */
static void test_names(void **state)
{
	struct event event = event_empty(STR(""));
	size_t count = 0;

	(void)state;
	for (; event_names[count] != NULL; count++)
		assert_str(event_value(&event, str_from(event_names[count])), "");
	assert_int_equal(count, 18);
	event.type = STR("type");
	event.forge = STR("forge");
	event.delivery = STR("delivery");
	event.repository = STR("repository");
	event.clone_url = STR("clone-url");
	event.ssh_url = STR("ssh-url");
	event.url = STR("url");
	event.ref = STR("ref");
	event.branch = STR("branch");
	event.tag = STR("tag");
	event.commit = STR("commit");
	event.before = STR("before");
	event.number = STR("number");
	event.action = STR("action");
	event.source_branch = STR("source-branch");
	event.fork = STR("fork");
	event.author = STR("author");
	event.message = STR("message");
	for (size_t i = 0; i < count; i++)
		assert_str(event_value(&event, str_from(event_names[i])), event_names[i]);
	assert_str(event_value(&event, STR("Clone-URL")), "clone-url");
	assert_str(event_value(&event, STR("sender_id")), "");
	assert_str(event_value(&event, STR("word")), "");
}

static void test_commit(void **state)
{
	(void)state;
	assert_true(event_commit_is_none(STR("")));
	assert_true(event_commit_is_none(STR(ZEROS)));
	assert_false(event_commit_is_none(STR(ONE)));
	assert_true(event_commit_is_valid(STR(ONE)));
	assert_true(event_commit_is_valid(STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")));
	assert_false(event_commit_is_valid(STR("")));
	assert_false(event_commit_is_valid(STR("6113728f27ae82c7b1a177c8d03f9e96e0adf24")));
	assert_false(event_commit_is_valid(STR("6113728f27ae82c7b1a177c8d03f9e96e0adf2461")));
	assert_false(event_commit_is_valid(STR("6113728F27ae82c7b1a177c8d03f9e96e0adf246")));
	assert_false(event_commit_is_valid(STR("6113728g27ae82c7b1a177c8d03f9e96e0adf246")));
	assert_false(event_commit_is_valid(STR("6113728f27ae82c7b1a177c8d03f9e96e0adf24\0")));
}

static void test_branch(void **state)
{
	(void)state;
	assert_true(event_branch_is_valid(STR("main")));
	assert_true(event_branch_is_valid(STR("release/1.0")));
	assert_false(event_branch_is_valid(STR("")));
	assert_false(event_branch_is_valid(STR("-x")));
	assert_false(event_branch_is_valid(STR("a b")));
	assert_false(event_branch_is_valid(STR("a..b")));
	assert_false(event_branch_is_valid(STR("/a")));
	assert_false(event_branch_is_valid(STR("a.lock")));
}

static void test_ref(void **state)
{
	static const struct str good[] = {
		{"refs/heads/main", 15},       {"refs/tags/v1.0", 14},      {"refs/heads/a/b-c_d+e", 20},
		{"refs/pull/1/head", 16},      {"refs/heads/\xc3\xa9", 13}, {"refs/heads/a@b", 14},
		{"refs/heads/feature/-x", 21}, {"refs/heads/@", 12},        {"refs/stash", 10},
		{"refs/heads/a{b}", 15},       {"refs/heads/x.locks", 18},  {"refs/heads/lock", 15},
	};
	static const struct str bad[] = {
		{"", 0},
		{"main", 4},
		{"heads/main", 10},
		{"/refs/heads/main", 16},
		{"refs/", 5},
		{"refs/heads/", 11},
		{"refs/tags/", 10},
		{"refs//main", 10},
		{"refs/heads//main", 16},
		{"refs/heads/main/", 16},
		{"refs/heads/-main", 16},
		{"refs/tags/-v1", 13},
		{"refs/-x", 7},
		{"refs/heads/.x", 13},
		{"refs/heads/a/.x", 15},
		{"refs/heads/x.", 13},
		{"refs/heads/x.lock", 17},
		{"refs/heads/x.lock/y", 19},
		{"refs/heads/a..b", 15},
		{"refs/heads/../../x", 18},
		{"refs/heads/a@{1}", 16},
		{"refs/heads/a b", 14},
		{"refs/heads/a~1", 14},
		{"refs/heads/a^", 13},
		{"refs/heads/a:b", 14},
		{"refs/heads/a?", 13},
		{"refs/heads/*", 12},
		{"refs/heads/[a", 13},
		{"refs/heads/a\\b", 14},
		{"refs/heads/a\nb", 14},
		{"refs/heads/a\x7f", 13},
		{"refs/heads/a\0b", 14},
	};
	char long_ref[1100] = "refs/heads/";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (!event_ref_is_valid(good[i]))
			fail_msg("%.*s was refused", STR_ARGS(good[i]));
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (event_ref_is_valid(bad[i]))
			fail_msg("%.*s was taken", STR_ARGS(bad[i]));
	}
	memset(long_ref + 11, 'x', sizeof(long_ref) - 11);
	assert_true(event_ref_is_valid((struct str){long_ref, 1024}));
	assert_false(event_ref_is_valid((struct str){long_ref, 1025}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_push),        TEST(test_long_ids), TEST(test_other_events), TEST(test_form),
		TEST(test_parsed_form), TEST(test_refused),  TEST(test_forge),        TEST(test_told_by_payload),
		TEST(test_current),     TEST(test_names),    TEST(test_commit),       TEST(test_branch),
		TEST(test_ref),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
