/*
 * run/execute.h and run/checkout.h against real git: what the command finds in its checkout, every way a checkout
 * can go wrong, and that nothing is left of either.
 */
#include "run_check.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "config/config.h"
#include "git/mirror.h"
#include "git_fixture.h"
#include "git_server.h"
#include "run/execute.h"
#include "run/id.h"
#include "run/wire.h"

#define NO_SUCH_COMMIT "1234567890123456789012345678901234567890"

/* What a run came to, as its reader learns it. */
struct outcome {
	struct capture capture;
	struct run_result result;
	int64_t took;
};

struct running_job {
	pid_t pid;
	int descriptor;
	int64_t began;
};

static void release(struct outcome *outcome)
{
	buf_release(&outcome->capture.output);
}

static struct job make_checkout_job(struct git_fixture *fixture, const char *commit, const char *script_text)
{
	static char id[RUN_ID_SIZE];
	struct job job = make_shell_job(&fixture->arena, script_text);
	run_id_make(id);
	job.id = str_from(arena_strdup(&fixture->arena, id));
	job.checkout = true;
	job.url = str_from(arena_printf(&fixture->arena, "file://%s", fixture->upstream));
	job.ref = STR("refs/heads/main");
	job.commit = str_from(commit);
	job.payload = STR("{\"ref\":\"refs/heads/main\"}");
	job.state = str_from(fixture->state);
	return job;
}

static struct config make_config(struct repository *repository, const char *match)
{
	struct config config;
	config_init(&config);
	*repository = (struct repository){.match = str_from(match), .username = STR("")};
	config.repositories = (struct repositories){repository, 1};
	return config;
}

/* --- Running ------------------------------------------------------------------------------------------------------ */

static int64_t crash_child(void *context, int64_t now)
{
	(void)context;
	pid_t child = process_any_child();
	if (child > 0)
		kill(child, SIGSEGV);
	return child > 0 ? CLOCK_NEVER : now + 10;
}

/* A small disk as the state folder, for this process and its children alone. */
static bool mount_small_disk(const char *state)
{
	return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       (mkdir(state, 0700) == 0 || errno == EEXIST) && mount("none", state, "tmpfs", 0, "size=1m") == 0;
}

enum trouble { NO_TROUBLE, CRASH, SMALL_DISK };

/* What the process that runs the job exits with. */
enum verdict { GOOD, SOMETHING_LEFT, CANNOT_MOUNT };

static enum verdict run_here(const struct job *job, const struct config *config, enum trouble trouble, int descriptor)
{
	char *state = strndup(job->state.data, job->state.len);
	char workspace[4096];
	struct run_result result;
	struct wire wire;
	signal(SIGSEGV, SIG_DFL);         /* cmocka's own goes on with the tests */
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* where the test is ended by its deadline */
	umask(027);                       /* a checkout is not made with it, and a command gets it */
	if (trouble == SMALL_DISK && !mount_small_disk(state))
		return CANNOT_MOUNT;
	wire_init(&wire, descriptor);
	struct run_listener listener = wire_listener(&wire);
	listener.tick = trouble == CRASH ? crash_child : NULL;

	int descriptors = count_descriptors();
	execute_job(job, config, &listener, &result);
	bool clean = !process_has_children() && count_descriptors() == descriptors;
	snprintf(workspace, sizeof(workspace), "%s/workspaces/%.*s", state, STR_ARGS(job->id));
	clean = clean && (!run_id_is_valid(job->id) || access(workspace, F_OK) != 0);
	wire_finish(&wire, &result);
	free(state);
	return clean ? GOOD : SOMETHING_LEFT;
}

/* In a process of its own, as `pocketci exec` is: a run sweeps every child of its process. */
static struct running_job start_run(const struct job *job, const struct config *config, enum trouble trouble)
{
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	struct running_job running = {.pid = fork(), .descriptor = ends[0], .began = clock_now()};
	if (running.pid == 0) {
		close(ends[0]);
		_exit((int)run_here(job, config, trouble, ends[1]));
	}
	close(ends[1]);
	return running;
}

static struct outcome finish_run(struct running_job *running)
{
	struct outcome outcome = {.capture = CAPTURE_INIT};
	struct run_listener listener = capture_listener(&outcome.capture);
	wire_follow(running->descriptor, false, &listener, &outcome.result);
	outcome.took = clock_now() - running->began;
	int status;
	assert_int_equal(waitpid(running->pid, &status, 0), running->pid);
	file_close(&running->descriptor);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_MOUNT)
		skip();
	assert_int_equal(status, GOOD);
	return outcome;
}

