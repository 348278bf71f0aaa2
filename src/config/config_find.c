/*
 * Where the configuration and the state lie. Home comes from passwd: the environment of a program that a web server
 * starts has none, or another's.
 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"

/* A path in the home of the user that this process runs as, or NULL. */
static const char *in_home(struct arena *arena, const char *path)
{
	const struct passwd *user = getpwuid(geteuid());

	return user && user->pw_dir && user->pw_dir[0] == '/' ? file_join(arena, user->pw_dir, path) : NULL;
}

static const char *beside_program(struct arena *arena, const char *name)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (len <= 0)
		return NULL;
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	return file_join(arena, program, name);
}

static struct str absolute(struct arena *arena, const char *path)
{
	struct error ignored = ERROR_INIT;
	const char *whole = file_absolute(arena, path, &ignored);

	return str_from(whole ? whole : path);
}

struct str config_find(struct arena *arena, const char *explicit_path)
{
	const char *named = explicit_path ? explicit_path : getenv("POCKETCI_CONFIG");

	if (named && *named)
		return absolute(arena, named);

	const char *const usual[] = {
		in_home(arena, ".config/pocketci/pocketci.yaml"),
		"/etc/pocketci/pocketci.yaml",
		beside_program(arena, "pocketci.yaml"),
	};
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (usual[i] && access(usual[i], F_OK) == 0)
			return str_from(usual[i]);
	}
	return STR("");
}

static const char *user_name(struct arena *arena)
{
	const struct passwd *user = getpwuid(geteuid());

	return user ? arena_strdup(arena, user->pw_name) : arena_printf(arena, "%u", (unsigned)geteuid());
}

static bool unusable(struct arena *arena, const char *folder, const char *cause, struct error *error)
{
	const char *user = user_name(arena);

	return error_set(error, ERROR_STORAGE,
	                 "the state folder %s cannot be used: %s. Give it to the user (chown %s %s), or name "
	                 "another with state: in pocketci.yaml",
	                 folder, cause, user, folder);
}

/* Makes the folder where it is missing and sees whether files can be made in it. */
static bool try_state(struct arena *arena, const char *folder, struct error *error)
{
	struct error cause = ERROR_INIT;
	struct stat status;

	if (!file_make_folders(folder, 0700, &cause))
		return unusable(arena, folder, cause.message, error);
	if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
		return unusable(arena, folder, "it is no folder", error);
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
		return unusable(arena, folder, strerrordesc_np(errno), error);
	return true;
}

bool config_state_among(struct arena *arena, const char *const *folders, size_t count, struct str *state,
                        struct error *error)
{
	struct error last = ERROR_INIT;

	error_set(&last, ERROR_STORAGE, "there is no state folder: name one with state: in pocketci.yaml");
	for (size_t i = 0; i < count; i++) {
		if (folders[i] && try_state(arena, folders[i], &last)) {
			*state = str_copy(arena, str_from(folders[i]));
			return true;
		}
	}
	*error = last;
	return false;
}

bool config_state(struct arena *arena, const struct config *config, struct str *state, struct error *error)
{
	const char *const usual[] = {"/var/lib/pocketci", in_home(arena, ".local/state/pocketci")};
	const char *const named[] = {config->state.data};

	if (config->state.len > 0)
		return config_state_among(arena, named, 1, state, error);
	return config_state_among(arena, usual, sizeof(usual) / sizeof(usual[0]), state, error);
}
