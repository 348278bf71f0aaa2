/*
 * Walking to a field and checking it.
 */
#include "forge/field.h"

#include "base/error.h"
#include "forge/event.h"
#include "payload/value.h"

#define PLAIN_MAX 2048

/*
 * Walks maps only: unlike value_find, a name with a dot in it stands for no path. *out is NULL where it is absent or
 * null.
 */
static bool find_value(const char *path, const struct value *payload, const struct value **out, struct error *error)
{
	struct str rest = str_from(path), name;

	while (payload != NULL && payload->kind != VALUE_NULL && str_split_next(&rest, '.', &name)) {
		if (payload->kind != VALUE_MAP)
			return error_set(error, ERROR_INVALID, "%s: found %s in place of a map", path,
			                 value_kind_name(payload->kind));
		payload = value_map_get(payload, name);
	}
	*out = payload != NULL && payload->kind != VALUE_NULL ? payload : NULL;
	return true;
}

bool field_read(const struct field *field, enum field_need need, const struct value *payload, struct str *out,
                struct error *error)
{
	const struct value *value;

	*out = STR("");
	if (!find_value(field->path, payload, &value, error))
		return false;
	if (value == NULL)
		return need == FIELD_OPTIONAL || error_set(error, ERROR_INVALID, "%s is missing", field->path);
	if (value->kind != VALUE_STRING)
		return error_set(error, ERROR_INVALID, "%s is %s, not a string", field->path,
		                 value_kind_name(value->kind));
	if (!field->valid(value->as.text))
		return error_set(error, ERROR_INVALID, "%s is not %s", field->path, field->form);
	*out = value->as.text;
	return true;
}

bool field_read_all(const struct field *fields, size_t count, enum field_need need, const struct value *payload,
                    struct event *event, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct str *out = (struct str *)(void *)((char *)event + fields[i].offset);

		if (!field_read(&fields[i], need, payload, out, error))
			return false;
	}
	return true;
}

bool field_read_flag(const char *path, const struct value *payload, bool *out, struct error *error)
{
	const struct value *value;

	*out = false;
	if (!find_value(path, payload, &value, error))
		return false;
	if (value == NULL)
		return true;
	if (value->kind != VALUE_BOOL)
		return error_set(error, ERROR_INVALID, "%s is %s, not true or false", path,
		                 value_kind_name(value->kind));
	*out = value->as.boolean;
	return true;
}

bool field_is_plain(struct str text)
{
	if (text.len == 0 || text.len > PLAIN_MAX || text.data[0] == '-')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.data[i];

		if (byte < 0x20 || byte == 0x7f)
			return false;
	}
	return true;
}
