/*
 * Real repositories for tests: an upstream with a work tree to push from, and what git/ makes of it. All of it lies in
 * one temporary folder and goes with it.
 */
#ifndef POCKETCI_TESTS_UNIT_GIT_FIXTURE_H
#define POCKETCI_TESTS_UNIT_GIT_FIXTURE_H

#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/repository.h"
#include "git/library.h"
#include "git/mirror.h"
#include "git/workspace.h"

struct git_fixture {
	struct arena arena;
	char folder[64];
	char *upstream, *work, *state;
	pid_t servers[4];
	size_t server_count;
};

/* --- Running git -------------------------------------------------------------------------------------------------- */

/*
 * A home for the whole program, with a configuration that would show in every file and URL if libgit2 read it. git
 * itself is told to read none. To be called before libgit2 starts.
 */
static inline void git_environment(char *home)
{
	struct error error = ERROR_INIT;
	char path[128];
	make_temporary_folder(home);
	snprintf(path, sizeof(path), "%s/.gitconfig", home);
	assert_true(file_create(path,
	                        STR("[core]\n\tautocrlf = true\n[url \"git://127.0.0.1:1/\"]\n\tinsteadOf = file://\n"),
	                        0644, &error));
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("SUDO_UID"); /* whose repositories count as our own */
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "A", 1);
	setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
	setenv("GIT_COMMITTER_NAME", "C", 1);
	setenv("GIT_COMMITTER_EMAIL", "c@example.org", 1);
}