static struct outcome run_configured(const struct job *job, const struct config *config)
{
	struct running_job running = start_run(job, config, NO_TROUBLE);
	return finish_run(&running);
}

static struct outcome run_job(const struct job *job)
{
	struct repository repository;
	struct config config = make_config(&repository, "file:///**");
	return run_configured(job, &config);
}

/* Nothing of any run: no workspace, no pin, no temporary file of ours. */
static void assert_clean(struct git_fixture *fixture)
{
	assert_string_equal(output_of(fixture->folder, "ls -A state/workspaces 2>/dev/null || :"), "");
	assert_string_equal(output_of(fixture->folder, "find state/mirrors -path '*refs/pocketci/*' 2>/dev/null || :"),
	                    "");
}

static void assert_failed(const struct outcome *outcome, enum run_state state, enum error_kind kind, const char *says)
{
	if (outcome->result.state != state || outcome->result.error.kind != kind)
		fail_msg("%s, %s: %s", run_state_name(outcome->result.state),
		         error_kind_name(outcome->result.error.kind), outcome->result.error.message);
	assert_contains(outcome->result.error.message, says);
	assert_int_equal(outcome->capture.total, 0);
}

/* --- What the command finds --------------------------------------------------------------------------------------- */

static void test_checkout(void **state)
{
	struct git_fixture *fixture = *state;
	push_file(fixture, "main", "a.txt", "one");
	char *commit = push_file(fixture, "main", "b.txt", "two");
	push_file(fixture, "main", "c.txt", "later");
	struct job job =
		make_checkout_job(fixture, commit,
	                          "basename \"$(pwd -P)\"; echo *; cat b.txt; echo; git status --porcelain; "
	                          "git log --format=%s | tr '\\n' ' '; echo; cat \"$POCKETCI_EVENT_FILE\"; echo; "
	                          "echo $POCKETCI_COMMIT $CI; stat -c %a . .. b.txt; umask; touch made");
	struct outcome outcome = run_job(&job);
	assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
	assert_string_equal(outcome.result.commit_text, commit);
	assert_string_equal(outcome.capture.output.data,
	                    arena_printf(&fixture->arena,
	                                 "up\na.txt b.txt\ntwo\nb.txt a.txt \n{\"ref\":\"refs/heads/main\"}\n%s true\n"
	                                 "755\n700\n644\n0027\n",
	                                 commit));
	assert_clean(fixture);
	release(&outcome);
}

static void test_the_tip_of_a_ref(void **state)
{
	struct git_fixture *fixture = *state;
	char *commit = push_file(fixture, "main", "a.txt", "one");
	struct job job = make_checkout_job(fixture, "", "git symbolic-ref HEAD; exit 3");
	struct outcome outcome = run_job(&job);
	assert_int_equal(outcome.result.state, RUN_FAILED);
	assert_int_equal(outcome.result.exit_code, 3);
	assert_string_equal(outcome.result.commit_text, commit);
	assert_str(buf_str(&outcome.capture.output), "refs/heads/main\n");
	assert_clean(fixture);
	release(&outcome);
}

static void test_passed_files_lie_beside_the_checkout(void **state)
{
	struct git_fixture *fixture = *state;
	struct job_file file = {STR("PAYLOAD"), STR("data")};
	char *commit = push_file(fixture, "main", "a.txt", "one");
	struct job job = make_checkout_job(fixture, commit,
	                                   "cat $PAYLOAD; echo; basename $(dirname $PAYLOAD); git status --porcelain");
	job.files = &file;
	job.file_count = 1;
	struct outcome outcome = run_job(&job);
	assert_str(buf_str(&outcome.capture.output), "data\n.pocketci\n");
	assert_clean(fixture);
	release(&outcome);
}

