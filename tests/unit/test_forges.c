/* The forges' readers: each delivery of tests/payloads gives the events that stand beside it; what is refused. */
#include "check.h"

#include <glob.h>

#include "forge/event.h"
#include "forge_case.h"

#define ZEROS "0000000000000000000000000000000000000000"
#define ONE "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
#define TWO "0123456789abcdef0123456789abcdef01234567"

/* From the root of the project, where tests are started. */
#define PAYLOADS "tests/payloads/*/*.txt"
#define FORGES 9

static void check_case(const char *path)
{
	struct forge_case one;
	struct event_list list;
	struct buf actual = BUF_INIT;

	if (!forge_case_read(&one, path))
		fail_msg("%s", one.error.message);
	if (!event_read_all(&one.request, &list, &one.error))
		fail_msg("%s: %s", path, one.error.message);
	forge_case_events(&actual, &list);
	if (!str_equal(buf_str(&actual), one.expected))
		fail_msg("%s gives\n%.*sin place of\n%.*s", path, STR_ARGS(buf_str(&actual)), STR_ARGS(one.expected));
	assert_int_equal(one.error.kind, ERROR_NONE);

	/* The same out of the whole payload, which a rule may have asked for before. */
	buf_clear(&actual);
	request_payload(&one.request);
	assert_true(event_read_all(&one.request, &list, &one.error));
	forge_case_events(&actual, &list);
	if (!str_equal(buf_str(&actual), one.expected))
		fail_msg("%s as a whole gives\n%.*s", path, STR_ARGS(buf_str(&actual)));
	buf_release(&actual);
	arena_release(&one.arena);
}

