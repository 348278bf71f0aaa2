/*
 * What a commit is compared with. What cannot be known is an error and never an empty list, since a hook is skipped for
 * one.
 */
#include "run/changed_files.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/glob.h"
#include "config/repository.h"
#include "git/mirror.h"

static struct str name_pin(struct arena *arena, struct str run)
{
	return str_join(arena, run, STR("-base"));
}

/* Nothing parted from anything where the push was to the base: an empty list would say that nothing was changed. */
static bool is_base_itself(const struct changed_files_query *query, const char *base)
{
	if (query->base.len > 0)
		return str_equal(query->ref, query->base);
	return str_equal(query->commit, str_from(base));
}

static bool choose_base(const struct changed_files_query *query, const char *base, struct changes_query *comparison,
                        struct error *error)
{
	if (!is_base_itself(query, base)) {
		comparison->base = str_from(base);
		return true;
	}
	/* A branch that was made as the default branch; or one that was made where an unnamed default branch is now. */
	if (query->before.len == 0 && query->base.len > 0)
		return true;
	return error_set(error, ERROR_UNUSABLE, "what %.*s changes cannot be known: the commit before it is gone",
	                 STR_ARGS(query->commit));
}

bool changed_files_find(struct arena *arena, const struct changed_files_query *query, struct changes *changes,
                        char base[static 65], struct error *error)
{
	struct changes_query comparison = {query->before, STR(""), query->commit};

	base[0] = '\0';
	if (changes_know(query->mirror, query->before))
		return changes_find(arena, query->mirror, &comparison, changes, error);
	comparison.before = STR("");
	return mirror_fetch(query->mirror, query->url, query->credentials, query->base, STR(""),
	                    name_pin(arena, query->run), base, error) &&
	       choose_base(query, base, &comparison, error) &&
	       changes_find(arena, query->mirror, &comparison, changes, error);
}

bool changed_files_release(const char *mirror, struct str run, struct error *error)
{
	struct arena arena = ARENA_INIT;
	bool done = mirror_unpin(mirror, name_pin(&arena, run), error);
	arena_release(&arena);
	return done;
}

bool changed_files_match(const struct changes *changes, const struct str *patterns, size_t count)
{
	return changes->cut || glob_list_selects_any(patterns, count, changes->paths, changes->count);
}

/* --- The file ----------------------------------------------------------------------------------------------------- */

/* The letter behind a backslash that stands for the byte in C; 0 for none. */
static char escape_of(char byte)
{
	static const char bytes[] = "\a\b\t\n\v\f\r\"\\", letters[] = "abtnvfr\"\\";
	const char *found = byte != '\0' ? strchr(bytes, byte) : NULL;
	return found ? letters[found - bytes] : '\0';
}

static bool is_control(char byte)
{
	return (unsigned char)byte < 0x20 || byte == 0x7F;
}

static bool needs_quotes(struct str path)
{
	for (size_t i = 0; i < path.len; i++) {
		if (is_control(path.data[i]) || escape_of(path.data[i]) != '\0')
			return true;
	}
	return false;
}

static void append_byte(struct buf *out, char byte)
{
	if (escape_of(byte) != '\0')
		buf_printf(out, "\\%c", escape_of(byte));
	else if (is_control(byte))
		buf_printf(out, "\\%03o", (unsigned)(unsigned char)byte);
	else
		buf_append_byte(out, byte);
}

static void append_path(struct buf *out, struct str path)
{
	if (needs_quotes(path)) {
		buf_append_byte(out, '"');
		for (size_t i = 0; i < path.len; i++)
			append_byte(out, path.data[i]);
		buf_append_byte(out, '"');
	} else {
		buf_append_str(out, path);
	}
	buf_append_byte(out, '\n');
}

bool changed_files_write(const struct changes *changes, const char *path, struct error *error)
{
	struct buf text = BUF_INIT;
	for (size_t i = 0; i < changes->count; i++)
		append_path(&text, changes->paths[i]);
	bool written = file_create(path, buf_str(&text), 0600, error);
	buf_release(&text);
	return written;
}
