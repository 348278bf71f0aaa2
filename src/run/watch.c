/*
 * One poll(2) for all that can happen to a run. The order within one return does not matter to callers but for this: a
 * cancel wins over a client that left at the same time.
 */
#include "run/watch.h"

#include <stdint.h>

#include "base/clock.h"
#include "run/listener.h"

/* poll(2) tells these whether asked for or not. */
#define BROKEN (POLLHUP | POLLERR | POLLNVAL)

void watch_init(struct watch *watch, const struct run_listener *listener)
{
	*watch = (struct watch){
		.listener = listener,
		.client = listener->client,
		.cancel = listener->cancel,
		.next_tick = listener->tick ? INT64_MIN : CLOCK_NEVER,
	};
}

static void tick(struct watch *watch)
{
	const struct run_listener *listener = watch->listener;
	if (listener->tick)
		watch->next_tick = listener->tick(listener->context, clock_now());
}

static void flush(struct watch *watch)
{
	const struct run_listener *listener = watch->listener;
	watch->kept = listener->flush && !listener->flush(listener->context);
}

void watch_output(struct watch *watch, struct str data)
{
	const struct run_listener *listener = watch->listener;
	if (listener->output)
		listener->output(listener->context, data);
	flush(watch);
	tick(watch);
}

/*
 * A client that only shut its end down for writing shows POLLRDHUP; one that closed it, or ended, shows POLLHUP as
 * well.
 */
static enum watch_news client_news(struct watch *watch, short seen)
{
	const struct run_listener *listener = watch->listener;
	if (seen == 0)
		return WATCH_NOTHING;
	watch->client = -1;
	if (listener->client_may_cancel && (seen & BROKEN) == 0)
		return WATCH_CANCELLED;
	if (listener->client_left)
		listener->client_left(listener->context);
	return WATCH_CLIENT_LEFT;
}

enum watch_news watch_wait(struct watch *watch, struct pollfd *entries, size_t count, int64_t until)
{
	int64_t now = clock_now();
	if (now >= watch->next_tick)
		tick(watch);

	struct pollfd *client = &entries[count], *cancel = &entries[count + 1], *drain = &entries[count + 2];
	*client = (struct pollfd){.fd = watch->client, .events = POLLRDHUP};
	*cancel = (struct pollfd){.fd = watch->cancel, .events = POLLIN};
	*drain = (struct pollfd){.fd = watch->kept ? watch->listener->drain : -1, .events = POLLOUT};
	int timeout = clock_poll_timeout(clock_earlier(until, watch->next_tick), now);
	if (poll(entries, count + WATCH_ENTRIES, timeout) < 0) {
		for (size_t i = 0; i < count; i++)
			entries[i].revents = 0;
		return WATCH_NOTHING; /* a signal: look again */
	}

	if (drain->revents != 0)
		flush(watch);
	enum watch_news news = client_news(watch, client->revents);
	if (cancel->revents != 0) {
		watch->cancel = -1;
		news = WATCH_CANCELLED;
	}
	return news;
}
