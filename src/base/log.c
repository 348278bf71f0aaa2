/*
 * A line is made in one fixed buffer and leaves in one write(2). It is no longer than PIPE_BUF, so that it stays whole in
 * a pipe too. Nothing that arrives from outside reaches the line but through line_text or line_json, which escape it.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/printable.h"
#include "base/str.h"
#include "base/utf8.h"

static const struct {
	const char *name;
	int priority; /* syslog's */
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARNING] = {"warning", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

static enum log_level highest = LOG_LEVEL_WARNING;
static enum log_format current_format = LOG_FORMAT_TEXT;

/* Their names in an object, and room for each. */
#define ID_SIZE 64
#define HOOK_SIZE 256
static char request_id[ID_SIZE], hook_id[HOOK_SIZE], run_id[ID_SIZE];

static const struct {
	const char *name;
	char *text;
	size_t size;
} fields[LOG_FIELD_COUNT] = {
	[LOG_FIELD_REQUEST] = {"request", request_id, sizeof(request_id)},
	[LOG_FIELD_HOOK] = {"hook", hook_id, sizeof(hook_id)},
	[LOG_FIELD_RUN] = {"run", run_id, sizeof(run_id)},
};
static void (*sink)(void *context, enum log_level level, const char *text);
static void *sink_context;

struct line {
	char data[PIPE_BUF];
	size_t len;
};

/* The room that is left when the newline has its place. */
static size_t line_room(const struct line *line)
{
	return sizeof(line->data) - 1 - line->len;
}

/* All of the piece or nothing: an escape or a character is never cut. */
static bool line_piece(struct line *line, const char *piece, size_t len)
{
	if (len > line_room(line))
		return false;
	memcpy(line->data + line->len, piece, len);
	line->len += len;
	return true;
}

static bool line_escaped(struct line *line, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char escape[8];
		int size = snprintf(escape, sizeof(escape), "\\x%02x", (unsigned)(unsigned char)bytes[i]);
		if (!line_piece(line, escape, (size_t)size))
			return false;
	}
	return true;
}

/* Character by character, so that what does not fit is left out from one on. */
static void line_text(struct line *line, struct str text)
{
	while (text.len > 0) {
		uint32_t character;
		size_t hidden, len = utf8_next(text, &character);
		struct str one = str_head(text, len > 0 ? len : 1);
		bool written = printable_head(one, &hidden) == one.len ? line_piece(line, one.data, one.len)
		                                                       : line_escaped(line, one.data, one.len);
		if (!written)
			return;
		text = str_from_index(text, one.len);
	}
}

/* systemd.exec(5): the device and inode of what it connected, because a child may have other descriptors by now. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat here;
	if (!stream || fstat(STDERR_FILENO, &here) != 0)
		return false;
	char expected[64];
	snprintf(expected, sizeof(expected), "%ju:%ju", (uintmax_t)here.st_dev, (uintmax_t)here.st_ino);
	return strcmp(stream, expected) == 0;
}

/* --- Text --------------------------------------------------------------------------------------------------------- */

static void line_start(struct line *line, enum log_level level)
{
	char start[64];
	if (is_journal()) {
		snprintf(start, sizeof(start), "<%d>", levels[level].priority);
	} else {
		char time[CLOCK_TEXT_SIZE];
		clock_text(clock_wall(), time);
		snprintf(start, sizeof(start), "%s %s ", time, levels[level].name);
	}
	line_piece(line, start, strlen(start));
	const char *context = request_id[0] != '\0' ? request_id : run_id;
	if (context[0] != '\0') {
		line_piece(line, "[", 1);
		line_text(line, str_from(context));
		line_piece(line, "] ", 2);
	}
}

