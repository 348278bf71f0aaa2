/*
 * The reading end of a run's socket. Memory is bounded by the longest frame; the result counts only when it came whole.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/number.h"
#include "run/field.h"
#include "run/watch.h"
#include "run/wire.h"
#include "run/wire_frame.h"

#define READ_SIZE ((size_t)64 * 1024)

struct follower {
	int descriptor;
	struct watch watch;
	struct buf received;
	struct run_result *result;
	bool planned; /* or output came, and it is too late for a plan */
	bool over;
};

static void lose(struct follower *follower, enum error_kind kind, const char *why)
{
	follower->result->state = RUN_LOST;
	error_set(&follower->result->error, kind, "%s", why);
	follower->over = true;
}

static bool read_int(struct str value, int *out)
{
	int64_t number;
	if (!number_parse_signed(value, INT_MIN, INT_MAX, &number))
		return false;
	*out = (int)number;
	return true;
}

/* A word or sentence of ours, cut to the room there is, with a NUL behind it. */
static void copy_text(char *out, size_t size, struct str value)
{
	struct str fitting = str_head(value, size - 1);
	memcpy(out, fitting.data, fitting.len);
	out[fitting.len] = '\0';
}

static bool read_result_field(struct run_result *result, struct str name, struct str value)
{
	char word[32];
	copy_text(word, sizeof(word), value);
	if (str_equal_c(name, "state"))
		return run_state_from_name(word, &result->state) && run_state_is_final(result->state);
	if (str_equal_c(name, "exit-code"))
		return read_int(value, &result->exit_code);
	if (str_equal_c(name, "signal"))
		return read_int(value, &result->signal);
	if (str_equal_c(name, "swept"))
		return number_parse_signed(value, 0, INT64_MAX, &result->swept);
	if (str_equal_c(name, "error"))
		result->error.kind = error_kind_from_name(word);
	else if (str_equal_c(name, "message"))
		copy_text(result->error.message, sizeof(result->error.message), value);
	else if (str_equal_c(name, "commit")) {
		copy_text(result->commit_text, sizeof(result->commit_text), value);
		result->commit = str_from(result->commit_text);
	} else
		return false;
	return true;
}

enum { RESULT_FIELDS = 7 };

static void take_result(struct follower *follower, struct str payload)
{
	struct str name, value;
	enum field_step step;
	int fields = 0;
	bool good = true;
	while (good && (step = field_next(&payload, &name, &value)) == FIELD_TAKEN) {
		good = read_result_field(follower->result, name, value);
		fields++;
	}
	follower->over = true;
	if (!good || step != FIELD_END || fields != RESULT_FIELDS)
		lose(follower, ERROR_INVALID,
		     "the process that ran it sent a result that is not in the form of this version");
}

static void take_plan(struct follower *follower, struct str payload)
{
	const struct run_listener *listener = follower->watch.listener;

	if (!follower->planned && listener->plan && listener->plan(listener->context, payload))
		follower->planned = true;
	else
		lose(follower, ERROR_INVALID,
		     "the process that ran it sent a reply that is not in the form of this version");
}

static void take_output(struct follower *follower, struct str payload)
{
	follower->planned = true;
	watch_output(&follower->watch, payload);
}

/* Takes the first frame off what was received. False where it is not there in full. */
static bool take_frame(struct follower *follower)
{
	struct str text = buf_str(&follower->received);
	if (text.len < WIRE_HEADER_SIZE)
		return false;
	uint32_t length = wire_header_length(text.data);
	char kind = text.data[0];
	if (length > WIRE_PAYLOAD_MAX || (kind != WIRE_OUTPUT && kind != WIRE_PLAN && kind != WIRE_RESULT)) {
		lose(follower, ERROR_INVALID, "the process that ran it sent something that is no output and no result");
		return false;
	}
	if (text.len < WIRE_HEADER_SIZE + (size_t)length)
		return false;

	struct str payload = str_head(str_from_index(text, WIRE_HEADER_SIZE), length);
	if (kind == WIRE_RESULT)
		take_result(follower, payload);
	else if (kind == WIRE_PLAN)
		take_plan(follower, payload);
	else
		take_output(follower, payload);
	buf_consume(&follower->received, WIRE_HEADER_SIZE + (size_t)length);
	return true;
}

static void receive(struct follower *follower)
{
	struct buf *received = &follower->received;
	buf_reserve(received, READ_SIZE);
	ssize_t got = recv(follower->descriptor, received->data + received->len, READ_SIZE, MSG_DONTWAIT);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		lose(follower, ERROR_SYSTEM, "the process that ran it ended without telling how");
		return;
	}
	received->len += (size_t)got;
	received->data[received->len] = '\0';
}

void wire_follow(int descriptor, bool stop_when_client_leaves, const struct run_listener *listener,
                 struct run_result *result)
{
	struct follower follower = {.descriptor = descriptor, .received = BUF_INIT, .result = result};
	*result = (struct run_result){.state = RUN_LOST, .exit_code = -1, .commit = STR("")};
	watch_init(&follower.watch, listener);

	while (!follower.over) {
		/* One frame at a time, so that a slow reader of ours stops the reading here too. */
		if (!follower.watch.kept && take_frame(&follower))
			continue;
		if (follower.over)
			break;
		struct pollfd entries[1 + WATCH_ENTRIES] = {
			{.fd = follower.watch.kept ? -1 : descriptor, .events = POLLIN},
		};
		enum watch_news news = watch_wait(&follower.watch, entries, 1, CLOCK_NEVER);
		if (news == WATCH_CANCELLED || (news == WATCH_CLIENT_LEFT && stop_when_client_leaves))
			shutdown(descriptor, SHUT_WR);
		if (entries[0].revents != 0)
			receive(&follower);
	}
	buf_release(&follower.received);
}
