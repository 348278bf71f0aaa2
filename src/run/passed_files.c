/*
 * Files for one run. Their names cannot be guessed and are made with O_EXCL, since the folder may be /tmp; a name takes
 * nothing from a request but letters, digits and '_'.
 */
#include "run/passed_files.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "lib/crypto.h"
#include "run/job.h"

#define NAME_MAX_LENGTH 64

static const char *choose_folder(struct arena *arena, const struct job *job, struct error *error)
{
	if (job->directory.len > 0)
		return file_absolute(arena, str_to_c(arena, job->directory), error);
	const char *temporary = getenv("TMPDIR");
	return temporary && temporary[0] == '/' ? temporary : "/tmp";
}

static const char *make_path(struct arena *arena, const char *folder, struct str variable)
{
	uint8_t random[8];
	crypto_random(random, sizeof(random));
	struct str suffix = crypto_hex(arena, random, sizeof(random));
	struct str start = str_copy(arena, str_head(variable, NAME_MAX_LENGTH));
	char *safe = str_to_c(arena, start);
	for (char *byte = safe; *byte; byte++) {
		if (!isalnum((unsigned char)*byte))
			*byte = '_';
	}
	return file_join(arena, folder, arena_printf(arena, "%s%s", safe, suffix.data));
}

bool passed_files_make(struct arena *arena, const struct job *job, const char *folder, struct str **paths,
                       struct error *error)
{
	*paths = arena_array(arena, job->file_count + 1, sizeof(**paths));
	if (job->file_count == 0)
		return true;
	if (!folder && !(folder = choose_folder(arena, job, error)))
		return false;
	for (size_t i = 0; i < job->file_count; i++) {
		const char *path = make_path(arena, folder, job->files[i].name);
		if (!file_create(path, job->files[i].data, 0600, error)) {
			passed_files_remove(job, *paths);
			return false;
		}
		(*paths)[i] = str_from(path);
	}
	return true;
}

void passed_files_remove(const struct job *job, const struct str *paths)
{
	for (size_t i = 0; paths && i < job->file_count; i++) {
		if (paths[i].len > 0 && unlink(paths[i].data) != 0 && errno != ENOENT)
			log_warning("cannot remove %s: %s", paths[i].data, strerror(errno));
	}
}
