/*
 * Boundaries, headers and contents. The body is read front to back, once: reader->rest is what nobody has taken yet.
 */
#include "payload/multipart_reader.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"

bool multipart_reader_init(struct multipart_reader *reader, struct str body, struct str boundary, struct error *error)
{
	*reader = (struct multipart_reader){.rest = body, .delimiter = BUF_INIT};
	if (boundary.len == 0)
		return error_set(error, ERROR_INVALID, "the boundary is empty");
	buf_append_c(&reader->delimiter, "\r\n--");
	buf_append_str(&reader->delimiter, boundary);
	reader->next = buf_str(&reader->delimiter);
	reader->newline = str_head(reader->next, 2);
	reader->begins = str_from_index(reader->next, 2);
	return true;
}

void multipart_reader_release(struct multipart_reader *reader)
{
	buf_release(&reader->delimiter);
}

static struct str skip_blanks(struct str text)
{
	size_t start = 0;

	while (start < text.len && (text.data[start] == ' ' || text.data[start] == '\t'))
		start++;
	return str_from_index(text, start);
}

static struct str trim_blanks(struct str text)
{
	text = skip_blanks(text);
	while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* Takes a line with its end, which the last one may lack. */
static struct str take_line(struct multipart_reader *reader)
{
	struct str line = str_head(reader->rest, str_find(reader->rest, '\n') + 1);

	reader->rest = str_from_index(reader->rest, line.len);
	return line;
}

/* --- Boundaries ----------------------------------------------------------------------------------------------------- */

/* "--BOUNDARY", blanks, a newline. The first one says how lines end. */
static bool is_boundary(struct multipart_reader *reader, struct str line)
{
	struct str rest = skip_blanks(str_from_index(line, reader->begins.len));

	if (!str_starts(line, reader->begins))
		return false;
	if (reader->parts == 0 && str_equal_c(rest, "\n")) {
		reader->newline = STR("\n");
		reader->next = str_from_index(buf_str(&reader->delimiter), 1);
	}
	return str_equal(rest, reader->newline);
}

/* "--BOUNDARY--", blanks, a newline or the end of the body. */
static bool is_last_boundary(const struct multipart_reader *reader, struct str line)
{
	struct str rest = str_from_index(line, reader->begins.len);

	if (!str_starts(line, reader->begins) || !str_starts(rest, STR("--")))
		return false;
	rest = skip_blanks(str_from_index(rest, 2));
	return rest.len == 0 || str_equal(rest, reader->newline);
}

/* Takes lines up to a boundary: of the first part any, of the next ones at most the newline before it. */
static bool find_boundary(struct multipart_reader *reader, bool *more, struct error *error)
{
	bool separated = false;

	for (;;) {
		struct str line = take_line(reader);

		if (line.len > MULTIPART_LINE)
			return error_set(error, ERROR_TOO_LARGE, "a line of more than %d bytes outside of parts",
			                 MULTIPART_LINE);
		*more = is_boundary(reader, line);
		if (*more || is_last_boundary(reader, line))
			return true;
		if (!str_ends(line, STR("\n")))
			return error_set(error, ERROR_INVALID, "it ends without its last boundary");
		if (separated || (reader->parts > 0 && !str_equal(line, reader->newline)))
			return error_set(error, ERROR_INVALID, "a boundary was expected behind part %zu",
			                 reader->parts);
		separated = reader->parts > 0;
	}
}

/* --- Headers -------------------------------------------------------------------------------------------------------- */

/* Takes a line without its end, and blanks at both. */
static struct str take_header_line(struct multipart_reader *reader)
{
	struct str line = take_line(reader);

	if (str_ends(line, STR("\n")))
		line.len--;
	if (str_ends(line, STR("\r")))
		line.len--;
	return trim_blanks(line);
}

static bool is_continued(const struct multipart_reader *reader)
{
	return reader->rest.len > 0 && (reader->rest.data[0] == ' ' || reader->rest.data[0] == '\t');
}

/* The line and those that continue it, joined by spaces. */
static struct str join_lines(struct multipart_reader *reader, struct arena *arena, struct str line)
{
	struct buf joined = BUF_INIT;

