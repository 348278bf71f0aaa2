/*
 * Deliveries of forges. The input is three lines (the event header's name, its value, the Content-Type) and the body
 * behind them. An event that is taken holds nothing that could not be handed to git.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/error.h"
#include "forge/event.h"
#include "payload/request.h"

static void check_plain(struct str text)
{
	PROMISE(!str_starts(text, STR("-")));
	for (size_t i = 0; i < text.len; i++)
		PROMISE((unsigned char)text.data[i] >= 0x20);
}

static void check_event(const struct event *event)
{
	PROMISE(event->commit.len == 0 || event_commit_is_valid(event->commit));
	PROMISE(event->before.len == 0 || event_commit_is_valid(event->before));
	PROMISE(event->ref.len == 0 || event_ref_is_valid(event->ref));
	PROMISE(event->forge.len == 0 || event->type.len > 0);
	if (str_equal_c(event->type, "push") || str_equal_c(event->type, "tag"))
		PROMISE(event->commit.len > 0 && event->ref.len > 0 && event->clone_url.len > 0);
	check_plain(event->branch);
	check_plain(event->tag);
	check_plain(event->repository);
	check_plain(event->clone_url);
	check_plain(event->delivery);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct request request = {.arena = &arena, .query = STR("")};
	struct error error = ERROR_INIT;
	struct event event;
	struct str rest = fuzz_text(data, size), name = fuzz_line(&rest), word = fuzz_line(&rest);

	request_add_header(&request, name, word);
	request_add_header(&request, STR("X-GitHub-Delivery"), word);
	request.content_type = fuzz_line(&rest);
	request.body = rest;
	if (event_read(&request, &event, &error))
		check_event(&event);
	else
		PROMISE(error.kind != ERROR_NONE && error.message[0] != '\0' && event.forge.len > 0);
	arena_reset(&arena);
	return 0;
}
