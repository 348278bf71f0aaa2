/*
 * application/x-www-form-urlencoded, of bodies and queries, as Go's url.ParseQuery reads it: pairs are separated by
 * '&' only, a pair with a ';' or a bad escape is left out, '+' is a space.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/hex.h"
#include "payload/payload.h"
#include "payload/value.h"

struct reader {
	struct arena *arena;
	struct value *map;
	struct buf name, text; /* of the pair at hand */
};

/* Undoes the escapes of text into *out. The error may be NULL: the first one is enough. */
static bool unescape(struct str text, struct buf *out, struct error *error)
{
	buf_clear(out);
	buf_reserve(out, text.len);
	for (size_t i = 0; i < text.len; i++) {
		int byte = (unsigned char)text.data[i];

		if (byte == '%') {
			struct str escape = str_head(str_from_index(text, i), 3);

			byte = hex_byte(str_from_index(escape, 1));
			if (byte < 0)
				return error != NULL && error_set(error, ERROR_INVALID, "\"%.*s\" is no percent escape",
				                                  STR_ARGS(escape));
			i += 2;
		} else if (byte == '+') {
			byte = ' ';
		}
		buf_append_byte(out, (char)(unsigned char)byte);
	}
	return true;
}

/* Takes one pair into the map of the reader, where its name is not there yet. */
static bool take_pair(struct reader *reader, struct str pair, struct error *error)
{
	size_t equals = str_find(pair, '=');

	if (str_find(pair, ';') < pair.len)
		return error != NULL && error_set(error, ERROR_INVALID, "';' does not separate fields");
	if (!unescape(str_head(pair, equals), &reader->name, error) ||
	    !unescape(str_from_index(pair, equals < pair.len ? equals + 1 : equals), &reader->text, error))
		return false;
	if (value_map_get(reader->map, buf_str(&reader->name)) == NULL)
		value_map_set(reader->arena, reader->map, buf_str(&reader->name),
		              value_string(reader->arena, buf_str(&reader->text)));
	return true;
}

bool payload_parse_form(struct arena *arena, struct str text, struct value **out, struct error *error)
{
	struct reader reader = {.arena = arena, .map = value_map(arena), .name = BUF_INIT, .text = BUF_INIT};
	struct str pair;
	size_t count = 0;
	bool good = true;

	*out = reader.map;
	while (str_split_next(&text, '&', &pair)) {
		if (pair.len == 0)
			continue;
		if (++count > PAYLOAD_FIELDS) {
			good = error_set(error, ERROR_TOO_LARGE, "more than %d fields", PAYLOAD_FIELDS);
			break;
		}
		if (!take_pair(&reader, pair, good ? error : NULL))
			good = false;
	}
	buf_release(&reader.name);
	buf_release(&reader.text);
	return good;
}
