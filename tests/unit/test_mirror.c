/* git/mirror.h against real git: what arrives, what is kept, and what is said when it cannot. */
#include "check.h"

#include <sys/file.h>

#include "git/mirror.h"
#include "git_server.h"

#define NO_SUCH_COMMIT "1234567890123456789012345678901234567890"

static void test_path(void **state)
{
	static const struct {
		const char *url, *begins;
	} cases[] = {
		{"https://github.com/acme/app.git", "/srv/state/mirrors/github.com-acme-app-"},
		{"http://127.0.0.1:8080/app", "/srv/state/mirrors/http-127.0.0.1-8080-app-"},
		{"file:///srv/.git/x", "/srv/state/mirrors/file-srv-.git-x-"},
	};
	struct git_fixture *fixture = *state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct repository_url url = url_from(fixture, "%s", cases[i].url);
		char *path = mirror_path(&fixture->arena, STR("/srv/state"), &url);
		assert_true(str_starts(str_from(path), str_from(cases[i].begins)));
		assert_int_equal(strlen(path), strlen(cases[i].begins) + strlen("0123456789abcdef.git"));
	}

	/* Alike when read, yet different; and the same by two ways. */
	struct repository_url a = url_from(fixture, "https://github.com/acme/app-b"),
			      b = url_from(fixture, "https://github.com/acme-app/b"),
			      c = url_from(fixture, "ssh://git@github.com/acme/app-b.git");
	char *path_a = mirror_path(&fixture->arena, STR("s"), &a);
	assert_string_not_equal(path_a, mirror_path(&fixture->arena, STR("s"), &b));
	assert_string_equal(path_a, mirror_path(&fixture->arena, STR("s"), &c));

	char longest[1500];
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	struct repository_url d = url_from(fixture, "https://github.com/%s/end", longest);
	char *path_d = mirror_path(&fixture->arena, STR("s"), &d);
	assert_true(strlen(path_d) < 100);
	assert_contains(path_d, "a-end-");
}

/* --- What arrives ------------------------------------------------------------------------------------------------- */

/* A push, the next one, a merge, a tag and a tag of a tag, over one transport. */
static void check_transport(struct git_fixture *fixture, const struct repository_url *url)
{
	char *first = push_file(fixture, "main", "a", "1");
	push_file(fixture, "other", "b", "1");
	struct fetched fetched = fetch(fixture, url, "refs/heads/main", first, "run1");
	assert_fetched(fetched, first);
	assert_string_equal(output_of(fetched.mirror, "git rev-parse refs/heads/main refs/pocketci/run1 | uniq"),
	                    first);
	assert_string_equal(output_of(fetched.mirror, "git for-each-ref --format='%%(refname)' refs/heads"),
	                    "refs/heads/main");

	char *second = push_file(fixture, "main", "a", "2");
	assert_fetched(fetch(fixture, url, "refs/heads/main", second, "run2"), second);
	assert_fetched(fetch(fixture, url, "refs/heads/main", "", "run3"), second);
	/* Nothing came twice, and nothing that only the other branch has. */
	assert_string_equal(output_of(fetched.mirror, "git count-objects -v | sed -n 's/in-pack: //p'"),
	                    output_of(fixture->work, "git rev-list --objects %s | wc -l", second));

	script(fixture->work,
	       "git checkout -q -b side HEAD~1; echo s > s; git add s; git commit -qm s; git checkout -q main");
	char *merge =
		output_of(fixture->work, "git merge -q --no-ff -m m side; git push -q origin main; git rev-parse HEAD");
	assert_fetched(fetch(fixture, url, "refs/heads/main", merge, "run4"), merge);
	assert_string_equal(output_of(fetched.mirror, "git rev-list --count %s", merge),
	                    output_of(fixture->work, "git rev-list --count %s", merge));

	script(fixture->work, "git tag -m one v1; git tag -m two v2 v1; git tag plain; git push -q --tags origin");
	char *tag = output_of(fixture->work, "git rev-parse v2");
	assert_fetched(fetch(fixture, url, "refs/tags/v1", "", "run5"), merge);
	assert_fetched(fetch(fixture, url, "refs/tags/v2", tag, "run6"), merge);
	assert_fetched(fetch(fixture, url, "refs/tags/plain", merge, "run7"), merge);
	assert_string_equal(output_of(fetched.mirror, "git rev-parse refs/tags/v2"), tag);
	assert_sound(fetched.mirror);
}

