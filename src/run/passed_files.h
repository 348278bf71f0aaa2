/*
 * The values that a command gets as files (pass-file-to-command), while it runs.
 */
#ifndef POCKETCI_RUN_PASSED_FILES_H
#define POCKETCI_RUN_PASSED_FILES_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct error;
struct job;

/*
 * Writes each of job->files, mode 0600, into folder; NULL: command-working-directory, or TMPDIR, or /tmp, as the
 * reference. A file's name begins with its variable's name. *paths gets their absolute paths in the arena, as many as
 * job->file_count. Where it fails none is left.
 */
bool passed_files_make(struct arena *arena, const struct job *job, const char *folder, struct str **paths,
                       struct error *error);

/* Removes them; one that the command removed is fine. paths NULL: nothing. */
void passed_files_remove(const struct job *job, const struct str *paths);

#endif