static void line_write(struct line *line, enum log_level level, struct str message)
{
	line_start(line, level);
	line_text(line, message);
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

/* What stands behind the message; its room is kept. */
#define JSON_END "\"}"

/* The character as it may stand in a string of JSON (RFC 8259 section 7), in out. */
static size_t json_character(struct str text, size_t len, uint32_t character, char out[static 16])
{
	if (len == 0)
		return (size_t)snprintf(out, 16, "\xEF\xBF\xBD");
	if (character == '"' || character == '\\')
		return (size_t)snprintf(out, 16, "\\%c", (int)character);
	size_t hidden;
	if (printable_head(str_head(text, len), &hidden) == 0) /* none of them is past U+FFFF */
		return (size_t)snprintf(out, 16, "\\u%04x", (unsigned)character);
	memcpy(out, text.data, len);
	return len;
}

static void line_json(struct line *line, struct str text)
{
	while (text.len > 0) {
		uint32_t character = 0;
		char out[16];
		size_t len = utf8_next(text, &character);
		size_t size = json_character(text, len, character, out);
		if (size + strlen(JSON_END) > line_room(line) || !line_piece(line, out, size))
			return;
		text = str_from_index(text, len > 0 ? len : 1);
	}
}

static void line_write_json(struct line *line, enum log_level level, struct str message)
{
	char start[128], time[CLOCK_TEXT_SIZE];
	if (is_journal()) {
		snprintf(start, sizeof(start), "<%d>", levels[level].priority);
		line_piece(line, start, strlen(start));
	}
	clock_text(clock_wall(), time);
	snprintf(start, sizeof(start), "{\"time\":\"%s\",\"level\":\"%s\"", time, levels[level].name);
	line_piece(line, start, strlen(start));
	for (size_t i = 0; i < LOG_FIELD_COUNT; i++) {
		if (fields[i].text[0] == '\0')
			continue;
		snprintf(start, sizeof(start), ",\"%s\":\"", fields[i].name);
		line_piece(line, start, strlen(start));
		line_json(line, str_from(fields[i].text));
		line_piece(line, "\"", 1);
	}
	line_piece(line, ",\"message\":\"", strlen(",\"message\":\""));
	line_json(line, message);
	line_piece(line, JSON_END, strlen(JSON_END));
}

/* ------------------------------------------------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 0))) static void log_line(enum log_level level, const char *format, va_list args)
{
	if (!log_enabled(level))
		return;

	int errno_before = errno;
	char text[PIPE_BUF];
	struct line line = {.len = 0};
	vsnprintf(text, sizeof(text), format, args);
	if (sink) {
		sink(sink_context, level, text);
		errno = errno_before;
		return;
	}
	struct str message = utf8_head(str_from(text), sizeof(text) - 4);
	if (current_format == LOG_FORMAT_JSON)
		line_write_json(&line, level, message);
	else
		line_write(&line, level, message);
	line.data[line.len++] = '\n';

	ssize_t written;
	do {
		written = write(STDERR_FILENO, line.data, line.len);
	} while (written < 0 && errno == EINTR);
	errno = errno_before;
}

void log_set_level(enum log_level level)
{
	highest = level;
}

bool log_enabled(enum log_level level)
{
	return level <= highest;
}

bool log_open(const char *path, struct error *error)
{
	int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
	if (descriptor < 0)
		return error_set_system(error, errno, "cannot open the log %s", path);
	if (descriptor == STDERR_FILENO) { /* it was closed; now it is open and stays so for children */
		fcntl(descriptor, F_SETFD, 0);
		return true;
	}

	int result;
	do {
		result = dup2(descriptor, STDERR_FILENO);
	} while (result < 0 && errno == EINTR);
	int number = errno;
	close(descriptor);
	return result >= 0 || error_set_system(error, number, "cannot write the log %s", path);
}

void log_set_sink(void (*take)(void *context, enum log_level level, const char *text), void *context)
{
	sink = take;
	sink_context = context;
}

void log_set_format(enum log_format format)
{
	current_format = format;
}

enum log_format log_get_format(void)
{
	return current_format;
}

void log_set_field(enum log_field field, const char *text)
{
	struct str word = utf8_head(str_from(text), fields[field].size - 1);
	memcpy(fields[field].text, word.data, word.len);
	fields[field].text[word.len] = '\0';
}

const char *log_get_field(enum log_field field)
{
	return fields[field].text;
}

void log_set_context(const char *request)
{
	log_set_field(LOG_FIELD_REQUEST, request);
	log_set_field(LOG_FIELD_HOOK, NULL);
	log_set_field(LOG_FIELD_RUN, NULL);
}

void log_error(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}
