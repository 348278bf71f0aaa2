/*
 * libgit2's start, its settings and its errors. The settings are global in libgit2, so they are made here, once, before
 * any repository is opened.
 */
#include "git/library.h"

#include <errno.h>
#include <git2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "git/socket.h"

/* The defaults are windows of 1 GiB and 8 GiB of them, and a cache of 256 MiB. */
#define WINDOW_SIZE ((size_t)32 << 20)
#define WINDOWS_IN_ALL ((size_t)256 << 20)
#define CACHE_SIZE ((ssize_t)64 << 20)

static int set_options(void)
{
	static const int levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
	                             GIT_CONFIG_LEVEL_GLOBAL};
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		int code = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
		if (code < 0)
			return code;
	}
	int code = git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, WINDOW_SIZE);
	if (code == 0)
		code = git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, WINDOWS_IN_ALL);
	if (code == 0)
		code = git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, CACHE_SIZE);
	if (code == 0)
		code = git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
	if (code == 0)
		code = git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
	/* It stands behind "git/2.0", which some servers look for. */
	if (code == 0)
		code = git_libgit2_opts(GIT_OPT_SET_USER_AGENT, "pocketci " POCKETCI_VERSION);
	return code;
}

bool git_library_start(struct error *error)
{
	int code = git_libgit2_init();
	if (code < 0)
		return git_library_error(error, ERROR_SYSTEM, code, "libgit2 does not start");
	code = set_options();
	if (code == 0)
		code = socket_register();
	if (code < 0) {
		git_library_error(error, ERROR_SYSTEM, code, "libgit2 does not take its settings");
		git_libgit2_shutdown();
		return false;
	}
	return true;
}

void git_library_end(void)
{
	git_libgit2_shutdown();
}

/* libgit2 keeps no errno, but ends its text with what strerror(3) says. */
static bool tells_of_storage(const char *text)
{
	static const int numbers[] = {ENOSPC, EDQUOT, EROFS};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strstr(text, strerror(numbers[i])))
			return true;
	return false;
}

bool git_library_lost_object(void)
{
	const git_error *last = git_error_last();
	return last && (last->klass == GIT_ERROR_ODB || last->klass == GIT_ERROR_ZLIB);
}

bool git_library_error(struct error *error, enum error_kind kind, int code, const char *format, ...)
{
	char doing[sizeof(error->message)];
	va_list args;
	va_start(args, format);
	vsnprintf(doing, sizeof(doing), format, args);
	va_end(args);

	const git_error *last = git_error_last();
	if (!last || !last->message || last->message[0] == '\0')
		return error_set(error, kind, "%s: libgit2's error %d", doing, code);
	return error_set(error, tells_of_storage(last->message) ? ERROR_STORAGE : kind, "%s: %s", doing, last->message);
}