static void test_directory_beneath_the_checkout(void **state)
{
	struct git_fixture *fixture = *state;
	script(fixture->work, "mkdir sub; ln -s /etc out; echo 'pwd' > sub/run.sh; chmod +x sub/run.sh");
	char *commit = push_file(fixture, "main", "sub/a.txt", "one");
	struct job job = make_checkout_job(fixture, commit, "basename $(pwd); echo *");
	job.directory = STR("sub");
	struct outcome outcome = run_job(&job);
	assert_str(buf_str(&outcome.capture.output), "sub\na.txt run.sh\n");
	release(&outcome);

	job.directory = STR("out");
	outcome = run_job(&job);
	assert_failed(&outcome, RUN_FAILED, ERROR_COMMAND,
	              "command-working-directory \"out\" leads out of the workspace");
	assert_string_equal(outcome.result.commit_text, commit);
	release(&outcome);

	job.directory = STR("sub");
	job.arguments[0] = STR("./run.sh");
	job.argument_count = 1;
	outcome = run_job(&job);
	assert_failed(&outcome, RUN_FAILED, ERROR_COMMAND, "a script needs a first line such as #!/bin/sh");
	assert_clean(fixture);
	release(&outcome);
}

static void test_two_at_once(void **state)
{
	enum { RUNS = 4 };
	struct git_fixture *fixture = *state;
	struct running_job running[RUNS];
	struct job jobs[RUNS];
	char *commits[RUNS];
	struct repository repository;
	struct config config = make_config(&repository, "file:///**");
	for (int i = 0; i < RUNS; i++)
		commits[i] = push_file(fixture, "main", "a.txt", arena_printf(&fixture->arena, "%d", i));
	for (int i = 0; i < RUNS; i++) {
		jobs[i] = make_checkout_job(fixture, commits[i],
		                            "cat a.txt; git status --porcelain; git fsck --no-dangling 2>&1");
		running[i] = start_run(&jobs[i], &config, NO_TROUBLE);
	}
	for (int i = 0; i < RUNS; i++) {
		struct outcome outcome = finish_run(&running[i]);
		assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
		assert_string_equal(outcome.result.commit_text, commits[i]);
		assert_string_equal(outcome.capture.output.data, arena_printf(&fixture->arena, "%d", i));
		release(&outcome);
	}
	assert_clean(fixture);
}

static void test_without_checkout(void **state)
{
	struct git_fixture *fixture = *state;
	struct job job = make_checkout_job(fixture, "", "echo ${CI-none}");
	job.checkout = false;
	struct outcome outcome = run_job(&job);
	assert_str(buf_str(&outcome.capture.output), "none\n");
	assert_string_equal(outcome.result.commit_text, "");
	assert_int_equal(access(fixture->state, F_OK), -1);
	release(&outcome);
}

/* --- What is refused or fails ------------------------------------------------------------------------------------- */

static void test_refused_before_anything_is_fetched(void **state)
{
	static const struct {
		const char *url, *match, *id;
		enum error_kind kind;
		const char *says;
	} cases[] = {
		{NULL, "github.com/acme/*", NULL, ERROR_NOT_ALLOWED,
	         "no entry under `repositories` in pocketci.yaml covers file://"},
		{"https://github.com/evil/app", "github.com/acme/*", NULL, ERROR_NOT_ALLOWED, "github.com/evil/app"},
		{"ext::sh -c id", "file:///**", NULL, ERROR_INVALID, ""},
		{NULL, "file:///**", "../../../etc", ERROR_INVALID, "is not the id of a run"},
		{NULL, "file:///**", "", ERROR_INVALID, "is not the id of a run"},
	};
	struct git_fixture *fixture = *state;
	char *commit = push_file(fixture, "main", "a.txt", "one");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct repository repository;
		struct config config = make_config(&repository, cases[i].match);
		struct job job = make_checkout_job(fixture, commit, "echo ran");
		if (cases[i].url)
			job.url = str_from(cases[i].url);
		if (cases[i].id)
			job.id = str_from(cases[i].id);
		struct outcome outcome = run_configured(&job, &config);
		assert_failed(&outcome, RUN_FAILED, cases[i].kind, cases[i].says);
		assert_int_equal(access(fixture->state, F_OK), -1);
		release(&outcome);
	}
}

static void test_what_does_not_exist(void **state)
{
	struct git_fixture *fixture = *state;
	push_file(fixture, "main", "a.txt", "one");
	struct job job = make_checkout_job(fixture, NO_SUCH_COMMIT, "echo ran");
	struct outcome outcome = run_job(&job);
	assert_failed(&outcome, RUN_FAILED, ERROR_UNUSABLE, NO_SUCH_COMMIT);
	release(&outcome);

	job = make_checkout_job(fixture, "", "echo ran");
	job.ref = STR("refs/heads/gone");
	outcome = run_job(&job);
	assert_failed(&outcome, RUN_FAILED, ERROR_UNUSABLE, "refs/heads/gone");
	release(&outcome);

	job = make_checkout_job(fixture, "", "echo ran");
	job.url = str_from(arena_printf(&fixture->arena, "file://%s/none.git", fixture->folder));
	outcome = run_job(&job);
	assert_int_equal(outcome.result.state, RUN_FAILED);
	assert_int_not_equal(outcome.result.error.kind, ERROR_NONE);
	assert_int_equal(outcome.capture.total, 0);
	release(&outcome);
	assert_clean(fixture);
}

