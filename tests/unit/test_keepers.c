/*
 * run/keepers.h, by real keepers of run/launch.h: each job runs exactly once, whatever happens to a keeper that is
 * idle, and one run leaves nothing behind for the next. Each job writes a line with its name and its keeper's pid.
 */
#include "run_check.h"

#include <sys/ioctl.h>

#include "base/log.h"
#include "run/keepers.h"
#include "run/launch.h"
#include "run/places.h"

#define PLACES 64

static char folder[64];
static struct places *places;
static struct keepers *keepers;

static int begin(void **state)
{
	struct error error;
	(void)state;
	make_temporary_folder(folder);
	places = places_new(PLACES);
	keepers = keepers_new(places, &error);
	return keepers ? 0 : -1;
}

static int end(void **state)
{
	struct error error;
	(void)state;
	keepers_free(keepers);
	places_free(places);
	return file_remove_tree(folder, &error) ? 0 : -1;
}

/* --- Jobs --------------------------------------------------------------------------------------------------------- */

/* Its script goes on behind the line. */
static struct job make_marking_job(struct arena *arena, const char *name, const char *script)
{
	struct job job =
		make_shell_job(arena, arena_printf(arena, "echo %s $PPID >> %s/runs; %s", name, folder, script));
	job.directory = str_from(arena_strdup(arena, folder));
	return job;
}

static void launch(const struct job *job)
{
	struct error error = ERROR_INIT;
	int place = places_take(places, SOON_MS, SOON_MS);
	assert_true(place >= 0);
	assert_true(launch_alone(job, keepers, place, true, &error));
	assert_false(process_has_children());
}

static void launch_marking(const char *name)
{
	struct arena arena = ARENA_INIT;
	struct job job = make_marking_job(&arena, name, ":");
	launch(&job);
	arena_release(&arena);
}

static int count_lines(const char *text)
{
	int count = 0;
	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* What the jobs wrote, once they are so many, in the arena. */
static const char *wait_for_runs(struct arena *arena, int count)
{
	const char *path = file_join(arena, folder, "runs");
	int64_t deadline = clock_now() + SOON_MS;
	for (;;) {
		struct buf text = BUF_INIT;
		struct error error;
		bool read = file_read(path, 100000, &text, &error);
		char *runs = arena_strdup(arena, text.data);
		buf_release(&text);
		if (read && count_lines(runs) >= count)
			return runs;
		if (clock_now() >= deadline)
			fail_msg("not %d runs, but: %s", count, runs);
		poll(NULL, 0, 5);
	}
}

/* The keeper that ran the only job of this name, once it has. */
static pid_t keeper_of(const char *name, int runs)
{
	struct arena arena = ARENA_INIT;
	const char *start = arena_printf(&arena, "%s ", name);
	const char *text = wait_for_runs(&arena, runs);
	const char *line = strstr(text, start);
	assert_non_null(line);
	assert_null(strstr(line + 1, start));
	pid_t pid = (pid_t)strtol(line + strlen(start), NULL, 10);
	arena_release(&arena);
	return pid;
}

/* One that is idle has put its line into the queue. */
static void wait_for_idle(void)
{
	assert_true(shows(keepers->queue[0], POLLIN, SOON_MS));
}

/* Ended, and no zombie either. */
static void assert_reaped(pid_t pid)
{
	int64_t deadline = clock_now() + SOON_MS;
	while (is_alive(pid) && clock_now() < deadline)
		poll(NULL, 0, 5);
	assert_false(is_alive(pid));
}

static void assert_places_are_free(void)
{
	for (int i = 0; i < PLACES; i++)
		assert_true(places_take(places, SOON_MS, SOON_MS) >= 0);
	for (int i = 0; i < PLACES; i++)
		places_leave(places, i);
}

/* --- Used again --------------------------------------------------------------------------------------------------- */

static void test_used_again(void **state)
{
	(void)state;
	int descriptors = count_descriptors();
	launch_marking("first");
	pid_t keeper = keeper_of("first", 1);
	for (int i = 0; i < KEEPERS_IDLE_MAX + 2; i++) {
		char name[32];
		snprintf(name, sizeof(name), "more-%d", i);
		wait_for_idle();
		launch_marking(name);
		assert_int_equal(keeper_of(name, i + 2), keeper);
	}
	assert_int_equal(count_descriptors(), descriptors);
	assert_places_are_free();
}

/* Input, variables, files and folder are the second job's; a file of the first is gone, and no descriptor is left. */
static void test_one_run_leaves_nothing_for_the_next(void **state)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct error error;
	struct job_variable variable = {STR("V"), STR("value")};
	struct job_file file = {STR("F"), STR("content")};
	(void)state;
	struct job first = make_marking_job(&arena, "first", "sleep 1000 & setsid sleep 1000 & umask 0 & cd /");
	first.input = STR("input of the first");
	first.variables = &variable;
	first.variable_count = 1;
	first.files = &file;
	first.file_count = 1;
	launch(&first);
	wait_for_idle();
	struct job second = make_marking_job(
		&arena, "second",
		"exec > second.tmp; cat; env | grep -c '^[VF]='; test $(id -u) != 0 && echo 6 || ls /proc/$PPID/fd | wc -l; "
		"pwd; ls; mv second.tmp second");
	launch(&second);
	assert_int_equal(keeper_of("first", 2), keeper_of("second", 2));
	const char *told = file_join(&arena, folder, "second");
	int64_t deadline = clock_now() + SOON_MS;
	while (!file_read(told, 10000, &text, &error) && clock_now() < deadline)
		poll(NULL, 0, 5);
	/* The queue's end, the command's pipe, its pidfd; and 0 to 2. Root alone can look. */
	assert_string_equal(text.data, arena_printf(&arena, "0\n6\n%s\nruns\nsecond.tmp\n", folder));
	buf_release(&text);
	arena_release(&arena);
}

