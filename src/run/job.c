/*
 * A job as a struct and as text. One table names each field that is there exactly once; lists repeat their field.
 * What is read was checked in full: a job that lacks a field, or has one twice, is refused.
 */
#include "run/job.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/number.h"
#include "run/field.h"

enum field_type { FIELD_TEXT, FIELD_FLAG, FIELD_NUMBER };

static const struct field {
	const char *name;
	enum field_type type;
	size_t offset;
} fields[] = {
#define FIELD(name, type, member) \
	{ \
		name, type, offsetof(struct job, member) \
	}
	FIELD("id", FIELD_TEXT, id),
	FIELD("hook", FIELD_TEXT, hook),
	FIELD("script", FIELD_TEXT, script),
	FIELD("input", FIELD_TEXT, input),
	FIELD("directory", FIELD_TEXT, directory),
	FIELD("inherit-environment", FIELD_FLAG, inherit_environment),
	FIELD("keep-processes", FIELD_FLAG, keep_processes),
	FIELD("stop-when-client-leaves", FIELD_FLAG, stop_when_client_leaves),
	FIELD("timeout", FIELD_NUMBER, timeout),
	FIELD("stop-grace", FIELD_NUMBER, stop_grace),
	FIELD("stop-signal", FIELD_NUMBER, stop_signal),
	FIELD("dagger", FIELD_FLAG, dagger),
	FIELD("dispatch", FIELD_TEXT, dispatch),
	FIELD("filter", FIELD_TEXT, filter),
	FIELD("checkout", FIELD_FLAG, checkout),
	FIELD("url", FIELD_TEXT, url),
	FIELD("ref", FIELD_TEXT, ref),
	FIELD("commit", FIELD_TEXT, commit),
	FIELD("short-commit", FIELD_TEXT, short_commit),
	FIELD("before", FIELD_TEXT, before),
	FIELD("fork", FIELD_FLAG, fork),
	FIELD("changes", FIELD_FLAG, changes),
	FIELD("base", FIELD_TEXT, base),
	FIELD("forge", FIELD_TEXT, forge),
	FIELD("event", FIELD_TEXT, event),
	FIELD("forge-event", FIELD_TEXT, forge_event),
	FIELD("repository", FIELD_TEXT, repository),
	FIELD("branch", FIELD_TEXT, branch),
	FIELD("tag", FIELD_TEXT, tag),
	FIELD("payload", FIELD_TEXT, payload),
	FIELD("run-url", FIELD_TEXT, run_url),
	FIELD("state", FIELD_TEXT, state),
#undef FIELD
};

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

void job_init(struct job *job)
{
	*job = (struct job){.timeout = 3600 * 1000, .stop_grace = 10 * 1000, .stop_signal = SIGTERM};
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].type == FIELD_TEXT)
			*(struct str *)(void *)((char *)job + fields[i].offset) = STR("");
	}
}

size_t job_size(const struct job *job)
{
	size_t size = 0;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].type == FIELD_TEXT)
			size += ((const struct str *)(const void *)((const char *)job + fields[i].offset))->len;
	}
	for (size_t i = 0; i < job->argument_count; i++)
		size += job->arguments[i].len;
	for (size_t i = 0; i < job->variable_count; i++)
		size += job->variables[i].name.len + job->variables[i].value.len;
	for (size_t i = 0; i < job->file_count; i++)
		size += job->files[i].name.len + job->files[i].data.len;
	return size;
}

const char *job_timeout_text(const struct job *job, char out[static JOB_TIMEOUT_TEXT_SIZE])
{
	static const struct {
		int64_t milliseconds;
		const char *name;
	} units[] = {{3600 * 1000, "h"}, {60 * 1000, "m"}, {1000, "s"}, {1, "ms"}};
	if (job->timeout < 0)
		return "none";
	size_t unit = 0;
	while (job->timeout % units[unit].milliseconds != 0 || (job->timeout == 0 && units[unit].milliseconds > 1))
		unit++;
	snprintf(out, JOB_TIMEOUT_TEXT_SIZE, "%" PRId64 "%s", job->timeout / units[unit].milliseconds,
	         units[unit].name);
	return out;
}

static void write_field(struct buf *out, const struct job *job, const struct field *field)
{
	const void *member = (const char *)job + field->offset;
	switch (field->type) {
	case FIELD_TEXT:
		field_write(out, field->name, *(const struct str *)member);
		break;
	case FIELD_FLAG:
		field_write_number(out, field->name, *(const bool *)member);
		break;
	case FIELD_NUMBER:
		field_write_number(out, field->name, *(const int64_t *)member);
		break;
	}
}

