/*
 * A target for the reader of one forge: the input is the forge's name of the event in a line, and the payload behind
 * it, always JSON. A file that includes this defines FORGE_HEADERS, the other headers that tell the forge, as
 * {"Name", "value", …, NULL}, and FORGE_EVENT_HEADER, NULL where the payload holds the name.
 */
#ifndef POCKETCI_TESTS_FUZZ_EVENT_TARGET_H
#define POCKETCI_TESTS_FUZZ_EVENT_TARGET_H

#include "base/arena.h"
#include "event_promises.h"
#include "payload/request.h"

/* What was read out of parts of the payload is what is read out of all of it, where that is JSON to its end. */
static inline void promise_same_as_whole(struct request *request, bool good, const struct event_list *parts)
{
	struct event_list list;
	struct error error = ERROR_INIT;

	request_payload(request);
	if (request->payload_error.kind != ERROR_NONE)
		return;
	PROMISE(event_read_all(request, &list, &error) == good && list.count == parts->count);
	for (size_t i = 0; i < list.count; i++) {
		for (size_t name = 0; event_names[name]; name++)
			PROMISE(str_equal(event_value(&list.items[i], str_from(event_names[name])),
			                  event_value(&parts->items[i], str_from(event_names[name]))));
		PROMISE(str_equal(list.items[i].sender_id, parts->items[i].sender_id));
		PROMISE(str_equal(list.items[i].repository_id, parts->items[i].repository_id));
		PROMISE(str_equal(list.items[i].head_repository_id, parts->items[i].head_repository_id));
		PROMISE(list.items[i].forced == parts->items[i].forced);
	}
}

static inline void fuzz_event_target(struct str input, const char *event_header, const char *const *headers)
{
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena, .query = STR(""), .content_type = STR("application/json")};
	struct error error = ERROR_INIT;
	struct event_list list;
	size_t end = str_find(input, '\n');
	bool good;

	if (event_header)
		request_add_header(&request, str_from(event_header), str_head(input, end));
	for (; *headers; headers += 2)
		request_add_header(&request, str_from(headers[0]), str_from(headers[1]));
	request.body = str_from_index(input, end < input.len ? end + 1 : end);
	good = event_read_all(&request, &list, &error);
	promise_events(good, &list, &error);
	promise_same_as_whole(&request, good, &list);
	arena_release(&arena);
}

#endif