/* What a keeper logs belongs to the request whose job it runs. */
static void test_the_log_tells_whose_run_it_was(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error;
	struct buf text = BUF_INIT;
	const char *path = file_join(&arena, folder, "log");
	(void)state;
	int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	assert_true(log_open(path, &error));
	log_set_format(LOG_FORMAT_JSON);
	for (int i = 1; i <= 2; i++) {
		char request[32];
		snprintf(request, sizeof(request), "request-%d", i);
		struct job job = make_marking_job(&arena, request, arena_printf(&arena, "exit %d", i));
		job.hook = str_printf(&arena, "hook-%d", i);
		job.id = str_printf(&arena, "run-%d", i);
		log_set_context(request);
		log_set_field(LOG_FIELD_HOOK, job.hook.data);
		log_set_field(LOG_FIELD_RUN, job.id.data);
		launch(&job);
		wait_for_idle();
	}
	log_set_context(NULL);
	log_set_format(LOG_FORMAT_TEXT);
	dup2(before, STDERR_FILENO);
	close(before);
	assert_int_equal(keeper_of("request-1", 2), keeper_of("request-2", 2));
	assert_places_are_free();
	assert_true(file_read(path, 10000, &text, &error));
	assert_int_equal(count_lines(text.data), 2);
	for (int i = 1; i <= 2; i++)
		assert_contains(text.data,
		                arena_printf(&arena,
		                             "\"request\":\"request-%d\",\"hook\":\"hook-%d\",\"run\":\"run-%d\","
		                             "\"message\":\"hook \\\"hook-%d\\\": failed: exit status %d\"}",
		                             i, i, i, i, i));
	buf_release(&text);
	arena_release(&arena);
}

/* --- Not used again ----------------------------------------------------------------------------------------------- */

static void test_large_job_is_forked(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	launch_marking("first");
	wait_for_idle();
	struct job large = make_marking_job(&arena, "large", "wc -c > size.tmp; mv size.tmp size");
	large.input = (struct str){arena_alloc(&arena, KEEPERS_JOB_MAX), KEEPERS_JOB_MAX};
	launch(&large);
	assert_int_not_equal(keeper_of("large", 2), keeper_of("first", 2));
	assert_int_equal(wait_for_pid(file_join(&arena, folder, "size")), KEEPERS_JOB_MAX);
	/* The first still waits. */
	large.input.len -= 1000;
	launch(&large);
	const char *runs = wait_for_runs(&arena, 3);
	assert_contains(runs, arena_printf(&arena, "large %d\n", (int)keeper_of("first", 3)));
	arena_release(&arena);
}

