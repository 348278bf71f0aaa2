/*
 * Walking to a field and checking it.
 */
#include "forge/field.h"

#include "base/error.h"
#include "forge/event.h"
#include "payload/value.h"

#define PLAIN_MAX 2048

/*
 * How far a list is searched. Forges name at most a few dozen commits or links; a payload made to hurt could have us
 * look through half a million for each of EVENT_MAX refs.
 */
#define FIND_MAX 1000

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

static bool is_digits(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	}
	return text.len > 0 && text.len <= 20;
}

static bool is_text(struct str text)
{
	(void)text;
	return true;
}

static bool is_short_commit(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!(text.data[i] >= '0' && text.data[i] <= '9') && !(text.data[i] >= 'a' && text.data[i] <= 'f'))
			return false;
	}
	return text.len >= 7 && text.len < 40;
}

const struct field_form field_plain = {field_is_plain, false, FIELD_PLAIN_FORM};
const struct field_form field_id = {field_is_plain, true, "a number, or " FIELD_PLAIN_FORM};
const struct field_form field_number = {is_digits, true, "a whole number"};
const struct field_form field_text = {is_text, false, "text"};
const struct field_form field_ref = {event_ref_is_valid, false, "the full name of a ref"};
const struct field_form field_branch = {event_branch_is_valid, false, "the name of a branch or tag"};
const struct field_form field_commit = {event_commit_is_valid, false,
                                        "a commit id: 40 or 64 lower-case hexadecimal digits"};
const struct field_form field_short_commit = {is_short_commit, false,
                                              "the beginning of a commit id: 7 to 39 lower-case hexadecimal digits"};

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

const struct value *field_at(const char *path, const struct value *payload)
{
	struct error ignored = ERROR_INIT;
	const struct value *value;

	return find_value(path, payload, &value, &ignored) ? value : NULL;
}

bool field_is_there(const char *path, const struct value *payload)
{
	return field_at(path, payload) != NULL;
}

struct str field_text_at(const char *path, const struct value *payload)
{
	const struct value *value = field_at(path, payload);

	return value != NULL && value->kind == VALUE_STRING ? value->as.text : STR("");
}

static bool read_field(const struct field *field, const struct value *payload, struct str *out, struct error *error)
{
	const struct value *value;
	bool number;

	if (!find_value(field->path, payload, &value, error))
		return false;
	number = value != NULL && value->kind == VALUE_NUMBER && field->form->number;
	if (value == NULL || (value->kind == VALUE_STRING && value->as.text.len == 0))
		return field->need == FIELD_OPTIONAL || error_set(error, ERROR_INVALID, "%s is missing", field->path);
	if (value->kind != VALUE_STRING && !number)
		return error_set(error, ERROR_INVALID, "%s is %s, not a string", field->path,
		                 value_kind_name(value->kind));
	if (!field->form->valid(value->as.text))
		return error_set(error, ERROR_INVALID, "%s is not %s", field->path, field->form->name);
	*out = value->as.text;
	return true;
}

bool field_read_all(const struct field *fields, size_t count, const struct value *payload, struct event *event,
                    struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct str *out = (struct str *)(void *)((char *)event + fields[i].offset);

		if (out->len == 0 && !read_field(&fields[i], payload, out, error))
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

const struct value *field_find(const char *path, const struct value *payload, const char *name, struct str text)
{
	const struct value *list = field_at(path, payload);

	for (size_t i = 0; list != NULL && list->kind == VALUE_LIST && i < list->as.list.count && i < FIND_MAX; i++) {
		const struct value *item = list->as.list.items[i];

		if (text.len > 0 && str_equal(field_text_at(name, item), text))
			return item;
	}
	return NULL;
}

struct str field_translate(const struct field_word *words, size_t count, struct str theirs)
{
	for (size_t i = 0; i < count; i++) {
		if (str_equal_c(theirs, words[i].theirs))
			return str_from(words[i].ours);
	}
	return theirs;
}
