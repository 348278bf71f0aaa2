/*
 * What a command gets as files while it runs: values (pass-file-to-command), uploads, and the script that it is (run).
 */
#ifndef POCKETCI_RUN_PASSED_FILES_H
#define POCKETCI_RUN_PASSED_FILES_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct error;
struct job;

struct passed_files {
	struct str *paths; /* absolute, as many as job->file_count; NULL: nothing was made */
	struct str script; /* absolute; empty where the job has none */
};

/*
 * Writes each of job->files, mode 0600, into folder; NULL: command-working-directory, or TMPDIR, or /tmp, as the
 * reference. A file's name begins with its variable's name. The script goes there too, but never into
 * command-working-directory, which a web server may serve; its name begins with the hook's id. The paths are in the
 * arena. Where it fails no file is left.
 */
bool passed_files_make(struct arena *arena, const struct job *job, const char *folder, struct passed_files *files,
                       struct error *error);

/* Removes them; one that the command removed is fine, and so is what is all zero. */
void passed_files_remove(const struct job *job, const struct passed_files *files);

#endif
