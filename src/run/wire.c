/*
 * The writing end of a run's socket. Every send is MSG_DONTWAIT, also on a blocking socket, and MSG_NOSIGNAL; what
 * was not taken stays in `kept` in front of what comes after, so frames are never torn.
 */
#include "run/wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "run/field.h"
#include "run/wire_frame.h"

void wire_init(struct wire *wire, int descriptor)
{
	*wire = (struct wire){.descriptor = descriptor, .kept = BUF_INIT};
}

void wire_release(struct wire *wire)
{
	buf_release(&wire->kept);
}

static void leave(struct wire *wire)
{
	wire->gone = true;
	buf_release(&wire->kept);
}

/* Sends what the reader takes now. True where nothing is left to send. */
static bool send_kept(void *context)
{
	struct wire *wire = context;
	while (wire->kept.len > 0) {
		ssize_t sent = send(wire->descriptor, wire->kept.data, wire->kept.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent >= 0)
			buf_consume(&wire->kept, (size_t)sent);
		else if (errno == EAGAIN)
			return false;
		else if (errno != EINTR)
			leave(wire);
	}
	return true;
}

static void add_frame(struct wire *wire, enum wire_kind kind, struct str payload)
{
	char header[WIRE_HEADER_SIZE];
	if (wire->gone)
		return;
	wire_header_write(header, kind, (uint32_t)payload.len);
	buf_append(&wire->kept, header, sizeof(header));
	buf_append_str(&wire->kept, payload);
}

static void send_output(void *context, struct str data)
{
	while (data.len > 0) {
		struct str part = str_head(data, WIRE_PAYLOAD_MAX);
		add_frame(context, WIRE_OUTPUT, part);
		data = str_from_index(data, part.len);
	}
}

struct run_listener wire_listener(struct wire *wire)
{
	struct run_listener listener = RUN_LISTENER_INIT;
	listener.context = wire;
	listener.output = send_output;
	listener.flush = send_kept;
	listener.drain = wire->descriptor;
	listener.client = wire->descriptor;
	listener.client_may_cancel = true;
	return listener;
}

static void write_result(struct buf *out, const struct run_result *result)
{
	field_write(out, "state", str_from(run_state_name(result->state)));
	field_write_number(out, "exit-code", result->exit_code);
	field_write_number(out, "signal", result->signal);
	field_write_number(out, "swept", result->swept);
	field_write(out, "error", str_from(error_kind_name(result->error.kind)));
	field_write(out, "message", str_from(result->error.message));
	field_write(out, "commit", result->commit);
}

static void send_all_kept(struct wire *wire)
{
	while (!send_kept(wire)) {
		struct pollfd wait = {.fd = wire->descriptor, .events = POLLOUT};
		poll(&wait, 1, -1);
	}
}

void wire_plan(struct wire *wire, struct str plan)
{
	add_frame(wire, WIRE_PLAN, plan);
}

void wire_output(struct wire *wire, struct str data)
{
	send_output(wire, data);
	send_all_kept(wire);
}

void wire_finish(struct wire *wire, const struct run_result *result)
{
	struct buf text = BUF_INIT;
	write_result(&text, result);
	add_frame(wire, WIRE_RESULT, buf_str(&text));
	buf_release(&text);
	send_all_kept(wire);
}