static void test_only_where_it_may(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct job job = make_marking_job(&arena, "once", ":");
	(void)state;
	assert_true(launch_alone(&job, keepers, places_take(places, 0, 0), false, &error));
	assert_ends(keeper_of("once", 1));
	assert_false(shows(keepers->queue[0], POLLIN, 0));
	assert_places_are_free();
	arena_release(&arena);
}

static void test_no_more_than_enough_wait(void **state)
{
	(void)state;
	for (int i = 0; i < KEEPERS_IDLE_MAX; i++)
		assert_int_equal(places_take(keepers->idle, 0, 0), i);
	launch_marking("one");
	assert_ends(keeper_of("one", 1));
	assert_false(shows(keepers->queue[0], POLLIN, 0));

	places_leave(keepers->idle, 3);
	launch_marking("two");
	wait_for_idle();
}

/* Its line stays in the queue, and keeps nobody from anything. */
static void test_one_that_waited_long_enough_ends(void **state)
{
	(void)state;
	launch_marking("first");
	pid_t keeper = keeper_of("first", 1);
	wait_for_idle();
	assert_ends(keeper);
	assert_true(shows(keepers->queue[0], POLLIN, 0));
	launch_marking("second");
	assert_int_not_equal(keeper_of("second", 2), keeper);
	wait_for_idle();
	launch_marking("third");
	assert_int_equal(keeper_of("third", 3), keeper_of("second", 3));
}

/* Not at the end of its time. A machine that is stuck just then is given another chance. */
static void test_idle_ones_leave_with_the_last_responder(void **state)
{
	bool at_once = false;
	(void)state;
	for (int i = 0; i < 10 && !at_once; i++) {
		char name[32];
		struct error error;
		struct keepers *last = keepers;
		keepers = keepers_new(places, &error);
		keepers_free(last);
		snprintf(name, sizeof(name), "idle-%d", i);
		int64_t begun = clock_now();
		launch_marking(name);
		pid_t keeper = keeper_of(name, i + 1);
		wait_for_idle();
		pid_t other = fork();
		if (other == 0) {
			pause();
			_exit(0);
		}
		keepers_close(keepers);
		assert_true(is_alive(keeper)); /* the other process has it still */
		kill(other, SIGKILL);
		waitpid(other, NULL, 0);
		assert_ends(keeper);
		at_once = clock_now() < begun + KEEPERS_IDLE_TIME;
	}
	assert_true(at_once);
}

/* --- Nothing is lost ---------------------------------------------------------------------------------------------- */

static void test_one_killed_while_it_waits(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		char name[32], next[32];
		snprintf(name, sizeof(name), "victim-%d", i);
		snprintf(next, sizeof(next), "next-%d", i);
		launch_marking(name);
		pid_t victim = keeper_of(name, 2 * i + 1);
		wait_for_idle();
		kill(victim, SIGKILL);
		assert_reaped(victim);
		launch_marking(next);
		assert_int_not_equal(keeper_of(next, 2 * i + 2), victim);
		wait_for_idle();
		kill(keeper_of(next, 2 * i + 2), SIGKILL);
		assert_reaped(keeper_of(next, 2 * i + 2));
	}
	/* The dead hold no seat: the one that is launched may wait. */
	for (int i = 0; i < KEEPERS_IDLE_MAX - 1; i++)
		assert_true(places_take(keepers->idle, 0, 0) >= 0);
	launch_marking("last");
	pid_t last = keeper_of("last", 7);
	wait_for_idle();
	launch_marking("again");
	assert_int_equal(keeper_of("again", 8), last);
}

/* What the lines in the queue take up. */
static int queue_size(void)
{
	int size = -1;
	assert_int_equal(ioctl(keepers->queue[1], TIOCOUTQ, &size), 0);
	return size;
}

/* The dead one's line is first in the queue, and the living one's job does not have to be forked. */
static void test_the_next_one_is_asked(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	const char *go = file_join(&arena, folder, "go");
	assert_int_equal(mkfifo(go, 0600), 0);
	struct job job = make_marking_job(&arena, "living", "read x < go");
	launch(&job);
	pid_t living = keeper_of("living", 1);
	launch_marking("victim");
	pid_t victim = keeper_of("victim", 2);
	wait_for_idle();
	int size = queue_size();
	int writer = open(go, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(writer, "x\n", 2), 2);
	close(writer);
	for (int64_t deadline = clock_now() + SOON_MS; queue_size() == size && clock_now() < deadline;)
		poll(NULL, 0, 5);
	kill(victim, SIGKILL);
	assert_ends(victim);
	launch_marking("next");
	assert_int_equal(keeper_of("next", 3), living);
	arena_release(&arena);
}