static void test_file(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	check_transport(fixture, &url);
}

static void test_git(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_by_git(fixture);
	check_transport(fixture, &url);
}

static void test_http(void **state)
{
	struct git_fixture *fixture = *state;
	struct http_server server = {.folder = fixture->folder};
	struct repository_url url = url_by_http(fixture, &server);
	check_transport(fixture, &url);
}

static void test_credentials(void **state)
{
	struct git_fixture *fixture = *state;
	struct http_server server = {
		.folder = fixture->folder,
		.authorization = "Basic eC1hY2Nlc3MtdG9rZW46czNjcjN0LXRva2Vu",
		.log = file_join(&fixture->arena, fixture->folder, "log"),
	};
	struct repository_url url = url_by_http(fixture, &server);
	const struct git_credentials right = {STR("x-access-token"), STR("s3cr3t-token")};
	const struct git_credentials wrong = {STR("x-access-token"), STR("0th3r-token")};
	char *commit = push_file(fixture, "main", "a", "1");

	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", commit, "run1");
	assert_refused(fetched, ERROR_UPSTREAM, "no token is configured");
	assert_contains(fetched.error.message, url.text.data);
	fetched = fetch_with(fixture, &url, &wrong, "refs/heads/main", commit, "run1");
	assert_refused(fetched, ERROR_UPSTREAM, "refused the configured token");
	assert_contains(fetched.error.message, url.text.data);
	assert_null(strstr(fetched.error.message, "0th3r"));
	/* A server that counts wrong logins counts one. */
	assert_string_equal(output_of(fixture->folder, "grep -c '^Basic ' log"), "1");
	fetched = fetch_with(fixture, &url, &right, "refs/heads/main", commit, "run1");
	assert_fetched(fetched, commit);
	const struct git_credentials short_form = {STR(""), STR("s3cr3t-token")};
	commit = push_file(fixture, "main", "a", "2");
	assert_fetched(fetch_with(fixture, &url, &short_form, "refs/heads/main", commit, "run1"), commit);

	/* Nothing of it is written down. */
	assert_int_not_equal(run_script(fixture->state, "grep -r s3cr3t . || grep -r czNjcjN0 .", NULL), 0);
}

/* Nobody listens there any more: where the commit is known, nobody is asked. */
static void test_known_commit(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_by_git(fixture);
	char *commit = push_file(fixture, "main", "a", "1");
	assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run1"), commit);
	stop_servers(fixture);
	assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run2"), commit);
	assert_fetched(fetch(fixture, &url, "", commit, "run3"), commit);
	assert_refused(fetch(fixture, &url, "refs/heads/main", "", "run4"), ERROR_UPSTREAM, url.text.data);
}

static void test_other_refs(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_by_git(fixture);
	char *main_commit = push_file(fixture, "main", "a", "1");
	script(fixture->work, "git checkout -q --orphan o; git commit -qm o; git push -q origin o");
	char *other = output_of(fixture->work, "git rev-parse HEAD");
	script(fixture->work, "git commit -q --allow-empty -m t; git tag lone; git push -q origin lone");
	char *tagged = output_of(fixture->work, "git rev-parse HEAD");
	script(fixture->work, "git commit -q --allow-empty -m p; git push -q origin HEAD:refs/pull/7/head");
	char *pulled = output_of(fixture->work, "git rev-parse HEAD");

	/* Not behind the ref that was named, but there. */
	assert_fetched(fetch(fixture, &url, "refs/heads/main", other, "run1"), other);
	assert_fetched(fetch(fixture, &url, "refs/heads/gone", tagged, "run2"), tagged);
	/* Neither branch nor tag. */
	assert_fetched(fetch(fixture, &url, "refs/pull/7/head", pulled, "run3"), pulled);
	/* No ref named: by commit, or the default branch. */
	struct repository_url local = url_of_upstream(fixture);
	assert_fetched(fetch(fixture, &local, "", other, "run4"), other);
	assert_fetched(fetch(fixture, &local, "", "", "run5"), main_commit);
	assert_fetched(fetch(fixture, &url, "", "", "run6"), main_commit);
}

