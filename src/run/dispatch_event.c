/*
 * Paths of changed files come as changed_files_write writes them, and go out as JSON.
 */
#include "run/dispatch_event.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "lib/json.h"
#include "payload/payload.h"
#include "payload/value.h"
#include "run/dagger_choose.h"
#include "run/job.h"

#define CHANGES_FILE_MAX ((size_t)64 * 1024 * 1024)

/* In the words of GitHub, which modules are written in: a tag is pushed, pull_request has a line. */
static struct str event_word(struct arena *arena, const struct job *job)
{
	if (str_equal_c(job->event, "tag"))
		return STR("push");
	char *word = str_to_c(arena, job->event);
	for (char *byte = word; *byte; byte++)
		*byte = *byte == '-' ? '_' : *byte;
	return str_from(word);
}

/* The byte that a letter behind a backslash stands for, as C has it. */
static char unescape(char letter)
{
	static const char letters[] = "abtnvfr", bytes[] = "\a\b\t\n\v\f\r";
	const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
	return found ? bytes[found - letters] : letter;
}

/* A path as changed_files_write writes it. */
static struct str read_path(struct arena *arena, struct str line)
{
	char *path = arena_alloc(arena, line.len + 1);
	size_t len = 0;

	if (!str_starts(line, STR("\"")))
		return str_copy(arena, line);
	for (size_t i = 1; i + 1 < line.len; i++) {
		char byte = line.data[i];
		if (byte == '\\') {
			unsigned octal = 0, digits = 0;
			byte = line.data[++i];
			for (; digits < 3 && i + digits < line.len; digits++) {
				char digit = line.data[i + digits];
				if (digit < '0' || digit > '7')
					break;
				octal = octal * 8 + (unsigned)(digit - '0');
			}
			byte = digits == 3 ? (char)octal : unescape(byte);
			i += digits == 3 ? 2 : 0;
		}
		path[len++] = byte;
	}
	return (struct str){path, len};
}

static bool read_changes(struct arena *arena, const char *path, struct dagger_event *event, struct error *error)
{
	struct buf text = BUF_INIT;
	struct str *paths = NULL;
	size_t count = 0, capacity = 0;

	event->changes_known = path != NULL;
	if (!event->changes_known)
		return true;
	bool read = file_read(path, CHANGES_FILE_MAX, &text, error);
	struct str rest = buf_str(&text), line;
	while (read && str_split_next(&rest, '\n', &line)) {
		if (line.len == 0)
			continue;
		paths = arena_grow(arena, paths, count, &capacity, sizeof(*paths));
		paths[count++] = read_path(arena, line);
	}
	event->changes = paths;
	event->change_count = count;
	buf_release(&text);
	return read;
}

bool dispatch_event_write(struct arena *arena, const struct job *job, const struct dagger_event *event,
                          const char *path, struct error *error)
{
	struct error ignored = ERROR_INIT;
	struct value *payload = NULL;
	struct buf text = BUF_INIT;

	buf_append_c(&text, "{\"event_type\":");
	json_write_string(&text, event->event);
	buf_append_c(&text, ",\"changes\":");
	buf_append_c(&text, event->changes_known ? "[" : "null");
	for (size_t i = 0; i < event->change_count; i++) {
		buf_append_c(&text, i > 0 ? "," : "");
		json_write_string(&text, event->changes[i]);
	}
	buf_append_c(&text, event->changes_known ? "],\"repo\":" : ",\"repo\":");
	json_write_string(&text, job->repository);
	buf_append_c(&text, ",\"payload\":");
	payload_parse_json(arena, job->payload, &payload, &ignored);
	value_write_json(&text, payload);
	buf_append_c(&text, "}\n");
	bool written = file_create(path, buf_str(&text), 0600, error);
	buf_release(&text);
	return written;
}

bool dispatch_event_make(struct arena *arena, const struct job *job, const char *changes_file,
                         struct dagger_event *event, struct error *error)
{
	*event = (struct dagger_event){
		.vendor = job->forge,
		.event = event_word(arena, job),
		.filter = job->filter,
	};
	return read_changes(arena, changes_file, event, error);
}
