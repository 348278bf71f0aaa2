/*
 * A delivery kept in tests/payloads: NAME.txt holds its headers, an empty line and the events that are expected of it,
 * NAME.json its body. An event is a line "field: value" for each field that is there; "--" stands between two.
 */
#ifndef POCKETCI_TESTS_UNIT_FORGE_CASE_H
#define POCKETCI_TESTS_UNIT_FORGE_CASE_H

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "forge/event.h"
#include "payload/request.h"

#define FORGE_CASE_MAX ((size_t)1024 * 1024)

struct forge_case {
	struct arena arena;
	struct request request;
	struct str expected;
	struct error error;
};

static inline struct str forge_case_file(struct arena *arena, const char *path, struct error *error)
{
	struct buf text = BUF_INIT;
	struct str copy = STR("");

	if (file_read(path, FORGE_CASE_MAX, &text, error))
		copy = str_copy(arena, buf_str(&text));
	buf_release(&text);
	return copy;
}

/* path is that of the .txt. False, and one->error, where a file cannot be read. */
static inline bool forge_case_read(struct forge_case *one, const char *path)
{
	struct str text, line;
	char *body;

	*one = (struct forge_case){.arena = ARENA_INIT, .error = ERROR_INIT};
	one->request =
		(struct request){.arena = &one->arena, .query = STR(""), .content_type = STR("application/json")};
	text = forge_case_file(&one->arena, path, &one->error);
	body = arena_printf(&one->arena, "%.*s.json", (int)strlen(path) - 4, path);
	one->request.body = forge_case_file(&one->arena, body, &one->error);
	while (str_split_next(&text, '\n', &line) && line.len > 0) {
		size_t colon = str_find(line, ':');

		request_add_header(&one->request, str_head(line, colon), str_trim(str_from_index(line, colon + 1)));
	}
	one->expected = text;
	return one->error.kind == ERROR_NONE;
}

static inline void forge_case_field(struct buf *out, const char *name, struct str value)
{
	if (value.len == 0)
		return;
	buf_printf(out, "%s: ", name);
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '\n')
			buf_append_c(out, "\\n");
		else
			buf_append_byte(out, value.data[i]);
	}
	buf_append_byte(out, '\n');
}

static inline void forge_case_event(struct buf *out, const struct event *event)
{
	for (size_t i = 0; event_names[i] != NULL; i++)
		forge_case_field(out, event_names[i], event_value(event, str_from(event_names[i])));
	forge_case_field(out, "word", event->word);
	forge_case_field(out, "forced", event->forced ? STR("true") : STR(""));
	forge_case_field(out, "default-branch", event->default_branch);
	forge_case_field(out, "short-commit", event->short_commit);
	forge_case_field(out, "target-commit", event->target_commit);
	forge_case_field(out, "repository-id", event->repository_id);
	forge_case_field(out, "head-repository", event->head_repository);
	forge_case_field(out, "head-repository-id", event->head_repository_id);
	forge_case_field(out, "sender", event->sender);
	forge_case_field(out, "sender-id", event->sender_id);
}

static inline void forge_case_events(struct buf *out, const struct event_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buf_append_c(out, "--\n");
		forge_case_event(out, &list->items[i]);
	}
}

#endif
