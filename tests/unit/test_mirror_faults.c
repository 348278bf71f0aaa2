/* git/mirror.h when things go wrong on our side: several at once, killed, damaged, no room, somebody else's folder. */
#include "check.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/time.h>

#include "git/mirror.h"
#include "git_server.h"

struct racer {
	struct git_fixture *fixture;
	const struct repository_url *url;
	const char *commit;
	size_t number;
};

static int race(void *argument)
{
	const struct racer *racer = argument;
	char *run = arena_printf(&racer->fixture->arena, "run%zu", racer->number);
	struct fetched fetched = fetch(racer->fixture, racer->url, "refs/heads/main", racer->commit, run);
	if (!fetched.ok)
		fprintf(stderr, "%s\n", fetched.error.message);
	return fetched.ok && strcmp(fetched.id, racer->commit) == 0 ? 0 : 1;
}

static void test_two_processes(void **state)
{
	enum { PROCESSES = 4 };
	struct git_fixture *fixture = *state;
	struct repository_url url = url_by_git(fixture);
	char *first = push_file(fixture, "main", "a", "1"), *second = push_file(fixture, "main", "a", "2");
	pid_t children[PROCESSES];
	for (size_t i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(race(&(struct racer){fixture, &url, i % 2 ? first : second, i}));
	}
	for (size_t i = 0; i < PROCESSES; i++) {
		int status = -1;
		waitpid(children[i], &status, 0);
		assert_int_equal(status, 0);
	}
	char *mirror = mirror_path(&fixture->arena, str_from(fixture->state), &url);
	assert_string_equal(output_of(mirror, "git for-each-ref refs/pocketci | wc -l"), "4");
	/* Both commits came with the first fetch, and nobody fetched again. */
	assert_string_equal(output_of(mirror, "ls objects/pack/*.pack | wc -l"), "1");
	assert_sound(mirror);
}

static void note_signal(int number)
{
	(void)number;
}

/* A signal every millisecond, and no call is begun again by the kernel. */
static int fetch_with_signals(void *argument)
{
	struct sigaction action = {.sa_handler = note_signal};
	struct itimerval interval = {{0, 1000}, {0, 1000}};
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &interval, NULL);
	return race(argument);
}

static void test_signals(void **state)
{
	struct git_fixture *fixture = *state;
	struct http_server server = {.folder = fixture->folder};
	script(fixture->work, "head -c 3000000 /dev/urandom > random");
	char *commit = push_file(fixture, "main", "a", "1");
	struct repository_url urls[] = {url_of_upstream(fixture), url_by_git(fixture), url_by_http(fixture, &server)};
	for (size_t i = 0; i < COUNT_OF(urls); i++)
		assert_int_equal(status_in_child(fetch_with_signals, &(struct racer){fixture, &urls[i], commit, i}), 0);
}

/* The server sends half a pack and then nothing. */
static void test_killed(void **state)
{
	struct git_fixture *fixture = *state;
	struct http_server server = {.folder = fixture->folder, .stall_after = 150000};
	struct http_server good = {.folder = fixture->folder};
	script(fixture->work, "head -c 300000 /dev/urandom > random");
	char *commit = push_file(fixture, "main", "a", "1");
	struct repository_url url = url_by_http(fixture, &server);
	char *mirror = mirror_path(&fixture->arena, str_from(fixture->state), &url);
	char *packs = file_join(&fixture->arena, mirror, "objects/pack");

	pid_t child = fork();
	if (child == 0)
		_exit(race(&(struct racer){fixture, &url, commit, 1}));
	const char *half = NULL;
	struct stat status;
	while (!half || stat(half, &status) < 0 || status.st_size == 0) {
		half = find_file(fixture, packs, "pack_git2_");
		assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
		sched_yield();
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_non_null(find_file(fixture, packs, "pack_git2_"));
	script(mirror,
	       "mkdir -p refs/heads/pocketci refs/pocketci; "
	       "touch refs/heads/main.lock packed-refs.lock refs/heads/pocketci/y.lock refs/pocketci/run7.lock");

	/* The same mirror by another way. */
	struct repository_url other = url_by_http(fixture, &good);
	struct error error = ERROR_INIT;
	char id[65];
	assert_true(mirror_fetch(mirror, &other, &(struct git_credentials){STR(""), STR("")}, STR("refs/heads/main"),
	                         str_from(commit), STR("run2"), id, &error));
	assert_null(find_file(fixture, packs, "pack_git2_"));
	assert_string_equal(output_of(mirror, "find . -name '*.lock'"), "./refs/pocketci/run7.lock");
	assert_sound(mirror);
}

/* What is not ours to remove stays: the last holder of the lock ended well, so that lock is somebody's. */
static void test_lock_of_another(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	char *commit = push_file(fixture, "main", "a", "1");
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", commit, "run1");
	assert_fetched(fetched, commit);
	script(fetched.mirror, "touch refs/heads/main.lock");
	commit = push_file(fixture, "main", "a", "2");
	assert_refused(fetch(fixture, &url, "refs/heads/main", commit, "run2"), ERROR_SYSTEM, "refs/heads/main");
	script(fetched.mirror, "rm refs/heads/main.lock");
	assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run2"), commit);
}

static void test_half_made(void **state)
{
	static const char *const cases[] = {
		"mkdir -p %s",                       /* as nothing of ours leaves it */
		"git init -q --bare %s.new",         /* killed before the rename */
		"git init -q --bare %s; rm %s/HEAD", /* a power failure */
		"git init -q --bare %s; rm -r %s/objects",
	};
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	char *mirror = mirror_path(&fixture->arena, str_from(fixture->state), &url);
	char *commit = push_file(fixture, "main", "a", "1");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		script(fixture->folder, "rm -rf state; mkdir -p state/mirrors; m=%s; %s", mirror,
		       output_of(fixture->folder, "echo '%s' | sed 's,%%s,$m,g'", cases[i]));
		assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run1"), commit);
		assert_false(exists(arena_printf(&fixture->arena, "%s.new", mirror)));
		assert_sound(mirror);
	}
}