/* Over both ways of fetching. */
static void check_forced_push(struct git_fixture *fixture, const struct repository_url *url)
{
	push_file(fixture, "main", "a", "1");
	char *old = push_file(fixture, "main", "a", "2");
	struct fetched fetched = fetch(fixture, url, "refs/heads/main", old, "run1");
	assert_fetched(fetched, old);

	script(fixture->work, "git commit -q --amend -m other; git push -qf origin HEAD:main");
	char *forced = output_of(fixture->work, "git rev-parse HEAD");
	assert_fetched(fetch(fixture, url, "refs/heads/main", forced, "run2"), forced);
	assert_string_equal(output_of(fetched.mirror, "git rev-parse refs/heads/main"), forced);
	script(fetched.mirror, "git reflog expire --expire=now --all; git gc -q --prune=now");
	assert_true(mirror_has(fixture, fetched.mirror, old));
	assert_fetched(fetch(fixture, url, "refs/heads/main", old, "run3"), old);
}

static void test_forced_push(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url local = url_of_upstream(fixture);
	check_forced_push(fixture, &local);
	struct repository_url url = url_by_git(fixture);
	check_forced_push(fixture, &url);
}

/* The push came in while we were on our way: no ref leads to the commit any more. */
static void test_commit_without_ref_in_file(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	push_file(fixture, "main", "a", "1");
	char *lost = push_file(fixture, "main", "a", "2");
	script(fixture->work, "git commit -q --amend -m other; git push -qf origin HEAD:main");
	assert_fetched(fetch(fixture, &url, "refs/heads/main", lost, "run1"), lost);
}

static void test_commit_without_ref(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_by_git(fixture);
	push_file(fixture, "main", "a", "1");
	char *lost = push_file(fixture, "main", "a", "2");
	script(fixture->work, "git commit -q --amend -m other; git push -qf origin HEAD:main");

	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", lost, "run1");
	assert_refused(fetched, ERROR_UNUSABLE,
	               arena_printf(&fixture->arena, "commit %s is not in %s", lost, url.text.data));
	script(fixture->upstream, "git config uploadpack.allowAnySHA1InWant true");
	assert_fetched(fetch(fixture, &url, "refs/heads/main", lost, "run2"), lost);
	assert_true(mirror_has(fixture, fetched.mirror, lost));
	assert_refused(fetch(fixture, &url, "refs/heads/main", NO_SUCH_COMMIT, "run3"), ERROR_UNUSABLE,
	               "commit " NO_SUCH_COMMIT " is not in");
}

/* A branch a and a branch a/b cannot be at once, and stay neither in the mirror's way. */
static void test_branch_becomes_folder(void **state)
{
	static const char *const names[] = {"a", "a/b", "a/b/c", "a", "a/b/c"};
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	char *beside = push_file(fixture, "ab", "f", "beside");
	assert_fetched(fetch(fixture, &url, "refs/heads/ab", "", "run"), beside);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *branch = arena_printf(&fixture->arena, "refs/heads/%s", names[i]);
		char *run = arena_printf(&fixture->arena, "run%zu", i);
		char *commit = push_file(fixture, names[i], "f", run);
		assert_fetched(fetch(fixture, &url, branch, commit, run), commit);
		script(fixture->upstream, "git update-ref -d %s", branch);
	}
	char *mirror = mirror_path(&fixture->arena, str_from(fixture->state), &url);
	assert_string_equal(output_of(mirror, "git for-each-ref --format='%%(refname)' refs/heads | tr '\\n' ' '"),
	                    "refs/heads/a/b/c refs/heads/ab");
}

/* --- What does not ------------------------------------------------------------------------------------------------ */