static void test_payloads(void **state)
{
	struct arena arena = ARENA_INIT;
	struct str last = STR("");
	size_t forges = 0;
	glob_t found;

	(void)state;
	assert_int_equal(glob(PAYLOADS, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct str path = str_from(found.gl_pathv[i]), folder = str_head(path, str_find_last(path, '/'));

		check_case(found.gl_pathv[i]);
		forges += !str_equal(folder, last);
		last = str_copy(&arena, folder);
	}
	assert_int_equal(forges, FORGES);
	globfree(&found);
	arena_release(&arena);
}

struct sent {
	struct arena arena;
	struct request request;
	struct event_list list;
	struct error error;
};

/* headers: "Name: value" with '\n' between. */
static bool send(struct sent *sent, const char *headers, struct str body)
{
	struct str rest = str_from(headers), line;

	*sent = (struct sent){.arena = ARENA_INIT, .error = ERROR_INIT};
	sent->request = (struct request){
		.arena = &sent->arena, .query = STR(""), .body = body, .content_type = STR("application/json")};
	while (str_split_next(&rest, '\n', &line)) {
		size_t colon = str_find(line, ':');

		request_add_header(&sent->request, str_head(line, colon), str_trim(str_from_index(line, colon + 1)));
	}
	return event_read_all(&sent->request, &sent->list, &sent->error);
}

#define GITHUB "X-GitHub-Event: "
#define GITLAB "X-Gitlab-Event: Push Hook"
#define CLOUD "X-Hook-UUID: {1}\nX-Event-Key: "
#define CENTER "X-Request-Id: 1\nX-Event-Key: "
#define SOURCEHUT "X-Payload-Signature: x\nX-Payload-Nonce: x\nX-Webhook-Event: GIT_POST_RECEIVE"
#define AZURE "Content-Type: application/json"

#define GITHUB_REPOSITORY "\"repository\":{\"full_name\":\"a/b\",\"clone_url\":\"https://x/a/b\"}"
#define GITHUB_PULL(head, base) \
	"{\"action\":\"opened\",\"number\":1,\"pull_request\":{\"head\":{" head "},\"base\":{" base \
	"}}," GITHUB_REPOSITORY "}"
#define GITLAB_PUSH(kind, ref, sha, project) \
	"{\"object_kind\":\"" kind "\",\"ref\":\"" ref "\",\"after\":\"" ONE "\",\"checkout_sha\":" sha \
	",\"project\":{" project "}}"
#define GITLAB_PROJECT "\"path_with_namespace\":\"a/b\",\"git_http_url\":\"https://x/a/b.git\""
#define GITLAB_MERGE(attributes) "{\"object_kind\":\"merge_request\",\"object_attributes\":{" attributes "}}"
#define CLOUD_PUSH(changes) \
	"{\"push\":{\"changes\":" changes "},\"repository\":{\"full_name\":\"a/b\",\"links\":{\"html\":{\"href\":" \
	"\"https://bitbucket.org/a/b\"}}}}"
#define CLOUD_NEW(name, hash) "{\"new\":{\"type\":\"branch\",\"name\":\"" name "\",\"target\":{\"hash\":\"" hash "\"}}}"
#define CLOUD_PULL(hash) \
	"{\"pullrequest\":{\"id\":1,\"source\":{\"branch\":{\"name\":\"x\"},\"commit\":{\"hash\":\"" hash \
	"\"}},\"destination\":{\"branch\":{\"name\":\"main\"}}}}"
#define CENTER_PUSH(changes, repository) "{\"changes\":" changes ",\"repository\":{" repository "}}"
#define CENTER_CHANGE(ref, hash) \
	"{\"ref\":{\"id\":\"" ref "\"},\"toHash\":\"" hash "\",\"fromHash\":\"" ZEROS "\",\"type\":\"ADD\"}"
#define CENTER_REPOSITORY "\"slug\":\"b\",\"id\":1,\"project\":{\"key\":\"A\"}"
#define SOURCEHUT_PUSH(updates) "{\"data\":{\"webhook\":{\"updates\":" updates "}}}"
#define AZURE_PUSH(updates, repository) \
	"{\"eventType\":\"git.push\",\"id\":\"1\",\"resource\":{\"refUpdates\":" updates \
	",\"repository\":{" repository "}}}"
#define AZURE_UPDATE(ref, id) "{\"name\":\"" ref "\",\"oldObjectId\":\"" ZEROS "\",\"newObjectId\":\"" id "\"}"
#define AZURE_REPOSITORY "\"name\":\"b\",\"remoteUrl\":\"https://x/b\""

static void test_refused(void **state)
{
	static const struct {
		const char *headers, *body, *message;
	} cases[] = {
		{GITHUB "pull_request", GITHUB_PULL("\"ref\":\"x\",\"sha\":\"" ONE "\"", ""),
	         "github event pull_request: pull_request.base_branch is missing"},
		{GITHUB "pull_request", GITHUB_PULL("\"ref\":\"-x\"", "\"ref\":\"main\""),
	         "pull_request.head.ref is not the name of a branch or tag"},
		{GITHUB "pull_request", GITHUB_PULL("\"ref\":\"x\",\"sha\":\"HEAD\"", "\"ref\":\"main\""),
	         "pull_request.head.sha is not a commit id"},
		{GITHUB "pull_request", GITHUB_PULL("\"ref\":\"x\",\"repo\":7", "\"ref\":\"main\""),
	         "pull_request.head.repo.full_name: found a number in place of a map"},
		{GITHUB "pull-request", "{\"number\":1," GITHUB_REPOSITORY "}",
	         "github event pull-request: the forge has no event of this name"},
		{GITHUB "tag", "{\"ref\":\"refs/tags/v1\"," GITHUB_REPOSITORY "}",
	         "the forge has no event of this name"},
		{GITHUB "pull_request", "{\"number\":1.5}", "number is not a whole number"},
		{GITHUB "pull_request", "{\"number\":\"1;x\"}", "number is not a whole number"},
		{GITHUB "pull_request", "{\"number\":true}", "number is true or false, not a string"},
		{GITHUB "delete", "{\"ref\":\"a\\nb\"}", "ref is not the name of a branch or tag"},
		{GITHUB "release", "{\"release\":{\"tag_name\":\"v 1\"}}",
	         "release.tag_name is not the name of a branch"},
		{GITHUB "release", "{\"release\":{\"tag_name\":\"\"}}", "release.tag_name is missing"},

		{GITLAB, GITLAB_PUSH("push", "main", "null", GITLAB_PROJECT),
	         "gitlab event Push Hook: ref is not the full name of a ref"},
		{GITLAB, GITLAB_PUSH("push", "refs/heads/main", "\"x\"", GITLAB_PROJECT),
	         "checkout_sha is not a commit id"},
		{GITLAB, GITLAB_PUSH("push", "refs/heads/main", "null", ""), "project.path_with_namespace is missing"},
		{GITLAB,
	         GITLAB_PUSH("push", "refs/heads/main", "null",
	                     "\"path_with_namespace\":\"a/b\",\"git_http_url\":\"-x\""),
	         "project.git_http_url is not text without control characters"},
		{GITLAB, GITLAB_PUSH("a\\u0000", "x", "null", ""),
	         "object_kind is not text without control characters"},
		{GITLAB, GITLAB_MERGE("\"iid\":\"x\""), "object_attributes.iid is not a whole number"},
		{GITLAB, GITLAB_MERGE("\"iid\":1,\"target_branch\":\"main\",\"source_branch\":\"x\",\"oldrev\":\"y\""),
	         "object_attributes.oldrev is not a commit id"},
		{GITLAB, GITLAB_MERGE("\"iid\":1,\"target_branch\":\"main\""),
	         "object_attributes.source_branch is missing"},

		{CLOUD "repo:push", "{}", "push.changes is missing"},
		{CLOUD "repo:push", CLOUD_PUSH("{}"), "push.changes is a map, not a list"},
		{CLOUD "repo:push", CLOUD_PUSH("[]"), "push.changes is empty"},
		{CLOUD "repo:push", CLOUD_PUSH("[7]"), "push.changes.0: old.name: found a number in place of a map"},
		{CLOUD "repo:push", CLOUD_PUSH("[{}]"), "push.changes.0: old.name is missing"},
		{CLOUD "repo:push", CLOUD_PUSH("[" CLOUD_NEW("main", ONE) "," CLOUD_NEW("-x", ONE) "]"),
	         "push.changes.1: new.name is not the name of a branch"},
		{CLOUD "repo:push", CLOUD_PUSH("[" CLOUD_NEW("main", "0123456789ab") "]"),
	         "push.changes.0: new.target.hash is not a commit id"},
		{CLOUD "repo:push", "{\"push\":{\"changes\":[" CLOUD_NEW("main", ONE) "]}}",
	         "push.changes.0: repository.full_name is missing"},
		{CLOUD "pullrequest:created", CLOUD_PULL("0123"),
	         "pullrequest.source.commit.hash is not the beginning"},
		{CLOUD "pullrequest:created", CLOUD_PULL("0123456789aB"),
	         "pullrequest.source.commit.hash is not the beginning"},
		{CLOUD "pullrequest:created", CLOUD_PULL(ONE "00"),
	         "pullrequest.source.commit.hash is not a commit id"},

		{CENTER "repo:refs_changed", CENTER_PUSH("[" CENTER_CHANGE("main", ONE) "]", CENTER_REPOSITORY),
	         "changes.0: ref.id is not the full name of a ref"},
		{CENTER "repo:refs_changed",
	         CENTER_PUSH("[" CENTER_CHANGE("refs/heads/main", "x") "]", CENTER_REPOSITORY),
	         "changes.0: toHash is not a commit id"},
		{CENTER "repo:refs_changed",
	         CENTER_PUSH("[" CENTER_CHANGE("refs/heads/main", ONE) "]", "\"slug\":\"b\""),
	         "changes.0: repository: project.key is missing"},
		{CENTER "repo:refs_changed",
	         CENTER_PUSH("[" CENTER_CHANGE("refs/heads/main", ONE) "]",
	                     CENTER_REPOSITORY ",\"links\":{\"clone\":[{\"name\":\"http\",\"href\":\"-x\"}]}"),
	         "changes.0: repository.links.clone: href is not text without control characters"},
		{CENTER "pr:opened", "{\"pullRequest\":{\"id\":1}}", "pullRequest.toRef.displayId is missing"},

		{SOURCEHUT, "{}", "data.webhook.updates is missing"},
		{SOURCEHUT, SOURCEHUT_PUSH("[{\"ref\":{\"name\":\"refs/heads/main\"},\"new\":{\"id\":\"x\"}}]"),
	         "data.webhook.updates.0: new.id is not a commit id"},
		{SOURCEHUT, SOURCEHUT_PUSH("[{\"ref\":null,\"new\":{\"id\":\"" ONE "\"}}]"),
	         "data.webhook.updates.0: ref.name is missing"},

		{AZURE, AZURE_PUSH("[" AZURE_UPDATE("main", ONE) "]", AZURE_REPOSITORY),
	         "azure-devops event git.push: resource.refUpdates.0: name is not the full name of a ref"},
		{AZURE, AZURE_PUSH("[" AZURE_UPDATE("refs/heads/main", "HEAD") "]", AZURE_REPOSITORY),
	         "resource.refUpdates.0: newObjectId is not a commit id"},
		{AZURE, AZURE_PUSH("[" AZURE_UPDATE("refs/heads/main", ONE) "]", "\"name\":\"b\""),
	         "resource.refUpdates.0: resource.repository.remoteUrl is missing"},
		{AZURE, "{\"eventType\":\"git.push $(x)\"}",
	         "azure-devops event: the type in the payload is no name of an event"},
		{AZURE, "{\"eventType\":\"git.x\",\"id\":\"\\u0001\"}", "the delivery's id is not text"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sent sent;

		if (send(&sent, cases[i].headers, str_from(cases[i].body)))
			fail_msg("%s was taken", cases[i].body);
		assert_contains(sent.error.message, cases[i].message);
		assert_int_equal(sent.error.kind, ERROR_INVALID);
		assert_int_equal(sent.list.count, 0);
		assert_true(sent.list.forge.len > 0);
		arena_release(&sent.arena);
	}
}

/* A list of count updates, each with a number in place of the '#' of its pattern. */
static struct str many(struct buf *out, const char *begin, const char *pattern, size_t count, const char *end)
{
	struct str text = str_from(pattern);
	size_t at = str_find(text, '#');

	buf_append_c(out, begin);
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s%.*s%zu%s", i > 0 ? "," : "", (int)at, pattern, i, pattern + at + 1);
	buf_append_c(out, end);
	return buf_str(out);
}

/* All refs of a push come in order, up to a limit that is said. */
static void test_many_refs(void **state)
{
	static const struct {
		const char *headers, *begin, *pattern, *end;
	} cases[] = {
		{CLOUD "repo:push", "{\"push\":{\"changes\":[", CLOUD_NEW("b#", ONE),
	         "]},\"repository\":{\"full_name\":\"a/b\",\"links\":{\"html\":{\"href\":\"https://x/b\"}}}}"},
		{CENTER "repo:refs_changed", "{\"changes\":[", CENTER_CHANGE("refs/heads/b#", ONE),
	         "],\"repository\":{" CENTER_REPOSITORY "}}"},
		{SOURCEHUT, "{\"data\":{\"webhook\":{\"updates\":[",
	         "{\"ref\":{\"name\":\"refs/heads/b#\"},\"old\":null,\"new\":{\"id\":\"" ONE "\"}}", "]}}}"},
		{AZURE, "{\"eventType\":\"git.push\",\"id\":\"1\",\"resource\":{\"refUpdates\":[",
	         AZURE_UPDATE("refs/heads/b#", ONE), "],\"repository\":{" AZURE_REPOSITORY "}}}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf body = BUF_INIT;
		struct sent sent;

		if (!send(&sent, cases[i].headers,
		          many(&body, cases[i].begin, cases[i].pattern, EVENT_MAX, cases[i].end)))
			fail_msg("%s", sent.error.message);
		assert_int_equal(sent.list.count, EVENT_MAX);
		assert_str(sent.list.items[0].branch, "b0");
		assert_str(sent.list.items[EVENT_MAX - 1].branch, "b999");
		arena_release(&sent.arena);
		buf_clear(&body);

		assert_false(send(&sent, cases[i].headers,
		                  many(&body, cases[i].begin, cases[i].pattern, 10000, cases[i].end)));
		assert_int_equal(sent.error.kind, ERROR_TOO_LARGE);
		assert_contains(sent.error.message, "tells of 10000 refs at once; at most 1000 are taken");
		assert_int_equal(sent.list.count, 0);
		arena_release(&sent.arena);
		buf_release(&body);
	}
}

/* Whether commits come from a fork goes by ids: a name can be taken over, and an absent id vouches for none. */
static void test_fork(void **state)
{
	static const struct {
		const char *head, *base, *fork;
	} cases[] = {
		{"\"repo\":{\"id\":1,\"full_name\":\"m/x\"}", "\"repo\":{\"id\":1}", "false"},
		{"\"repo\":{\"id\":2,\"full_name\":\"a/b\"}", "\"repo\":{\"id\":1,\"full_name\":\"a/b\"}", "true"},
		{"\"repo\":{\"full_name\":\"a/b\"}", "\"repo\":{\"full_name\":\"a/b\"}", "true"},
		{"\"repo\":null", "\"repo\":{\"id\":1}", "true"},
		{"\"x\":1", "\"x\":1", "true"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct sent sent;
		struct str body =
			str_printf(&arena,
		                   "{\"action\":\"opened\",\"number\":1,\"pull_request\":{\"head\":{\"ref\":\"x\","
		                   "%s},\"base\":{\"ref\":\"main\",%s}}," GITHUB_REPOSITORY "}",
		                   cases[i].head, cases[i].base);

		if (!send(&sent, GITHUB "pull_request", body))
			fail_msg("%s", sent.error.message);
		assert_str(sent.list.items[0].fork, cases[i].fork);
		arena_release(&sent.arena);
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_payloads),
		TEST(test_refused),
		TEST(test_many_refs),
		TEST(test_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