static void test_damaged(void **state)
{
	static const char *const cases[] = {
		"rm objects/pack/*.pack",
		"for f in objects/pack/*.pack; do chmod +w $f; truncate -s -30 $f; done",
		"for f in objects/pack/*.pack; do chmod +w $f; truncate -s 0 $f; done",
		"for f in objects/pack/*.idx; do chmod +w $f; truncate -s 100 $f; done",
		"rm objects/pack/*", /* nothing is wrong with what is left, but refs lead nowhere */
		"rm -r objects/pack",
		"echo bytes changed > damaged",
	};
	struct git_fixture *fixture = *state;
	struct repository_url url = url_by_git(fixture);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *before = push_file(fixture, "main", "a", cases[i]);
		struct fetched fetched = fetch(fixture, &url, "refs/heads/main", before, "run1");
		assert_fetched(fetched, before);
		script(fetched.mirror, "%s", cases[i]);
		char *commit = push_file(fixture, "main", "a", "the next");
		char *other = push_file(fixture, "other", "b", cases[i]);
		assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run2"), commit);
		assert_true(exists(arena_printf(&fixture->arena, "%s.damaged", fetched.mirror)));
		/* Other runs may still read from it, so it is whole again. */
		assert_true(mirror_has(fixture, fetched.mirror, other));
		assert_sound(fetched.mirror);
		script(fixture->state, "rm -rf mirrors");
	}
}

/* The commit and its folder are in a pack of their own, and what is in the folder is in an older one. */
static void test_older_pack_damaged(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_by_git(fixture);
	char *first = push_file(fixture, "main", "a", "1");
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", first, "run1");
	assert_fetched(fetched, first);
	script(fetched.mirror, "for f in objects/pack/*.pack; do chmod +w $f; truncate -s -1 $f; printf x >> $f; done");
	char *second = push_file(fixture, "main", "b", "1");
	script(fetched.mirror, "mkdir aside; mv objects/pack/* aside");
	script(fetched.mirror, "git fetch -q --depth 1 %s main; mv aside/* objects/pack; rm -f shallow", url.text.data);
	assert_fetched(fetch(fixture, &url, "refs/heads/main", second, "run2"), second);
	assert_sound(fetched.mirror);
}

/* The commit is there, and its files are not. */
static void test_tree_missing(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	char *commit = push_file(fixture, "main", "a", "1");
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", commit, "run1");
	assert_fetched(fetched, commit);
	unpack(fixture, fetched.mirror);
	script(fetched.mirror, "rm -f objects/$(git rev-parse %s^{tree} | sed 's,..,&/,')", commit);
	assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run2"), commit);
	assert_sound(fetched.mirror);
}

/* A mirror that is well is not thrown away because the other side is not. */
static void test_upstream_damaged(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_by_git(fixture);
	char *before = push_file(fixture, "main", "a", "1");
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", before, "run1");
	assert_fetched(fetched, before);
	char *commit = push_file(fixture, "main", "a", "2");
	script(fixture->upstream, "rm -f objects/$(git rev-parse %s^{tree} | sed 's,..,&/,')", commit);
	assert_refused(fetch(fixture, &url, "refs/heads/main", commit, "run2"), ERROR_UPSTREAM, url.text.data);
	assert_false(exists(arena_printf(&fixture->arena, "%s.damaged", fetched.mirror)));
	assert_fetched(fetch(fixture, &url, "refs/heads/main", before, "run3"), before);
}