	if (!is_continued(reader))
		return line;
	buf_append_str(&joined, line);
	while (is_continued(reader)) {
		buf_append_byte(&joined, ' ');
		buf_append_str(&joined, take_header_line(reader));
	}
	line = str_copy(arena, buf_str(&joined));
	buf_release(&joined);
	return line;
}

static void keep_first(struct str *kept, struct str value)
{
	if (kept->data == NULL)
		*kept = value;
}

static void take_header(struct multipart_part *part, struct str name, struct str value)
{
	if (str_equal_nocase(name, STR("Content-Disposition")))
		keep_first(&part->disposition, value);
	else if (str_equal_nocase(name, STR("Content-Transfer-Encoding")))
		keep_first(&part->encoding, value);
	if (!str_equal_nocase(name, STR("Content-Type")))
		return;
	keep_first(&part->type, value);
	part->json |= str_equal_c(value, "application/json");
}

/* Takes the headers and the empty line behind them; *whole is false where the body ends before it. */
static bool take_headers(struct multipart_reader *reader, struct arena *arena, struct multipart_part *part, bool *whole,
                         struct error *error)
{
	size_t start = reader->rest.len;

	if (is_continued(reader))
		return error_set(error, ERROR_INVALID, "its first header begins with a blank");
	for (;;) {
		bool ended = reader->rest.len == 0;
		struct str line = take_header_line(reader);
		size_t colon = str_find(line, ':');

		if (line.len > 0 && colon == line.len)
			return error_set(error, ERROR_INVALID, "a header without a colon");
		if (line.len > 0)
			line = join_lines(reader, arena, line);
		if (start - reader->rest.len > MULTIPART_HEADERS)
			return error_set(error, ERROR_TOO_LARGE, "more than %zu bytes of headers", MULTIPART_HEADERS);
		*whole = !ended;
		if (line.len == 0)
			break;
		take_header(part, str_head(line, colon), skip_blanks(str_from_index(line, colon + 1)));
	}
	keep_first(&part->disposition, STR(""));
	keep_first(&part->encoding, STR(""));
	keep_first(&part->type, STR(""));
	return true;
}

/* --- Contents ------------------------------------------------------------------------------------------------------- */

/* Whether a boundary ends here: else it is one that only begins like ours. */
static bool ends_boundary(struct str behind)
{
	return behind.len == 0 || str_find(STR(" \t\r\n"), behind.data[0]) < 4 || str_starts(behind, STR("--"));
}

/* Takes all before the next boundary, whose newline stays for find_boundary. */
static bool take_content(struct multipart_reader *reader, struct str *out, struct error *error)
{
	struct str rest = reader->rest;

	*out = STR("");
	if (str_starts(rest, reader->begins) && ends_boundary(str_from_index(rest, reader->begins.len)))
		return true;
	for (;;) {
		const char *found = memmem(rest.data, rest.len, reader->next.data, reader->next.len);

		if (found == NULL)
			return error_set(error, ERROR_INVALID, "it ends in its content");
		rest = str_from_index(rest, (size_t)(found - rest.data) + reader->next.len);
		if (ends_boundary(rest)) {
			*out = str_head(reader->rest, (size_t)(found - reader->rest.data));
			reader->rest = str_from_index(reader->rest, out->len);
			return true;
		}
	}
}

bool multipart_next(struct multipart_reader *reader, struct arena *arena, struct multipart_part *part, bool *more,
                    struct error *error)
{
	*part = (struct multipart_part){.json = false};
	if (!find_boundary(reader, more, error))
		return false;
	if (!*more)
		return true;
	if (++reader->parts > MULTIPART_PARTS)
		return error_set(error, ERROR_TOO_LARGE, "more than %d parts", MULTIPART_PARTS);
	if (!take_headers(reader, arena, part, more, error) || (*more && !take_content(reader, &part->content, error)))
		return error_prefix(error, "part %zu", reader->parts);
	return true;
}