/* A job that is sent to one that does not answer runs in another, and never in both. */
static void test_one_stopped_while_it_waits(void **state)
{
	struct arena arena = ARENA_INIT;
	(void)state;
	launch_marking("first");
	pid_t stopped = keeper_of("first", 1);
	wait_for_idle();
	kill(stopped, SIGSTOP);
	launch_marking("second");
	assert_int_not_equal(keeper_of("second", 2), stopped);
	kill(stopped, SIGCONT);
	assert_ends(stopped);
	assert_places_are_free();
	assert_int_equal(count_lines(wait_for_runs(&arena, 2)), 2);
	arena_release(&arena);
}

/* Killed when its line is in use and before it took the job: that is as if it had been killed before. */
static void test_one_killed_with_a_job_on_its_line(void **state)
{
	(void)state;
	launch_marking("first");
	pid_t victim = keeper_of("first", 1);
	wait_for_idle();
	kill(victim, SIGSTOP);
	pid_t killer = fork();
	if (killer == 0) {
		while (shows(keepers->queue[0], POLLIN, 0)) /* until the sender has the line */
			poll(NULL, 0, 1);
		kill(victim, SIGKILL);
		_exit(0);
	}
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct job job = make_marking_job(&arena, "second", ":");
	assert_true(launch_alone(&job, keepers, places_take(places, 0, 0), true, &error));
	waitpid(killer, NULL, 0);
	assert_int_not_equal(keeper_of("second", 2), victim);
	arena_release(&arena);
}

/* Several responders, each with many jobs: every one runs once, and the keepers are fewer than the jobs. */
static void test_many_at_once(void **state)
{
	enum { RESPONDERS = 4, JOBS = 25 };
	struct arena arena = ARENA_INIT;
	pid_t responders[RESPONDERS];
	(void)state;
	for (int r = 0; r < RESPONDERS; r++) {
		responders[r] = fork();
		for (int i = 0; responders[r] == 0 && i < JOBS; i++) {
			struct error error;
			struct job job = make_marking_job(&arena, arena_printf(&arena, "job-%d-%d", r, i), ":");
			int place = places_take(places, SOON_MS, SOON_MS);
			if (place < 0 || !launch_alone(&job, keepers, place, true, &error))
				_exit(1);
		}
		if (responders[r] == 0)
			_exit(0);
	}
	for (int r = 0; r < RESPONDERS; r++) {
		int status = -1;
		waitpid(responders[r], &status, 0);
		assert_int_equal(status, 0);
	}
	wait_for_runs(&arena, RESPONDERS * JOBS);
	assert_places_are_free();
	assert_int_equal(count_lines(wait_for_runs(&arena, 0)), RESPONDERS * JOBS);

	pid_t seen[RESPONDERS * JOBS];
	int different = 0;
	for (int r = 0; r < RESPONDERS; r++) {
		for (int i = 0; i < JOBS; i++) {
			pid_t keeper = keeper_of(arena_printf(&arena, "job-%d-%d", r, i), 0);
			int at = 0;
			while (at < different && seen[at] != keeper)
				at++;
			if (at == different)
				seen[different++] = keeper;
		}
	}
	assert_in_range(different, 1, RESPONDERS * JOBS - 1);
	arena_release(&arena);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_used_again),
		CASE(test_one_run_leaves_nothing_for_the_next),
		CASE(test_the_log_tells_whose_run_it_was),
		CASE(test_large_job_is_forked),
		CASE(test_only_where_it_may),
		CASE(test_no_more_than_enough_wait),
		CASE(test_one_that_waited_long_enough_ends),
		CASE(test_idle_ones_leave_with_the_last_responder),
		CASE(test_one_killed_while_it_waits),
		CASE(test_the_next_one_is_asked),
		CASE(test_one_stopped_while_it_waits),
		CASE(test_one_killed_with_a_job_on_its_line),
		CASE(test_many_at_once),
	};
	return cmocka_run_group_tests_name("keepers", tests, NULL, NULL);
}