static void test_a_token_that_is_missing(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository repository;
	struct config config = make_config(&repository, "file:///**");
	repository.token = (struct secret){SECRET_ENVIRONMENT, STR("NO_SUCH_VARIABLE")};
	char *commit = push_file(fixture, "main", "a.txt", "one");
	struct job job = make_checkout_job(fixture, commit, "echo ran");
	struct outcome outcome = run_configured(&job, &config);
	assert_failed(&outcome, RUN_FAILED, ERROR_SYSTEM, "NO_SUCH_VARIABLE");
	assert_contains(outcome.result.error.message, "the token for file:///**");
	assert_clean(fixture);
	release(&outcome);
}

static void test_state_that_cannot_be_used(void **state)
{
	struct git_fixture *fixture = *state;
	struct error error;
	char *commit = push_file(fixture, "main", "a.txt", "one");
	assert_true(file_create(fixture->state, STR("a file"), 0600, &error));
	struct job job = make_checkout_job(fixture, commit, "echo ran");
	struct outcome outcome = run_job(&job);
	assert_int_equal(outcome.result.state, RUN_FAILED);
	assert_contains(outcome.result.error.message, fixture->state);
	assert_int_equal(outcome.capture.total, 0);
	release(&outcome);
}

static void test_disk_full(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository repository;
	struct config config = make_config(&repository, "file:///**");
	script(fixture->work, "head -c 3000000 /dev/urandom > large");
	char *commit = push_file(fixture, "main", "a.txt", "one");
	for (int i = 0; i < 2; i++) {
		struct job job = make_checkout_job(fixture, commit, "echo ran");
		char *payload = calloc(1, 2000000);
		if (i == 1) /* not even the event's file fits */
			job.payload = (struct str){payload, 2000000};
		struct running_job running = start_run(&job, &config, SMALL_DISK);
		struct outcome outcome = finish_run(&running);
		assert_failed(&outcome, RUN_FAILED, ERROR_STORAGE, "No space left");
		release(&outcome);
		free(payload);
	}
}

/* --- What hangs or crashes ---------------------------------------------------------------------------------------- */

/* Takes a request and never answers. */
static void serve_silence(int connection, const void *argument)
{
	(void)connection, (void)argument;
	while (true)
		pause();
}

static struct job make_hanging_job(struct git_fixture *fixture)
{
	unsigned port = serve(fixture, serve_silence, NULL);
	struct job job = make_checkout_job(fixture, NO_SUCH_COMMIT, "echo ran");
	job.url = str_from(arena_printf(&fixture->arena, "git://127.0.0.1:%u/app", port));
	return job;
}

static struct config make_git_config(struct git_fixture *fixture, struct repository *repository, const struct job *job)
{
	return make_config(repository, arena_printf(&fixture->arena, "%.*s", STR_ARGS(job->url)));
}

static void test_a_hang_ends_with_the_deadline(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository repository;
	struct job job = make_hanging_job(fixture);
	struct config config = make_git_config(fixture, &repository, &job);
	job.timeout = 1000;
	struct outcome outcome = run_configured(&job, &config);
	assert_failed(&outcome, RUN_TIMED_OUT, ERROR_TIMEOUT, "its timeout of 1s passed while it was checked out");
	assert_in_range(outcome.took, 1000, 5000);
	assert_clean(fixture);
	release(&outcome);
}

static void test_a_cancel_ends_a_hang(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository repository;
	struct job job = make_hanging_job(fixture);
	struct config config = make_git_config(fixture, &repository, &job);
	struct running_job running = start_run(&job, &config, NO_TROUBLE);
	shutdown(running.descriptor, SHUT_WR); /* the follower's word for "stop" */
	struct outcome outcome = finish_run(&running);
	assert_failed(&outcome, RUN_CANCELLED, ERROR_BUSY, "cancelled while it was checked out");
	assert_true(outcome.took < 10000);
	assert_clean(fixture);
	release(&outcome);
}

