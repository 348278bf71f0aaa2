/*
 * A reply's plan as fields. Each of the table is there exactly once; exit codes repeat theirs.
 */
#include "hook/reply_plan.h"

#include <stdint.h>

#include "base/arena.h"
#include "base/number.h"
#include "hook/hook.h"
#include "run/field.h"
#include "run/job.h"

/* The fields as numbers and texts, between the two structs and the pipe. */
struct plan {
	struct str run, hook;
	int64_t timeout, stop_when_client_leaves;
	int64_t status, output_on_error, stream;
};

static const struct field {
	const char *name;
	bool is_text;
	size_t offset;
} fields[] = {
	{"run", true, offsetof(struct plan, run)},
	{"hook", true, offsetof(struct plan, hook)},
	{"timeout", false, offsetof(struct plan, timeout)},
	{"stop-when-client-leaves", false, offsetof(struct plan, stop_when_client_leaves)},
	{"status", false, offsetof(struct plan, status)},
	{"output-on-error", false, offsetof(struct plan, output_on_error)},
	{"stream", false, offsetof(struct plan, stream)},
};

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]), ALL_SEEN = (1 << FIELD_COUNT) - 1 };

void reply_plan_write(struct buf *out, const struct hook *hook, const struct job *job)
{
	const struct plan plan = {
		.run = job->id,
		.hook = job->hook,
		.timeout = job->timeout,
		.stop_when_client_leaves = job->stop_when_client_leaves,
		.status = hook->success_http_response_code,
		.output_on_error = hook->include_command_output_in_response_on_error,
		.stream = hook->stream_command_output,
	};

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const void *value = (const char *)&plan + fields[i].offset;
		if (fields[i].is_text)
			field_write(out, fields[i].name, *(const struct str *)value);
		else
			field_write_number(out, fields[i].name, *(const int64_t *)value);
	}
	for (size_t i = 0; i < hook->exit_codes.count; i++) {
		field_write_number(out, "exit-code", hook->exit_codes.items[i].code);
		field_write_number(out, "exit-status", hook->exit_codes.items[i].status);
	}
}

struct reading {
	struct arena *arena;
	struct plan plan;
	struct hook_exit_codes codes;
	size_t capacity;
	unsigned seen;   /* a bit for each of fields[] */
	bool status_due; /* an exit code came, its status has not */
};

static bool read_exit_code(struct reading *reading, struct str value)
{
	struct hook_exit_codes *codes = &reading->codes;

	codes->items = arena_grow(reading->arena, codes->items, codes->count, &reading->capacity, sizeof(*codes->items));
	reading->status_due = true;
	return number_parse_signed(value, 1, UINT8_MAX, &codes->items[codes->count].code);
}

static bool read_exit_status(struct reading *reading, struct str name, struct str value)
{
	reading->status_due = false;
	return str_equal_c(name, "exit-status") &&
	       number_parse_signed(value, 0, INT16_MAX, &reading->codes.items[reading->codes.count++].status);
}

static bool read_field(struct reading *reading, struct str name, struct str value)
{
	if (reading->status_due)
		return read_exit_status(reading, name, value);
	if (str_equal_c(name, "exit-code"))
		return read_exit_code(reading, value);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		void *member = (char *)&reading->plan + fields[i].offset;
		if (!str_equal_c(name, fields[i].name) || (reading->seen & 1U << i))
			continue;
		reading->seen |= 1U << i;
		if (!fields[i].is_text)
			return number_parse_signed(value, INT64_MIN, INT64_MAX, member);
		*(struct str *)member = str_copy(reading->arena, value);
		return true;
	}
	return false;
}

bool reply_plan_read(struct arena *arena, struct str text, struct hook *hook, struct job *job)
{
	struct reading reading = {.arena = arena};
	const struct plan *plan = &reading.plan;
	struct str name, value;
	enum field_step step;

	while ((step = field_next(&text, &name, &value)) == FIELD_TAKEN) {
		if (!read_field(&reading, name, value))
			return false;
	}
	if (step != FIELD_END || reading.seen != ALL_SEEN || reading.status_due)
		return false;
	job->id = plan->run;
	job->hook = hook->id = plan->hook;
	job->timeout = plan->timeout;
	job->stop_when_client_leaves = plan->stop_when_client_leaves != 0;
	hook->success_http_response_code = plan->status;
	hook->include_command_output_in_response_on_error = plan->output_on_error != 0;
	hook->stream_command_output = plan->stream != 0;
	hook->exit_codes = reading.codes;
	return true;
}
