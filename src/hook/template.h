/*
 * -template: a file of hooks is first a template in the language of Go's text/template, without data, and with the
 * functions getenv, cat and credential. What of that language is not built here is an error with its place; nothing
 * is passed through as it stands.
 */
#ifndef POCKETCI_HOOK_TEMPLATE_H
#define POCKETCI_HOOK_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/identity.h"
#include "base/str.h"

struct arena;
struct problems;

/* A file that cat or credential read, or would have read if it were there. */
struct template_file {
	struct str path;
	struct file_identity identity; /* before that */
};

struct template_output {
	struct buf text;
	struct str *pulled; /* what getenv, cat and credential gave, in the arena: secrets, as far as we know */
	size_t pulled_count, pulled_capacity;
	struct template_file *files; /* in the arena, also where the template is wrong; at most TEMPLATE_FILES_MAX */
	size_t file_count, file_capacity;
};

/* Files beyond are read, and not noted. */
#define TEMPLATE_FILES_MAX 256

#define TEMPLATE_OUTPUT_INIT \
	{ \
		BUF_INIT, NULL, 0, 0, NULL, 0, 0 \
	}

/*
 * Runs the template in text and appends to output->text. False and one problem where it is wrong, or where it goes
 * past a limit: 16 MiB of output, a million steps, 64 MiB of memory, depth 300. Columns count characters. No message
 * holds what the template pulled in. Steps of it live in the arena, which can be released when output has been used;
 * file must outlive the problems.
 */
bool template_run(struct arena *arena, struct str text, const char *file, struct template_output *output,
                  struct problems *problems);

void template_output_release(struct template_output *output);

/*
 * For problems that were noted while output->text was read under the name `read_as`: their place becomes `file` as a
 * whole, with "line N, column M after the template" in the text, and pieces of what the template pulled in become
 * "…". (read_as is compared as a pointer.)
 */
void template_place_problems(const struct template_output *output, const char *read_as, const char *file,
                             struct problems *problems);

#endif
