/*
 * What readers of all forges do alike: adding an event, and completing what was read of a ref or a pull request.
 */
#include "base/arena.h"
#include "forge/event.h"
#include "forge/field.h"
#include "forge/forge.h"
#include "payload/value.h"

struct event *reading_add(struct reading *reading)
{
	struct event_list *list = reading->list;
	struct event *event;

	if (list->count == EVENT_MAX) {
		error_set(reading->error, ERROR_TOO_LARGE, "more than %d refs in one delivery", EVENT_MAX);
		return NULL;
	}
	list->items = arena_grow(reading->arena, list->items, list->count, &list->capacity, sizeof(*list->items));
	event = &list->items[list->count++];
	*event = event_empty(reading->forge);
	event->type = event->word = reading->word;
	event->delivery = reading->delivery;
	return event;
}

/* NULL, with the error, where it is not a list of one to EVENT_MAX items. */
static const struct value *find_list(struct reading *reading, const char *path)
{
	const struct value *list = field_at(path, reading->payload);

	if (list == NULL)
		error_set(reading->error, ERROR_INVALID, "%s is missing", path);
	else if (list->kind != VALUE_LIST)
		error_set(reading->error, ERROR_INVALID, "%s is %s, not a list", path, value_kind_name(list->kind));
	else if (list->as.list.count == 0)
		error_set(reading->error, ERROR_INVALID, "%s is empty", path);
	else if (list->as.list.count > EVENT_MAX)
		error_set(reading->error, ERROR_TOO_LARGE, "%s tells of %zu refs at once; at most %d are taken", path,
		          list->as.list.count, EVENT_MAX);
	else
		return list;
	return NULL;
}

bool reading_each(struct reading *reading, const char *path,
                  bool (*read)(struct reading *reading, const struct value *item))
{
	const struct value *list = find_list(reading, path);
	bool good = list != NULL;

	for (size_t i = 0; good && i < list->as.list.count; i++) {
		good = read(reading, list->as.list.items[i]);
		if (!good)
			error_prefix(reading->error, "%s.%zu", path, i);
	}
	return good;
}

bool reading_agrees(struct reading *reading, const char *one, const char *other)
{
	const struct value *first = field_at(one, reading->payload), *second = field_at(other, reading->payload);

	if (first == NULL || second == NULL ||
	    str_equal(value_text(reading->arena, first), value_text(reading->arena, second)))
		return true;
	return error_set(reading->error, ERROR_INVALID, "%s and %s differ, and are of one repository", one, other);
}

/* The rest of the ref behind the prefix, or empty text. */
static struct str short_name(struct str ref, struct str prefix)
{
	return str_starts(ref, prefix) ? str_from_index(ref, prefix.len) : STR("");
}

static void clear_none(struct str *commit)
{
	if (event_commit_is_none(*commit))
		*commit = STR("");
}

void event_settle_ref(struct event *event, bool deleted)
{
	clear_none(&event->before);
	clear_none(&event->commit);
	if (deleted)
		event->commit = STR("");
	event->branch = short_name(event->ref, STR("refs/heads/"));
	event->tag = short_name(event->ref, STR("refs/tags/"));
	if (event->commit.len == 0)
		event->type = STR("delete");
	else
		event->type = event->tag.len > 0 ? STR("tag") : STR("push");
}

void event_settle_pull_request(struct event *event)
{
	bool same = event->head_repository_id.len > 0 && str_equal(event->head_repository_id, event->repository_id);

	event->type = STR("pull-request");
	event->fork = same ? STR("false") : STR("true");
	clear_none(&event->commit);
	clear_none(&event->before);
	clear_none(&event->target_commit);
}