static void test_a_reader_who_leaves_ends_a_hang_where_that_is_wanted(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository repository;
	struct job job = make_hanging_job(fixture);
	struct config config = make_git_config(fixture, &repository, &job);
	job.stop_when_client_leaves = true;
	struct running_job running = start_run(&job, &config, NO_TROUBLE);
	file_close(&running.descriptor);
	int status;
	assert_int_equal(waitpid(running.pid, &status, 0), running.pid);
	assert_int_equal(status, GOOD);
	assert_true(clock_now() - running.began < 10000);
	assert_clean(fixture);
}

static void test_a_crash_is_told(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository repository;
	struct job job = make_hanging_job(fixture);
	struct config config = make_git_config(fixture, &repository, &job);
	struct running_job running = start_run(&job, &config, CRASH);
	struct outcome outcome = finish_run(&running);
	assert_failed(&outcome, RUN_FAILED, ERROR_UNUSABLE, "died of signal 11");
	assert_contains(outcome.result.error.message, "git://127.0.0.1");
	assert_clean(fixture);
	release(&outcome);
}

#define WITH_GIT(function) cmocka_unit_test_setup_teardown(function, git_fixture_setup, git_fixture_teardown)

/* --- Changed files and pull requests ------------------------------------------------------------------------------ */

static struct job make_push_job(struct git_fixture *fixture, const char *before, const char *commit, struct str *paths,
                                size_t count)
{
	struct job job = make_checkout_job(
		fixture, commit, "cat \"${POCKETCI_CHANGES_FILE-/dev/null}\"; echo \"${POCKETCI_CHANGES_FILE-none}\"");
	job.event = STR("push");
	job.before = str_from(before);
	job.changes = true;
	job.base = STR("refs/heads/main");
	job.paths = paths;
	job.path_count = count;
	return job;
}

static void test_changed_files(void **state)
{
	struct git_fixture *fixture = *state;
	struct str source = STR("src/**"), text = STR("*.txt");
	char *first = push_file(fixture, "main", "a.txt", "1");
	char *second = push_file(fixture, "main", "b.txt", "1");

	struct job job = make_push_job(fixture, first, second, &text, 1);
	struct outcome outcome = run_job(&job);
	assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
	assert_contains(outcome.capture.output.data, "b.txt\n/");
	assert_contains(outcome.capture.output.data, ".pocketci/changes\n");
	release(&outcome);

	job = make_push_job(fixture, first, second, &source, 1);
	outcome = run_job(&job);
	assert_failed(&outcome, RUN_SKIPPED, ERROR_NONE,
	              "nothing to do: no changed file is among the paths of hook \"test\"");
	assert_string_equal(outcome.result.commit_text, second);
	release(&outcome);

	/* Not asked, there is no list. */
	job = make_push_job(fixture, first, second, &source, 1);
	job.changes = false;
	outcome = run_job(&job);
	assert_str(buf_str(&outcome.capture.output), "none\n");
	release(&outcome);
	assert_clean(fixture);
}

/* What is not known runs. */
static void test_changed_files_that_are_not_known(void **state)
{
	struct git_fixture *fixture = *state;
	struct str source = STR("src/**");
	push_file(fixture, "main", "a.txt", "1");
	char *commit = push_file(fixture, "main", "b.txt", "1");
	struct job job = make_push_job(fixture, NO_SUCH_COMMIT, commit, &source, 1);
	struct outcome outcome = run_job(&job);
	assert_int_equal(outcome.result.state, RUN_SUCCEEDED);
	assert_str(buf_str(&outcome.capture.output), "none\n");
	release(&outcome);
	assert_clean(fixture);
}

static void test_new_branch(void **state)
{
	struct git_fixture *fixture = *state;
	struct str source = STR("src/**"), text = STR("s.txt");
	push_file(fixture, "main", "a.txt", "1");
	char *commit = push_file(fixture, "side", "s.txt", "1");
	struct job job = make_push_job(fixture, "", commit, &text, 1);
	job.ref = STR("refs/heads/side");
	struct outcome outcome = run_job(&job);
	assert_contains(outcome.capture.output.data, "s.txt\n/");
	release(&outcome);
	job = make_push_job(fixture, "", commit, &source, 1);
	job.ref = STR("refs/heads/side");
	outcome = run_job(&job);
	assert_int_equal(outcome.result.state, RUN_SKIPPED);
	release(&outcome);
	assert_clean(fixture);
}