static void test_requests(void **state)
{
	static const struct {
		const char *ref, *commit, *run;
		enum error_kind kind;
		const char *part;
	} cases[] = {
		{"refs/heads/main", NO_SUCH_COMMIT, "r", ERROR_UNUSABLE,
	         "commit " NO_SUCH_COMMIT " is not in file:///"},
		{"", NO_SUCH_COMMIT, "r", ERROR_UNUSABLE, "commit " NO_SUCH_COMMIT " is not in file:///"},
		{"refs/heads/gone", "", "r", ERROR_UNUSABLE, "refs/heads/gone is not in file:///"},
		{"refs/tags/blob", "", "r", ERROR_UNUSABLE, "is not a commit"},
		{"main", "", "r", ERROR_INVALID, "\"main\" is not a ref"},
		{"HEAD", "", "r", ERROR_INVALID, "\"HEAD\" is not a ref"},
		{"refs/heads/..", "", "r", ERROR_INVALID, "is not a ref"},
		{"refs/heads/a b", "", "r", ERROR_INVALID, "is not a ref"},
		{"refs/heads/*", "", "r", ERROR_INVALID, "is not a ref"},
		{"refs/heads/a:refs/heads/b", "", "r", ERROR_INVALID, "is not a ref"},
		{"refs/pocketci/other", "", "r", ERROR_INVALID, "is not a ref"},
		{"refs/heads/main", "1234567", "r", ERROR_INVALID, "\"1234567\" is not the full id"},
		{"refs/heads/main", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "r", ERROR_INVALID,
	         "is not the full id"},
		{"refs/heads/main", NO_SUCH_COMMIT "123456789012345678901234", "r", ERROR_UNUSABLE, "SHA-256"},
		{"refs/heads/main", "", "", ERROR_INVALID, "is not the id of a run"},
		{"refs/heads/main", "", "../heads/main", ERROR_INVALID, "is not the id of a run"},
		{"refs/heads/main", "", "a.lock", ERROR_INVALID, "is not the id of a run"},
	};
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	char *commit = push_file(fixture, "main", "a", "1");
	script(fixture->work, "git tag blob HEAD:a; git push -q origin blob");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fetched fetched = fetch(fixture, &url, cases[i].ref, cases[i].commit, cases[i].run);
		assert_refused(fetched, cases[i].kind, cases[i].part);
	}
	/* None of that stands in the way. */
	assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "r"), commit);
}

static void test_unreachable(void **state)
{
	struct git_fixture *fixture = *state;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	/* Bound but not listening: nobody else gets this port. */
	int closed = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(closed, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(closed, (struct sockaddr *)&address, &size), 0);
	unsigned port = ntohs(address.sin_port);
	unsigned served = serve(fixture, serve_git, fixture->folder);
	script(fixture->folder, "mkdir plain");
	const struct {
		char *url, *part;
	} cases[] = {
		{arena_printf(&fixture->arena, "git://127.0.0.1:%u/up.git", port), "refused"},
		{arena_printf(&fixture->arena, "http://127.0.0.1:%u/up.git", port), "refused"},
		{arena_printf(&fixture->arena, "https://127.0.0.1:%u/up.git", port), "refused"},
		{arena_printf(&fixture->arena, "git://127.0.0.1:%u/none.git", served), "none.git"},
		{arena_printf(&fixture->arena, "http://no-such-host.invalid/up.git"), "no-such-host.invalid"},
		{arena_printf(&fixture->arena, "file://%s/none.git", fixture->folder), "No such file"},
		{arena_printf(&fixture->arena, "file://%s/plain", fixture->folder), "repository"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct repository_url url = url_from(fixture, "%s", cases[i].url);
		struct fetched fetched = fetch(fixture, &url, "refs/heads/main", NO_SUCH_COMMIT, "r");
		assert_refused(fetched, ERROR_UPSTREAM, cases[i].part);
		assert_contains(fetched.error.message, cases[i].url);
	}
	close(closed);

	struct repository_url ssh = url_from(fixture, "ssh://git@127.0.0.1/up.git");
	assert_refused(fetch(fixture, &ssh, "refs/heads/main", "", "r"), ERROR_INVALID,
	               "ssh is not supported yet: use an https URL");
}

static void test_answers(void **state)
{
	static const struct {
		const char *answer, *part;
	} cases[] = {
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "404"},
		{"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "500"},
		{"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
	         "text/html"},
		{"HTTP/1.1 302 Found\r\nLocation: http://localhost:1/up.git/info/refs?service=git-upload-pack\r\n"
	         "Content-Length: 0\r\nConnection: close\r\n\r\n",
	         "cannot redirect"},
		{"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\nConnection: close\r\n\r\n001e# serv",
	         ""},
		{"", ""},
		{"no http at all", ""},
	};
	struct git_fixture *fixture = *state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_server server = {.fixed = cases[i].answer};
		struct repository_url url = url_by_http(fixture, &server);
		struct fetched fetched = fetch(fixture, &url, "refs/heads/main", NO_SUCH_COMMIT, "r");
		assert_refused(fetched, ERROR_UPSTREAM, cases[i].part);
		assert_contains(fetched.error.message, url.text.data);
		stop_servers(fixture);
	}
}