/* Runs a shell script in the folder; *output, where not NULL, gets its standard output. Returns the exit status. */
static inline int run_script(const char *folder, const char *script, struct buf *output)
{
	int ends[2];
	struct error error = ERROR_INIT;
	assert_true(file_pipe(ends, &error));
	pid_t child = fork();
	if (child == 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (chdir(folder) < 0 || dup2(output ? ends[1] : nowhere, STDOUT_FILENO) < 0)
			_exit(126);
		execl("/bin/sh", "sh", "-euc", script, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	if (output)
		assert_true(file_read_descriptor(ends[0], "the script", (size_t)1 << 24, output, &error));
	close(ends[0]);
	int status = -1;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs it and wants status 0. */
#define script(folder, ...) check_script((folder), arena_printf(&fixture->arena, __VA_ARGS__), __FILE__, __LINE__)

static inline void check_script(const char *folder, const char *text, const char *file, int line)
{
	if (run_script(folder, text, NULL) != 0) {
		print_error("failed: %s\n", text);
		_fail(file, line);
	}
}

/* What it prints, without white space at both ends. */
#define output_of(folder, ...) \
	check_output(fixture, (folder), arena_printf(&fixture->arena, __VA_ARGS__), __FILE__, __LINE__)

static inline char *check_output(struct git_fixture *fixture, const char *folder, const char *text, const char *file,
                                 int line)
{
	struct buf output = BUF_INIT;
	if (run_script(folder, text, &output) != 0) {
		print_error("failed: %s\n", text);
		_fail(file, line);
	}
	char *copy = str_to_c(&fixture->arena, str_trim(buf_str(&output)));
	buf_release(&output);
	return copy;
}

/* --- Setting up --------------------------------------------------------------------------------------------------- */

static char git_home[64];

/* For the group: what all tests share. */
static inline int git_group_setup(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	git_environment(git_home);
	if (!git_library_start(&error))
		fail_msg("%s", error.message);
	return 0;
}

static inline int git_group_teardown(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	git_library_end();
	return file_remove_tree(git_home, &error) ? 0 : -1;
}

static inline int git_fixture_setup(void **state)
{
	struct git_fixture *fixture = calloc(1, sizeof(*fixture));
	assert_non_null(fixture);
	make_temporary_folder(fixture->folder);
	fixture->upstream = file_join(&fixture->arena, fixture->folder, "up.git");
	fixture->work = file_join(&fixture->arena, fixture->folder, "work");
	fixture->state = file_join(&fixture->arena, fixture->folder, "state");
	script(fixture->folder,
	       "git init -q --bare -b main up.git; git init -q -b main work; cd work; "
	       "git remote add origin ../up.git; git config advice.nestedTag false; git config core.safecrlf false; "
	       "git config --unset remote.origin.fetch");
	*state = fixture;
	return 0;
}

static inline void stop_servers(struct git_fixture *fixture)
{
	for (; fixture->server_count > 0; fixture->server_count--) {
		pid_t server = fixture->servers[fixture->server_count - 1];
		kill(-server, SIGKILL); /* and what it serves right now */
		waitpid(server, NULL, 0);
	}
}

static inline int git_fixture_teardown(void **state)
{
	struct git_fixture *fixture = *state;
	struct error error = ERROR_INIT;
	stop_servers(fixture);
	file_remove_tree(fixture->folder, &error);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

/* Writes a file in the work tree, commits and pushes HEAD to the branch. Returns the commit's id. */
static inline char *push_file(struct git_fixture *fixture, const char *branch, const char *name, const char *content)
{
	return output_of(fixture->work,
	                 "printf '%%s' '%s' > '%s'; git add -A; git commit -qm '%s'; "
	                 "git push -qf origin HEAD:refs/heads/%s; git rev-parse HEAD",
	                 content, name, name, branch);
}

/* One object a file, as no fetch of ours leaves a repository. */
static inline void unpack(struct git_fixture *fixture, const char *repository)
{
	script(repository, "mkdir ../packs; mv objects/pack/* ../packs; chmod -R u+w ../packs; "
	                   "for pack in ../packs/*.pack; do git unpack-objects -q < $pack; done; rm -r ../packs");
}

/* --- What is under test ------------------------------------------------------------------------------------------- */

static inline struct repository_url url_from(struct git_fixture *fixture, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline struct repository_url url_from(struct git_fixture *fixture, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str text = str_from(arena_vprintf(&fixture->arena, format, args));
	va_end(args);
	struct repository_url url = {0};
	struct error error = ERROR_INIT;
	if (!repository_url_parse(&fixture->arena, text, &url, &error))
		fail_msg("%s", error.message);
	return url;
}

static inline struct repository_url url_of_upstream(struct git_fixture *fixture)
{
	return url_from(fixture, "file://%s", fixture->upstream);
}

/* One fetch; what the tests look at. */
struct fetched {
	bool ok;
	char id[65];
	char *mirror;
	struct error error;
};

static inline struct fetched fetch_with(struct git_fixture *fixture, const struct repository_url *url,
                                        const struct git_credentials *credentials, const char *ref, const char *commit,
                                        const char *run)
{
	struct fetched fetched = {.error = ERROR_INIT};
	fetched.mirror = mirror_path(&fixture->arena, str_from(fixture->state), url);
	fetched.ok = mirror_fetch(fetched.mirror, url, credentials, str_from(ref), str_from(commit), str_from(run),
	                          fetched.id, &fetched.error);
	return fetched;
}

static inline struct fetched fetch(struct git_fixture *fixture, const struct repository_url *url, const char *ref,
                                   const char *commit, const char *run)
{
	static const struct git_credentials none = {{"", 0}, {"", 0}};
	return fetch_with(fixture, url, &none, ref, commit, run);
}

#define assert_fetched(fetched, expected_id) check_fetched((fetched), (expected_id), __FILE__, __LINE__)

static inline void check_fetched(struct fetched fetched, const char *expected_id, const char *file, int line)
{
	if (fetched.ok && strcmp(fetched.id, expected_id) == 0)
		return;
	print_error("%s: %s; \"%s\" and not \"%s\"\n", error_kind_name(fetched.error.kind), fetched.error.message,
	            fetched.id, expected_id);
	_fail(file, line);
}

#define assert_refused(fetched, kind, part) check_refused((fetched), (kind), (part), __FILE__, __LINE__)

static inline void check_refused(struct fetched fetched, enum error_kind kind, const char *part, const char *file,
                                 int line)
{
	if (!fetched.ok && fetched.error.kind == kind && strstr(fetched.error.message, part))
		return;
	print_error("%s: \"%s\" and not %s: \"%s\"\n", error_kind_name(fetched.error.kind), fetched.error.message,
	            error_kind_name(kind), part);
	_fail(file, line);
}

/* --- Looking at what is there ------------------------------------------------------------------------------------- */

static inline bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static inline bool mirror_has(struct git_fixture *fixture, const char *mirror, const char *object)
{
	return run_script(mirror, arena_printf(&fixture->arena, "git cat-file -e %s 2>/dev/null", object), NULL) == 0;
}

/* The name of some file in the folder that begins so, or NULL. */
static inline char *find_file(struct git_fixture *fixture, const char *folder, const char *prefix)
{
	char *found = NULL;
	DIR *open_folder = opendir(folder);
	for (const struct dirent *entry; open_folder && !found && (entry = readdir(open_folder));)
		if (str_starts(str_from(entry->d_name), str_from(prefix)))
			found = file_join(&fixture->arena, folder, entry->d_name);
	if (open_folder)
		closedir(open_folder);
	return found;
}

/* A mirror's HEAD points to whatever libgit2 made it point to. */
#define assert_sound(mirror) \
	assert_string_equal( \
		output_of((mirror), "git fsck --strict --no-dangling 2>&1 | grep -v '^notice: HEAD' || :"), "")

/* One workspace, made from the upstream; what the tests look at. */
struct made {
	bool ok;
	char *path, *mirror;
	struct error error;
};

static inline struct made make(struct git_fixture *fixture, const char *name, const char *ref, const char *commit)
{
	struct repository_url url = url_of_upstream(fixture);
	struct fetched fetched = fetch(fixture, &url, ref, commit, "run");
	struct made made = {
		.path = file_join(&fixture->arena, fixture->folder, name),
		.mirror = fetched.mirror,
		.error = fetched.error,
	};
	made.ok = fetched.ok &&
	          workspace_make(fetched.mirror, made.path, &url, str_from(ref), str_from(fetched.id), NULL, &made.error);
	return made;
}

static inline struct made make_well(struct git_fixture *fixture, const char *name, const char *ref, const char *commit)
{
	struct made made = make(fixture, name, ref, commit);
	if (!made.ok)
		fail_msg("%s: %s", error_kind_name(made.error.kind), made.error.message);
	return made;
}

#endif