/* Somebody else's folder: neither read, nor moved aside as if it were damaged. */
static void test_owner(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	char *commit = push_file(fixture, "main", "a", "1");
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", commit, "run1");
	assert_fetched(fetched, commit);
	if (geteuid() != 0)
		skip();
	script(fetched.mirror, "chown -R 65534 .");
	assert_refused(fetch(fixture, &url, "refs/heads/main", commit, "run2"), ERROR_SYSTEM, "belongs to user 65534");
	assert_false(exists(arena_printf(&fixture->arena, "%s.damaged", fetched.mirror)));
	script(fetched.mirror, "chown -R 0 .");
	script(fixture->upstream, "chown -R 65534 .");
	assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run2"), commit);
	assert_refused(fetch(fixture, &url, "refs/heads/main", "", "run3"), ERROR_UPSTREAM, "belongs to another user");
}

struct full_disk {
	struct git_fixture *fixture;
	const struct repository_url *url;
};

/*
 * In namespaces of its own, so that the file system goes with the process. 0: as it should be; 77: cannot be tried
 * here.
 */
static int fetch_on_full_disk(void *argument)
{
	const struct full_disk *full = argument;
	struct git_fixture *fixture = full->fixture;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mkdir(fixture->state, 0700) < 0 || mount("none", fixture->state, "tmpfs", 0, "size=512k") < 0)
		return 77;
	struct fetched fetched = fetch(fixture, full->url, "refs/heads/main", "", "run1");
	if (fetched.ok || fetched.error.kind != ERROR_STORAGE || !strstr(fetched.error.message, "No space left")) {
		fprintf(stderr, "%s: %s\n", error_kind_name(fetched.error.kind), fetched.error.message);
		return 1;
	}
	/* What did not fit is gone again, and a smaller one fits. */
	char *packs = arena_printf(&fixture->arena, "%s/objects/pack", fetched.mirror);
	if (find_file(fixture, packs, "pack"))
		return 2;
	return fetch(fixture, full->url, "refs/heads/small", "", "run2").ok ? 0 : 3;
}

static void test_full_disk(void **state)
{
	struct git_fixture *fixture = *state;
	push_file(fixture, "small", "a", "1");
	script(fixture->work, "head -c 2000000 /dev/urandom > random");
	push_file(fixture, "main", "a", "2");
	struct repository_url urls[] = {
		url_of_upstream(fixture),
		url_by_git(fixture),
	};
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		int status = status_in_child(fetch_on_full_disk, &(struct full_disk){fixture, &urls[i]});
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			skip();
		assert_int_equal(status, 0);
		script(fixture->folder, "rmdir state");
	}
}

struct small_files {
	struct git_fixture *fixture;
	const struct repository_url *url;
};

static int fetch_with_small_files(void *argument)
{
	const struct small_files *small = argument;
	struct rlimit limit = {20000, 20000};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	struct fetched fetched = fetch(small->fixture, small->url, "refs/heads/main", "", "run1");
	if (!fetched.ok && fetched.error.kind == ERROR_SYSTEM && strstr(fetched.error.message, "File too large"))
		return 0;
	fprintf(stderr, "%s: %s\n", error_kind_name(fetched.error.kind), fetched.error.message);
	return 1;
}

/* What fails in our own folder is not the server's doing. */
static void test_own_failure(void **state)
{
	struct git_fixture *fixture = *state;
	script(fixture->work, "head -c 300000 /dev/urandom > random");
	push_file(fixture, "main", "a", "1");
	struct repository_url urls[] = {url_of_upstream(fixture), url_by_git(fixture)};
	for (size_t i = 0; i < COUNT_OF(urls); i++)
		assert_int_equal(status_in_child(fetch_with_small_files, &(struct small_files){fixture, &urls[i]}), 0);
}

static void test_state_not_writable(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	push_file(fixture, "main", "a", "1");
	script(fixture->folder, "touch state");
	assert_refused(fetch(fixture, &url, "refs/heads/main", "", "r"), ERROR_SYSTEM, fixture->state);
}

#define FAULT_TEST(function) cmocka_unit_test_setup_teardown(function, git_fixture_setup, git_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT_TEST(test_two_processes),
		FAULT_TEST(test_signals),
		FAULT_TEST(test_killed),
		FAULT_TEST(test_lock_of_another),
		FAULT_TEST(test_half_made),
		FAULT_TEST(test_damaged),
		FAULT_TEST(test_older_pack_damaged),
		FAULT_TEST(test_tree_missing),
		FAULT_TEST(test_upstream_damaged),
		FAULT_TEST(test_owner),
		FAULT_TEST(test_full_disk),
		FAULT_TEST(test_own_failure),
		FAULT_TEST(test_state_not_writable),
	};
	return cmocka_run_group_tests_name("mirror faults", tests, git_group_setup, git_group_teardown);
}
