/*
 * multipart/form-data (RFC 7578), as webhook 2.8.0 takes it from Go: the first value of a name, and files that are JSON.
 * A file wins over a value of its name, wherever it stands; of two files the first counts, even where it is ignored.
 * Beside that all files are listed for whoever passes them on.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "payload/media_type.h"
#include "payload/multipart_reader.h"
#include "payload/payload.h"
#include "payload/quoted_printable.h"
#include "payload/value.h"

struct form {
	struct arena *arena;
	const struct payload_input *input;
	struct value *values;
	struct value *files;  /* a map; null for a file that is ignored */
	size_t json_values;   /* left of PAYLOAD_VALUES for all files together */
	struct arena scratch; /* for one part */
	struct buf decoded;
};

static bool find_boundary(struct arena *arena, struct str content_type, struct str *boundary, struct error *error)
{
	struct media_type type;

	if (!media_type_parse(arena, content_type, &type, error))
		return error_prefix(error, "Content-Type");
	if (!str_equal_c(type.type, "multipart/form-data"))
		return error_set(error, ERROR_INVALID, "the Content-Type of the request is another");
	if (!media_type_find(arena, &type, STR("boundary"), boundary))
		return error_set(error, ERROR_INVALID, "the Content-Type names no boundary");
	return true;
}

/* What the part's Content-Disposition says; an empty name where it is none that a form has. */
static void find_names(struct form *form, struct str disposition, struct str *name, struct str *filename)
{
	struct media_type type;
	struct error ignored = ERROR_INIT;

	*name = *filename = STR("");
	if (!media_type_parse(&form->scratch, disposition, &type, &ignored) || !str_equal_c(type.type, "form-data"))
		return;
	media_type_find(&form->scratch, &type, STR("name"), name);
	media_type_find(&form->scratch, &type, STR("filename"), filename);
}

static bool is_named_json(const struct payload_input *input, struct str name)
{
	for (size_t i = 0; i < input->json_part_count; i++) {
		if (str_equal(input->json_parts[i], name))
			return true;
	}
	return false;
}

/* Only a text past the limits is an error. */
static bool read_json(struct form *form, struct str name, struct str text, struct value **out, struct error *error)
{
	struct error problem = ERROR_INIT;

	if (payload_parse_json_part(form->arena, text, &form->json_values, out, &problem))
		return true;
	if (problem.kind == ERROR_TOO_LARGE)
		return error_set(error, problem.kind, "%s", problem.message);
	log_warning("multipart body: the file \"%.*s\" is taken as null: %s", STR_ARGS(name), problem.message);
	/* In Go a map that is nil: no element can be found in it, and it is written as null, also as text. */
	*out = value_number(form->arena, STR("null"));
	return true;
}

static bool take_file(struct form *form, struct str name, bool json, struct str text, struct error *error)
{
	struct value *value = NULL;

	if (value_map_get(form->files, name) != NULL)
		return true;
	if (!json && !is_named_json(form->input, name))
		value = value_null(form->arena);
	else if (!read_json(form, name, text, &value, error))
		return false;
	value_map_set(form->arena, form->files, name, value);
	return true;
}

/* What it keeps is not the part's, whose memory serves the next one. */
static void note_upload(struct form *form, struct str name, struct str filename, struct str type, struct str content)
{
	struct payload_uploads *uploads = form->input->uploads;
	bool borrowed = form->decoded.len == 0 || content.data != form->decoded.data;

	if (uploads == NULL)
		return;
	uploads->items =
		arena_grow(form->arena, uploads->items, uploads->count, &uploads->capacity, sizeof(*uploads->items));
	uploads->items[uploads->count++] = (struct payload_upload){
		.name = str_copy(form->arena, name),
		.filename = str_copy(form->arena, filename),
		.type = str_copy(form->arena, type),
		.content = borrowed ? content : str_copy(form->arena, content),
	};
}

static bool take_part(struct form *form, const struct multipart_part *part, struct error *error)
{
	struct str name, filename, text = part->content;

	find_names(form, part->disposition, &name, &filename);
	if (name.len == 0)
		return true;
	if (str_equal_nocase(part->encoding, STR("quoted-printable"))) {
		if (!quoted_printable_decode(text, &form->decoded, error))
			return false;
		text = buf_str(&form->decoded);
	}
	if (filename.len > 0) {
		note_upload(form, name, filename, part->type, text);
		return take_file(form, name, part->json, text, error);
	}
	if (value_map_get(form->values, name) == NULL)
		value_map_set(form->arena, form->values, name, value_string(form->arena, text));
	return true;
}

static bool take_parts(struct form *form, struct multipart_reader *reader, struct error *error)
{
	struct multipart_part part;
	bool more;

	while (multipart_next(reader, &form->scratch, &part, &more, error)) {
		if (!more)
			return true;
		if (!take_part(form, &part, error))
			return error_prefix(error, "part %zu", reader->parts);
		arena_reset(&form->scratch);
	}
	return false;
}

/* Puts the files in their places; NULL where the form is empty. */
static struct value *join(struct form *form)
{
	for (size_t i = 0; i < form->files->as.map.count; i++) {
		const struct value_entry *file = &form->files->as.map.entries[i];

		if (file->value->kind != VALUE_NULL)
			value_map_set(form->arena, form->values, file->key, file->value);
	}
	return form->values->as.map.count > 0 ? form->values : NULL;
}

bool payload_parse_multipart(struct arena *arena, const struct payload_input *input, struct value **out,
                             struct error *error)
{
	struct form form = {.arena = arena,
	                    .input = input,
	                    .values = value_map(arena),
	                    .files = value_map(arena),
	                    .json_values = PAYLOAD_VALUES,
	                    .scratch = ARENA_INIT,
	                    .decoded = BUF_INIT};
	struct multipart_reader reader;
	struct str boundary;
	bool good;

	*out = NULL;
	if (!find_boundary(arena, input->header_type, &boundary, error))
		return false;
	good = multipart_reader_init(&reader, input->body, boundary, error) && take_parts(&form, &reader, error);
	if (good)
		*out = join(&form);
	multipart_reader_release(&reader);
	arena_release(&form.scratch);
	buf_release(&form.decoded);
	return good;
}
