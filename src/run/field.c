/*
 * Writing and reading of named values. A length is checked against what is there before anything is taken.
 */
#include "run/field.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/number.h"

void field_write(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, "%s %zu\n", name, value.len);
	buf_append_str(out, value);
}

void field_write_number(struct buf *out, const char *name, int64_t value)
{
	struct buf text = BUF_INIT;
	buf_printf(&text, "%" PRId64, value);
	field_write(out, name, buf_str(&text));
	buf_release(&text);
}

enum field_step field_next(struct str *text, struct str *name, struct str *value)
{
	if (text->len == 0)
		return FIELD_END;
	size_t end = str_find(*text, '\n');
	struct str line = str_head(*text, end);
	size_t space = str_find(line, ' ');
	if (end == text->len || space == 0 || space == line.len)
		return FIELD_MALFORMED;

	struct str rest = str_from_index(*text, end + 1);
	uint64_t length;
	if (!number_parse_unsigned(str_from_index(line, space + 1), 0, rest.len, &length))
		return FIELD_MALFORMED;
	*name = str_head(line, space);
	*value = str_head(rest, (size_t)length);
	*text = str_from_index(rest, (size_t)length);
	return FIELD_TAKEN;
}
