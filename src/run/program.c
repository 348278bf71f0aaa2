/*
 * Finding a job's program and folder. Relative entries of PATH are passed over: what a checkout or a current folder
 * holds must not stand in for a program of the machine.
 */
#include "run/program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "run/command.h"
#include "run/environment.h"
#include "run/job.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

static bool is_executable_file(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* The first program of this name on PATH, or NULL and an error that also knows of one that is not executable. */
static const char *search_path(struct arena *arena, const char *search, const char *name, struct error *error)
{
	struct str rest = str_from(search), folder;
	const char *passed_over = NULL;
	while (str_split_next(&rest, ':', &folder)) {
		if (!str_starts(folder, STR("/")))
			continue;
		const char *path = file_join(arena, str_to_c(arena, folder), name);
		if (is_executable_file(path))
			return path;
		struct stat status;
		if (!passed_over && stat(path, &status) == 0 && S_ISREG(status.st_mode))
			passed_over = path;
	}
	if (passed_over)
		error_set(error, ERROR_COMMAND, "cannot start %s: it is not executable", passed_over);
	else
		error_set(error, ERROR_COMMAND, "no such command: \"%s\" is not in a folder on PATH (%s)", name,
		          search);
	return NULL;
}

static bool open_directory(const char *path, struct program *program, struct error *error)
{
	program->directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (program->directory >= 0)
		return true;
	return error_set(error, ERROR_COMMAND, "cannot use command-working-directory %s: %s", path, strerror(errno));
}

/* What a hook with dagger starts is never taken from a folder that the hook names. */
static const char *search_dagger(struct arena *arena, char *const *environment, struct error *error)
{
	const char *search = environment_find(environment, "PATH");
	const char *path = search_path(arena, search ? search : DEFAULT_PATH, "dagger", error);
	if (!path) {
		char cause[sizeof(error->message)];
		memcpy(cause, error->message, sizeof(cause));
		error_set(error, ERROR_COMMAND, "%.350s; https://docs.dagger.io/install says how to get dagger", cause);
	}
	return path;
}

static bool find_plain(struct arena *arena, const struct job *job, const char *command, const char *directory,
                       char *const *environment, struct program *program, struct error *error)
{
	if (directory[0] != '\0' && !open_directory(directory, program, error))
		return false;
	if (job->dagger) {
		program->path = search_dagger(arena, environment, error);
		return program->path != NULL;
	}
	if (command[0] == '/') {
		program->path = command;
	} else if (directory[0] != '\0') {
		const char *absolute = file_absolute(arena, directory, error);
		program->path = absolute ? file_join(arena, absolute, command) : NULL;
	} else if (!strchr(command, '/')) {
		const char *search = environment_find(environ, "PATH");
		program->path = search_path(arena, search ? search : DEFAULT_PATH, command, error);
	} else {
		program->path = command;
	}
	return program->path != NULL;
}

/* An open descriptor for path beneath the workspace; ERROR_COMMAND says which key led where. */
static int open_beneath(int workspace, const char *key, const char *path, int flags, struct error *error)
{
	int descriptor = file_open_beneath(workspace, path, flags, error);
	if (descriptor >= 0)
		return descriptor;
	if (error->kind == ERROR_NOT_ALLOWED)
		error_set(error, ERROR_COMMAND, "%s \"%s\" leads out of the workspace", key, path);
	else if (error->kind == ERROR_NOT_FOUND)
		error_set(error, ERROR_COMMAND, "%s \"%s\" does not exist in the checkout", key, path);
	else
		error_prefix(error, "%s \"%s\"", key, path);
	error->kind = ERROR_COMMAND;
	return -1;
}

static bool find_in_workspace(struct arena *arena, const struct job *job, const char *command, const char *directory,
                              const struct command_place *place, char *const *environment, struct program *program,
                              struct error *error)
{
	const char *beneath = directory[0] != '\0' ? directory : ".";
	bool outside = directory[0] == '/';
	bool found = false;
	int file = -1, workspace = open(place->workspace, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (workspace < 0) {
		error_set_system(error, errno, "cannot open the workspace %s", place->workspace);
		goto cleanup;
	}
	if (outside ? !open_directory(directory, program, error)
	            : (program->directory = open_beneath(workspace, "command-working-directory", beneath,
	                                                 O_RDONLY | O_DIRECTORY, error)) < 0)
		goto cleanup;

	if (job->dagger) {
		program->path = search_dagger(arena, environment, error);
	} else if (command[0] == '/') {
		program->path = command;
	} else if (!strchr(command, '/')) {
		program->path = search_path(arena, environment_find(environment, "PATH"), command, error);
	} else if (outside) {
		program->path = file_join(arena, directory, command);
	} else {
		/* Nothing has run in this checkout yet, so what is seen here is what is executed. */
		const char *path = directory[0] != '\0' ? file_join(arena, directory, command) : command;
		file = open_beneath(workspace, "execute-command", path, O_RDONLY, error);
		if (file >= 0)
			program->path = file_join(arena, place->workspace, path);
	}
	found = program->path != NULL;

cleanup:
	file_close(&file);
	file_close(&workspace);
	return found;
}

bool program_find(struct arena *arena, const struct job *job, const struct command_place *place,
                  char *const *environment, struct program *program, struct error *error)
{
	const char *command = str_to_c(arena, job->arguments[0]);
	const char *directory = str_to_c(arena, job->directory);
	*program = (struct program){.path = NULL, .directory = -1};
	if (command[0] == '\0')
		return error_set(error, ERROR_COMMAND, "execute-command is empty");

	bool found = place ? find_in_workspace(arena, job, command, directory, place, environment, program, error)
	                   : find_plain(arena, job, command, directory, environment, program, error);
	if (!found)
		file_close(&program->directory);
	return found;
}

void program_hint(const struct job *job, struct error *error)
{
	struct str command = job->arguments[0];
	size_t space = str_find(command, ' ');
	if (space == command.len || error->kind != ERROR_COMMAND)
		return;
	char cause[sizeof(error->message)];
	memcpy(cause, error->message, sizeof(cause));
	error_set(error, ERROR_COMMAND,
	          "%.300s; execute-command is the program alone, \"%.*s\" belongs in pass-arguments-to-command", cause,
	          STR_ARGS(str_head(str_from_index(command, space + 1), 80)));
}