static void test_empty(void **state)
{
	struct git_fixture *fixture = *state;
	struct http_server server = {.folder = fixture->folder};
	struct repository_url urls[] = {
		url_of_upstream(fixture),
		url_by_git(fixture),
		url_by_http(fixture, &server),
	};
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		assert_refused(fetch(fixture, &urls[i], "refs/heads/main", NO_SUCH_COMMIT, "r"), ERROR_UNUSABLE,
		               "is empty");
		assert_refused(fetch(fixture, &urls[i], "", "", "r"), ERROR_UNUSABLE, urls[i].text.data);
	}
}

/* --- Pins --------------------------------------------------------------------------------------------------------- */

static void test_unpin(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	struct error error = ERROR_INIT;
	char *commit = push_file(fixture, "main", "a", "1");
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", commit, "run1");
	assert_fetched(fetched, commit);
	assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run2"), commit);

	/*
	 * Not kept waiting by a fetch that holds the lock, and not stopped by what a killed process left of the same
	 * run.
	 */
	int lock = open(arena_printf(&fixture->arena, "%s.lock", fetched.mirror), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	script(fetched.mirror, "touch refs/pocketci/run1.lock");
	assert_true(mirror_unpin(fetched.mirror, STR("run1"), &error));
	assert_string_equal(output_of(fetched.mirror, "git for-each-ref --format='%%(refname)' refs/pocketci"),
	                    "refs/pocketci/run2");
	assert_null(find_file(fixture, file_join(&fixture->arena, fetched.mirror, "refs/pocketci"), "run1"));
	close(lock);

	assert_true(mirror_unpin(fetched.mirror, STR("run1"), &error));
	assert_true(mirror_unpin(fetched.mirror, STR("run2"), &error));
	assert_true(mirror_unpin("/nowhere/at/all.git", STR("run1"), &error));
	assert_false(mirror_unpin(fetched.mirror, STR("../heads/main"), &error));
	assert_true(exists(file_join(&fixture->arena, fetched.mirror, "refs/heads/main")));
	assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run3"), commit);
}

#define MIRROR_TEST(function) cmocka_unit_test_setup_teardown(function, git_fixture_setup, git_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MIRROR_TEST(test_path),
		MIRROR_TEST(test_file),
		MIRROR_TEST(test_git),
		MIRROR_TEST(test_http),
		MIRROR_TEST(test_credentials),
		MIRROR_TEST(test_known_commit),
		MIRROR_TEST(test_other_refs),
		MIRROR_TEST(test_forced_push),
		MIRROR_TEST(test_commit_without_ref_in_file),
		MIRROR_TEST(test_commit_without_ref),
		MIRROR_TEST(test_branch_becomes_folder),
		MIRROR_TEST(test_requests),
		MIRROR_TEST(test_unreachable),
		MIRROR_TEST(test_answers),
		MIRROR_TEST(test_empty),
		MIRROR_TEST(test_unpin),
	};
	return cmocka_run_group_tests_name("mirror", tests, git_group_setup, git_group_teardown);
}
