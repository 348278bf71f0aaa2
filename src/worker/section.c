/*
 * Nothing of a run's output is in memory longer than it takes to write it down.
 */
#include "worker/section.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "run/wire.h"

#define PIECE_SIZE ((size_t)64 * 1024)

bool section_open(struct section *section, const char *folder, int64_t limit, struct error *error)
{
	*section = (struct section){.file = file_open_unnamed(folder, error), .limit = limit, .last = '\n'};
	return section->file >= 0;
}

static void take_output(void *context, struct str data)
{
	struct section *section = context;
	struct error error = ERROR_INIT;
	struct str fitting = str_head(data, (size_t)(section->limit - section->length));

	if (section->cut || data.len == 0)
		return;
	section->cut = fitting.len < data.len;
	if (fitting.len == 0)
		return;
	if (!file_write_all(section->file, fitting.data, fitting.len, "the output of a run", &error)) {
		log_error("output is dropped: %s", error.message);
		section->cut = true;
		return;
	}
	section->length += (int64_t)fitting.len;
	section->last = fitting.data[fitting.len - 1];
}

struct run_listener section_listener(struct section *section, const struct run_listener *whole)
{
	struct run_listener listener = RUN_LISTENER_INIT;

	listener.context = section;
	listener.output = take_output;
	listener.client = whole->client;
	listener.cancel = whole->cancel;
	listener.client_may_cancel = whole->client_may_cancel;
	return listener;
}

/* What is written in part is sent as far as the file has it. */
static void send_kept(const struct section *section, struct wire *wire)
{
	struct buf piece = BUF_INIT;
	int64_t sent = 0;

	buf_reserve(&piece, PIECE_SIZE);
	while (sent < section->length && !wire->gone) {
		ssize_t got = pread(section->file, piece.data, PIECE_SIZE, sent);
		if (got <= 0)
			break;
		wire_output(wire, (struct str){piece.data, (size_t)got});
		sent += got;
	}
	buf_release(&piece);
}

void section_send(struct section *section, struct wire *wire, struct str name, const struct run_result *result)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "== %.*s: %s ==\n", STR_ARGS(name), run_state_name(result->state));
	wire_output(wire, buf_str(&text));
	send_kept(section, wire);
	buf_clear(&text);
	if (section->last != '\n')
		buf_append_byte(&text, '\n');
	if (section->cut)
		buf_append_c(&text, "pocketci: the rest was dropped: there is no room for it\n");
	if (result->state != RUN_SUCCEEDED)
		buf_printf(&text, "pocketci: %s\n", result->error.message);
	wire_output(wire, buf_str(&text));
	buf_release(&text);
}

void section_close(struct section *section)
{
	file_close(&section->file);
}
