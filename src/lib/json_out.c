/*
 * The document is always well formed up to the last piece: what goes before a value is written with that value.
 */
#include "lib/json_out.h"

#include "base/buf.h"
#include "lib/json.h"

static void break_line(struct json_out *out)
{
	if (out->flat != 0 && out->depth >= out->flat)
		return;
	buf_append_byte(out->text, '\n');
	for (unsigned i = 0; i < out->depth; i++)
		buf_append_byte(out->text, '\t');
}

/* What stands before a value or a key. */
static void separate(struct json_out *out)
{
	bool flat = out->flat != 0 && out->depth >= out->flat;

	if (!out->after_key && out->filled)
		buf_append_c(out->text, flat ? ", " : ",");
	if (!out->after_key && out->depth > 0)
		break_line(out);
	out->after_key = false;
	out->filled = true;
}

static void begin(struct json_out *out, char bracket)
{
	separate(out);
	buf_append_byte(out->text, bracket);
	out->depth++;
	out->filled = false;
}

static void end(struct json_out *out, char bracket)
{
	bool flat = out->flat != 0 && out->depth >= out->flat;

	out->depth--;
	if (out->filled && !flat)
		break_line(out);
	if (out->depth < out->flat)
		out->flat = 0;
	buf_append_byte(out->text, bracket);
	out->filled = true;
	if (out->depth == 0)
		buf_append_byte(out->text, '\n');
}

void json_out_map_begin(struct json_out *out)
{
	begin(out, '{');
}

void json_out_map_end(struct json_out *out)
{
	end(out, '}');
}

void json_out_list_begin(struct json_out *out)
{
	begin(out, '[');
}

void json_out_list_end(struct json_out *out)
{
	end(out, ']');
}

void json_out_flat(struct json_out *out)
{
	if (out->flat == 0)
		out->flat = out->depth + 1;
}

void json_out_key(struct json_out *out, const char *key)
{
	separate(out);
	json_write_string(out->text, str_from(key));
	buf_append_c(out->text, ": ");
	out->after_key = true;
}

void json_out_text(struct json_out *out, struct str text)
{
	separate(out);
	json_write_string(out->text, text);
}

void json_out_number(struct json_out *out, int64_t number)
{
	separate(out);
	buf_printf(out->text, "%lld", (long long)number);
}

void json_out_bool(struct json_out *out, bool value)
{
	separate(out);
	buf_append_c(out->text, value ? "true" : "false");
}

void json_out_null(struct json_out *out)
{
	separate(out);
	buf_append_c(out->text, "null");
}

void json_out_key_text(struct json_out *out, const char *key, const char *text)
{
	json_out_key(out, key);
	json_out_text(out, str_from(text));
}
