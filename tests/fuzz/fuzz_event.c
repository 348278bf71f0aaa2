/*
 * Deliveries of forges. The input is three lines (the event header's name, its value, the Content-Type) and the body
 * behind them. An event that is taken holds nothing that could not be handed to git.
 */
#include "base/arena.h"
#include "event_promises.h"
#include "forge/event.h"
#include "payload/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct request request = {.arena = &arena, .query = STR("")};
	struct error error = ERROR_INIT;
	struct event_list list;
	struct str rest = fuzz_text(data, size), name = fuzz_line(&rest), word = fuzz_line(&rest);
	bool good;

	request_add_header(&request, name, word);
	request_add_header(&request, STR("X-GitHub-Delivery"), word);
	request.content_type = fuzz_line(&rest);
	request.body = rest;
	good = event_read_all(&request, &list, &error);
	promise_events(good, &list, &error);
	arena_reset(&arena);
	return 0;
}
