/*
 * libgit2 as this program wants it: no configuration of the host counts (all search paths empty, no insteadOf), memory
 * limits are set, owner validation stays on. git/ is its only caller.
 */
#ifndef POCKETCI_GIT_LIBRARY_H
#define POCKETCI_GIT_LIBRARY_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Starts libgit2 and makes its settings: once, before anything else of git/ (but mirror_path and mirror_unpin). Takes
 * some milliseconds, most of it for the certificates. SIGPIPE is to be ignored.
 */
bool git_library_start(struct error *error);
void git_library_end(void);

/*
 * Fills error with what was being done, the thing's name and libgit2's own text, copied at the failing call. Returns
 * false.
 */
bool git_library_error(struct error *error, enum error_kind kind, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Whether libgit2's last error is that an object cannot be had from disk: missing, cut short, or not what its id says.
 * What was wrong when it was sent is another thing.
 */
bool git_library_lost_object(void);

#endif
