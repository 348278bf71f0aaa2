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

static const char *temporary_folder(void)
{
	const char *temporary = getenv("TMPDIR");
	return temporary && temporary[0] == '/' ? temporary : "/tmp";
}

static const char *choose_folder(struct arena *arena, const struct job *job, struct error *error)
{
	return job->directory.len > 0 ? file_absolute(arena, str_to_c(arena, job->directory), error)
	                              : temporary_folder();
}

/* start_of_name and 16 random digits; what is no letter or digit of it is '_'. */
static const char *make_path(struct arena *arena, const char *folder, struct str start_of_name)
{
	uint8_t random[8];
	crypto_random(random, sizeof(random));
	struct str suffix = crypto_hex(arena, random, sizeof(random));
	char *safe = str_to_c(arena, str_head(start_of_name, NAME_MAX_LENGTH));
	for (char *byte = safe; *byte; byte++) {
		if (!isalnum((unsigned char)*byte))
			*byte = '_';
	}
	return file_join(arena, folder, arena_printf(arena, "%s%s", safe, suffix.data));
}

/* Its path, or empty where it could not be written. */
static struct str make_file(struct arena *arena, const char *folder, struct str start_of_name, struct str data,
                            struct error *error)
{
	const char *path = make_path(arena, folder, start_of_name);
	return file_create(path, data, 0600, error) ? str_from(path) : STR("");
}

static bool make_files(struct arena *arena, const struct job *job, const char *folder, struct passed_files *files,
                       struct error *error)
{
	if (job->file_count > 0 && !folder && !(folder = choose_folder(arena, job, error)))
		return false;
	for (size_t i = 0; i < job->file_count; i++) {
		files->paths[i] = make_file(arena, folder, job->files[i].name, job->files[i].data, error);
		if (files->paths[i].len == 0)
			return false;
	}
	return true;
}

/*
 * Not in the argument list, which every user of the machine can read, and where one text has 128 KiB at the most
 * (execve(2), MAX_ARG_STRLEN).
 */
static bool make_script(struct arena *arena, const struct job *job, const char *folder, struct passed_files *files,
                        struct error *error)
{
	if (job->script.len == 0)
		return true;
	files->script = make_file(arena, folder ? folder : temporary_folder(), job->hook, job->script, error);
	return files->script.len > 0;
}

bool passed_files_make(struct arena *arena, const struct job *job, const char *folder, struct passed_files *files,
                       struct error *error)
{
	*files = (struct passed_files){arena_array(arena, job->file_count + 1, sizeof(*files->paths)), STR("")};
	if (make_files(arena, job, folder, files, error) && make_script(arena, job, folder, files, error))
		return true;
	passed_files_remove(job, files);
	*files = (struct passed_files){NULL, STR("")};
	return false;
}

static void remove_file(struct str path)
{
	if (path.len > 0 && unlink(path.data) != 0 && errno != ENOENT)
		log_warning("cannot remove %s: %s", path.data, strerror(errno));
}

void passed_files_remove(const struct job *job, const struct passed_files *files)
{
	for (size_t i = 0; files->paths && i < job->file_count; i++)
		remove_file(files->paths[i]);
	remove_file(files->script);
}