static struct job make_pull_job(struct git_fixture *fixture, const char *commit, const char *script_text)
{
	struct job job = make_checkout_job(fixture, commit, script_text);
	job.event = STR("pull-request");
	job.ref = STR("refs/pull/1/head");
	job.before = STR(NO_SUCH_COMMIT);
	job.changes = true;
	job.base = STR("refs/heads/main");
	return job;
}

static void test_pull_request(void **state)
{
	struct git_fixture *fixture = *state;
	push_file(fixture, "main", "a.txt", "1");
	script(fixture->work,
	       "echo h > h.txt; git add h.txt; git commit -qm h; git push -q origin HEAD:refs/pull/1/head");
	char *head = output_of(fixture->work, "git rev-parse HEAD");
	script(fixture->work, "git reset -q --hard HEAD^");
	push_file(fixture, "main", "m.txt", "1");

	struct job job = make_pull_job(fixture, head,
	                               "cat $POCKETCI_CHANGES_FILE; git diff --name-only origin/main...HEAD; ls; "
	                               "git log -1 --format=%s origin/main; git symbolic-ref -q HEAD || echo detached");
	job.before = str_from(head); /* not what counts: the target does */
	struct outcome outcome = run_job(&job);
	assert_str(buf_str(&outcome.capture.output), "h.txt\nh.txt\na.txt\nh.txt\nm.txt\ndetached\n");
	release(&outcome);

	/* Without its target it would be compared with nothing. */
	job = make_pull_job(fixture, head, "echo ran");
	job.base = STR("refs/heads/gone");
	outcome = run_job(&job);
	assert_failed(&outcome, RUN_FAILED, ERROR_UNUSABLE, "refs/heads/gone is not in");
	release(&outcome);
	assert_clean(fixture);
}

static void test_short_commit(void **state)
{
	struct git_fixture *fixture = *state;
	char *commit = push_file(fixture, "main", "a.txt", "1");
	struct job job = make_checkout_job(fixture, "", "echo ran");
	job.short_commit = str_head(str_from(commit), 12);
	struct outcome outcome = run_job(&job);
	assert_string_equal(outcome.result.commit_text, commit);
	release(&outcome);

	char *later = push_file(fixture, "main", "b.txt", "1");
	job = make_checkout_job(fixture, "", "echo ran");
	job.short_commit = str_head(str_from(commit), 12);
	outcome = run_job(&job);
	assert_failed(
		&outcome, RUN_FAILED, ERROR_UNUSABLE,
		arena_printf(&fixture->arena,
	                     "refs/heads/main was moved since: it is at commit %s now, and the event is about %.12s",
	                     later, commit));
	release(&outcome);
	assert_clean(fixture);
}

/* Whoever made the job may have read another configuration. */
static void test_fork(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository repository;
	struct config config = make_config(&repository, "file:///**");
	char *commit = push_file(fixture, "main", "a.txt", "1");
	struct job job = make_checkout_job(fixture, commit, "echo ran");
	job.fork = true;
	struct outcome outcome = run_configured(&job, &config);
	assert_failed(&outcome, RUN_FAILED, ERROR_NOT_ALLOWED, "pull requests from forks are not allowed for file://");
	release(&outcome);
	repository.runs_forks = true;
	outcome = run_configured(&job, &config);
	assert_str(buf_str(&outcome.capture.output), "ran\n");
	release(&outcome);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GIT(test_checkout),
		WITH_GIT(test_the_tip_of_a_ref),
		WITH_GIT(test_passed_files_lie_beside_the_checkout),
		WITH_GIT(test_directory_beneath_the_checkout),
		WITH_GIT(test_two_at_once),
		WITH_GIT(test_without_checkout),
		WITH_GIT(test_refused_before_anything_is_fetched),
		WITH_GIT(test_what_does_not_exist),
		WITH_GIT(test_a_token_that_is_missing),
		WITH_GIT(test_state_that_cannot_be_used),
		WITH_GIT(test_disk_full),
		WITH_GIT(test_a_hang_ends_with_the_deadline),
		WITH_GIT(test_a_cancel_ends_a_hang),
		WITH_GIT(test_a_reader_who_leaves_ends_a_hang_where_that_is_wanted),
		WITH_GIT(test_a_crash_is_told),
		WITH_GIT(test_changed_files),
		WITH_GIT(test_changed_files_that_are_not_known),
		WITH_GIT(test_new_branch),
		WITH_GIT(test_pull_request),
		WITH_GIT(test_short_commit),
		WITH_GIT(test_fork),
	};
	return cmocka_run_group_tests_name("execute", tests, NULL, NULL);
}