void job_write(struct buf *out, const struct job *job)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		write_field(out, job, &fields[i]);
	for (size_t i = 0; i < job->argument_count; i++)
		field_write(out, "argument", job->arguments[i]);
	for (size_t i = 0; i < job->path_count; i++)
		field_write(out, "path", job->paths[i]);
	for (size_t i = 0; i < job->variable_count; i++) {
		field_write(out, "variable", job->variables[i].name);
		field_write(out, "variable-value", job->variables[i].value);
	}
	for (size_t i = 0; i < job->file_count; i++) {
		field_write(out, "file", job->files[i].name);
		field_write(out, "file-data", job->files[i].data);
	}
}

/* What is known while a job is read: which fields came, and how much room the lists have. */
struct reading {
	struct arena *arena;
	struct job *job;
	uint64_t seen; /* a bit for each of fields[] */
	size_t argument_capacity, path_capacity, variable_capacity, file_capacity;
	bool value_due, data_due; /* a name came, what belongs to it has not */
};

_Static_assert(FIELD_COUNT <= 64, "a bit for each field");

static bool read_value(struct reading *reading, const struct field *field, struct str value)
{
	void *member = (char *)reading->job + field->offset;
	int64_t number;
	switch (field->type) {
	case FIELD_TEXT:
		*(struct str *)member = str_copy(reading->arena, value);
		return true;
	case FIELD_FLAG:
		if (!number_parse_signed(value, 0, 1, &number))
			return false;
		*(bool *)member = number == 1;
		return true;
	case FIELD_NUMBER:
		return number_parse_signed(value, INT64_MIN, INT64_MAX, member);
	}
	return false;
}

static bool read_single(struct reading *reading, struct str name, struct str value)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!str_equal_c(name, fields[i].name))
			continue;
		uint64_t bit = UINT64_C(1) << i;
		if ((reading->seen & bit) != 0)
			return false;
		reading->seen |= bit;
		return read_value(reading, &fields[i], value);
	}
	return false;
}

static void add_argument(struct reading *reading, struct str text)
{
	struct job *job = reading->job;
	job->arguments = arena_grow(reading->arena, job->arguments, job->argument_count, &reading->argument_capacity,
	                            sizeof(*job->arguments));
	job->arguments[job->argument_count++] = text;
}

static void add_path(struct reading *reading, struct str text)
{
	struct job *job = reading->job;
	job->paths =
		arena_grow(reading->arena, job->paths, job->path_count, &reading->path_capacity, sizeof(*job->paths));
	job->paths[job->path_count++] = text;
}

static void add_variable(struct reading *reading, struct str name)
{
	struct job *job = reading->job;
	job->variables = arena_grow(reading->arena, job->variables, job->variable_count, &reading->variable_capacity,
	                            sizeof(*job->variables));
	job->variables[job->variable_count++] = (struct job_variable){name, STR("")};
	reading->value_due = true;
}

static void add_file(struct reading *reading, struct str name)
{
	struct job *job = reading->job;
	job->files =
		arena_grow(reading->arena, job->files, job->file_count, &reading->file_capacity, sizeof(*job->files));
	job->files[job->file_count++] = (struct job_file){name, STR("")};
	reading->data_due = true;
}

static bool read_field(struct reading *reading, struct str name, struct str value)
{
	struct job *job = reading->job;
	bool value_due = reading->value_due, data_due = reading->data_due;
	reading->value_due = reading->data_due = false;

	if (value_due || data_due) {
		struct str copy = str_copy(reading->arena, value);
		if (value_due)
			job->variables[job->variable_count - 1].value = copy;
		else
			job->files[job->file_count - 1].data = copy;
		return str_equal_c(name, value_due ? "variable-value" : "file-data");
	}
	if (str_equal_c(name, "argument"))
		add_argument(reading, str_copy(reading->arena, value));
	else if (str_equal_c(name, "path"))
		add_path(reading, str_copy(reading->arena, value));
	else if (str_equal_c(name, "variable"))
		add_variable(reading, str_copy(reading->arena, value));
	else if (str_equal_c(name, "file"))
		add_file(reading, str_copy(reading->arena, value));
	else
		return read_single(reading, name, value);
	return true;
}

bool job_read(struct arena *arena, struct str text, struct job *job, struct error *error)
{
	struct reading reading = {.arena = arena, .job = job};
	struct str name, value;
	enum field_step step;
	job_init(job);
	while ((step = field_next(&text, &name, &value)) == FIELD_TAKEN) {
		if (!read_field(&reading, name, value))
			return error_set(error, ERROR_INVALID, "a job with a wrong field \"%.*s\"",
			                 STR_ARGS(str_head(name, 40)));
	}
	if (step == FIELD_MALFORMED)
		return error_set(error, ERROR_INVALID, "a job that is not in the form of this version");
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if ((reading.seen & UINT64_C(1) << i) == 0)
			return error_set(error, ERROR_INVALID, "a job without the field \"%s\"", fields[i].name);
	}
	if (reading.value_due || reading.data_due || job->argument_count == 0)
		return error_set(error, ERROR_INVALID, "a job that ends too early");
	return true;
}
