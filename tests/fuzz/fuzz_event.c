/*
 * Deliveries of forges. The input is three lines (the event header's name, its value, the Content-Type) and the body
 * behind them. An event that is taken holds nothing that could not be handed to git.
 */
#include "base/arena.h"
#include "event_promises.h"
#include "forge/event.h"
#include "payload/request.h"

static struct str take_line(struct str *rest)
{
	size_t end = str_find(*rest, '\n');
	struct str line = str_head(*rest, end);

	*rest = str_from_index(*rest, end < rest->len ? end + 1 : end);
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena, .query = STR("")};
	struct error error = ERROR_INIT;
	struct event_list list;
	bool good;
	struct str rest = fuzz_text(data, size), name = take_line(&rest), word = take_line(&rest);

	request_add_header(&request, name, word);
	request_add_header(&request, STR("X-GitHub-Delivery"), word);
	request.content_type = take_line(&rest);
	request.body = rest;
	good = event_read_all(&request, &list, &error);
	promise_events(good, &list, &error);
	arena_release(&arena);
	return 0;
}
