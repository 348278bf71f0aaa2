/*
 * One value, read as its key's row says. A value that cannot be used leaves its field as it was, and messages quote
 * no value that may be a secret: only words, numbers, sizes and durations.
 */
#include "config/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/number.h"

bool keys_problem(struct key_reader *reader, struct position position, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const char *text = arena_vprintf(reader->arena, format, args);
	va_end(args);
	problem_add(reader->problems, position, "%s%s%s", reader->thing ? reader->thing : "", reader->thing ? ": " : "",
	            text);
	return false;
}

void keys_warn(struct key_reader *reader, struct position position, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const char *text = arena_vprintf(reader->arena, format, args);
	va_end(args);
	problem_warn(reader->problems, position, "%s%s%s", reader->thing ? reader->thing : "",
	             reader->thing ? ": " : "", text);
}

bool keys_expected(struct key_reader *reader, const struct key *key, const struct yaml_node *node, const char *what)
{
	return keys_problem(reader, node->position, "%s: expected %s, found %s", key->name, what, yaml_kind_name(node));
}

struct str keys_path(const struct key_reader *reader, struct str path)
{
	if (!reader->folder || path.len == 0 || path.data[0] == '/')
		return path;
	return str_from(file_join(reader->arena, reader->folder, str_to_c(reader->arena, path)));
}

/* Makes a text what the key's row wants, where it allows it. */
static bool take_text(struct key_reader *reader, const struct key *key, struct position position, struct str *text)
{
	struct error error = ERROR_INIT;

	if (str_has_nul(*text))
		return keys_problem(reader, position, "%s: a NUL byte in the text", key->name);
	if (key->check && !key->check(*text, &error))
		return keys_problem(reader, position, "%s: %s", key->name, error.message);
	if (key->path)
		*text = keys_path(reader, *text);
	return true;
}

/* "a, b or c" */
static const char *list_words(struct arena *arena, const char *const *words)
{
	char *list = arena_strdup(arena, words[0]);

	for (size_t i = 1; words[i]; i++)
		list = arena_printf(arena, "%s%s%s", list, words[i + 1] ? ", " : " or ", words[i]);
	return list;
}

static bool is_one_of(const char *const *words, struct str text)
{
	for (; *words; words++) {
		if (str_equal_c(text, *words))
			return true;
	}
	return false;
}

/* What YAML keeps of a scalar, with a warning where that is not what is written. */
static bool scalar_text(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                        struct str *text)
{
	if (node->kind != YAML_SCALAR)
		return keys_expected(reader, key, node, "a text");
	*text = yaml_scalar_text(reader->arena, node);
	if (node->scalar != YAML_NULL && !str_equal(*text, node->text))
		keys_warn(
			reader, node->position,
			"%s: YAML reads this as %s and keeps it in another form: put it in quotes to keep it as it is",
			key->name, node->scalar == YAML_BOOL ? "true or false" : "a number");
	return true;
}

static bool read_text(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct str text;

	if (!scalar_text(reader, key, node, &text) || !take_text(reader, key, node->position, &text))
		return false;
	if (key->words && !is_one_of(key->words, text))
		return keys_problem(reader, node->position, "%s: expected %s, found \"%.*s\"", key->name,
		                    list_words(reader->arena, key->words), STR_ARGS(str_head(text, 64)));
	*(struct str *)field = text;
	return true;
}

/* What was expected, and where the quotes are all that is wrong, that too. */
static const char *expectation(struct arena *arena, const struct yaml_node *node, enum yaml_scalar class,
                               const char *what)
{
	bool quotes = node->kind == YAML_SCALAR && node->quoted && yaml_scalar_class(node->text) == class;

	return quotes ? arena_printf(arena, "%s without quotes", what) : what;
}

static bool read_bool(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	if (node->kind != YAML_SCALAR || node->scalar != YAML_BOOL)
		return keys_expected(reader, key, node, expectation(reader->arena, node, YAML_BOOL, "true or false"));
	*(bool *)field = yaml_scalar_true(node);
	return true;
}

static bool has_bounds(const struct key *key)
{
	return key->minimum != 0 || key->maximum != 0;
}

/* "a number from 1 to 9": what a number, size or duration may be. */
static const char *describe(struct arena *arena, const struct key *key)
{
	const char *minimum = arena_printf(arena, "%lld", (long long)key->minimum);
	const char *maximum = arena_printf(arena, "%lld", (long long)key->maximum);
	const char *what = key->type == KEY_NUMBER ? "a whole number"
	                   : key->type == KEY_SIZE ? "a size such as 25MiB"
	                                           : "a duration such as 30s, 10m or 1h30m, or none";
	const char *unit = key->type == KEY_SIZE ? " bytes" : key->type == KEY_DURATION ? " ms" : "";

	if (!has_bounds(key))
		return what;
	if (key->maximum == INT64_MAX)
		return arena_printf(arena, "%s, at least %s%s", what, minimum, unit);
	return arena_printf(arena, "%s from %s to %s%s", what, minimum, maximum, unit);
}

/* Sets a number where it is within bounds. */
static bool take_number(struct key_reader *reader, const struct key *key, const struct yaml_node *node, int64_t number,
                        void *field)
{
	if (has_bounds(key) && (number < key->minimum || number > key->maximum))
		return keys_problem(reader, node->position, "%s: expected %s, found %.*s", key->name,
		                    describe(reader->arena, key), STR_ARGS(str_head(node->text, 64)));
	*(int64_t *)field = number;
	return true;
}

static bool read_number(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	int64_t number;

	if (node->kind != YAML_SCALAR || !yaml_scalar_integer(node, &number))
		return keys_expected(reader, key, node,
		                     expectation(reader->arena, node, YAML_INTEGER, describe(reader->arena, key)));
	return take_number(reader, key, node, number, field);
}

static bool read_size(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	uint64_t size;

	if (node->kind != YAML_SCALAR || node->scalar == YAML_NULL)
		return keys_expected(reader, key, node, describe(reader->arena, key));
	if (!number_parse_size(node->text, &size) || size > INT64_MAX)
		return keys_problem(reader, node->position, "%s: expected %s, found \"%.*s\"", key->name,
		                    describe(reader->arena, key), STR_ARGS(str_head(node->text, 64)));
	return take_number(reader, key, node, (int64_t)size, field);
}

static bool read_duration(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	int64_t duration;

	if (node->kind != YAML_SCALAR || node->scalar == YAML_NULL)
		return keys_expected(reader, key, node, describe(reader->arena, key));
	if (str_equal_nocase(node->text, STR("none"))) {
		*(int64_t *)field = -1;
		return true;
	}
	if (!number_parse_duration(node->text, &duration))
		return keys_problem(reader, node->position, "%s: expected %s, found \"%.*s\"", key->name,
		                    describe(reader->arena, key), STR_ARGS(str_head(node->text, 64)));
	return take_number(reader, key, node, duration, field);
}

static bool read_mode(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	unsigned mode;

	if (node->kind != YAML_SCALAR || !number_parse_mode(node->text, &mode))
		return keys_expected(reader, key, node, "a file mode in three or four octal digits such as 0660");
	*(unsigned *)field = mode;
	return true;
}

/* A list that is being read. */
struct list_reader {
	struct key_reader *reader;
	const struct key *key;
	struct text_list list;
	size_t capacity;
};

static bool add_text(struct list_reader *into, struct position position, struct str text)
{
	struct text_list *list = &into->list;

	if (!take_text(into->reader, into->key, position, &text))
		return false;
	list->items = arena_grow(into->reader->arena, list->items, list->count, &into->capacity, sizeof(struct str));
	list->items[list->count++] = text;
	return true;
}

/* A text, or its parts between commas, trimmed; empty parts are dropped. */
static bool add_texts(struct list_reader *into, const struct yaml_node *node)
{
	struct str text, part;

	if (!scalar_text(into->reader, into->key, node, &text))
		return false;
	if (!into->key->commas)
		return add_text(into, node->position, text);
	while (str_split_next(&text, ',', &part)) {
		part = str_copy(into->reader->arena, str_trim(part));
		if (part.len > 0 && !add_text(into, node->position, part))
			return false;
	}
	return true;
}

static bool read_text_list(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct list_reader into = {.reader = reader, .key = key};
	bool good = true;

	if (node->kind == YAML_MAP)
		return keys_expected(reader, key, node, "a list of texts");
	if (node->kind == YAML_SCALAR)
		good = add_texts(&into, node);
	for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
		good = add_texts(&into, node->items[i]) && good;
	if (good)
		*(struct text_list *)field = into.list;
	return good;
}

static bool read_refused(struct key_reader *reader, const struct key *key, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR && node->scalar == YAML_BOOL && !yaml_scalar_true(node))
		return true;
	return keys_problem(reader, node->position, "%s: %s", key->name, key->summary);
}

bool keys_read_value(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *fields)
{
	void *field = (char *)fields + key->offset;

	switch (key->type) {
	case KEY_TEXT:
		return read_text(reader, key, node, field);
	case KEY_BOOL:
		return read_bool(reader, key, node, field);
	case KEY_NUMBER:
		return read_number(reader, key, node, field);
	case KEY_SIZE:
		return read_size(reader, key, node, field);
	case KEY_DURATION:
		return read_duration(reader, key, node, field);
	case KEY_MODE:
		return read_mode(reader, key, node, field);
	case KEY_TEXT_LIST:
		return read_text_list(reader, key, node, field);
	case KEY_MAP:
		return keys_read(reader, node, key->keys, key->key_count, field);
	case KEY_CUSTOM:
		return key->read(reader, key, node, field);
	case KEY_REFUSED:
		return read_refused(reader, key, node);
	case KEY_IGNORED:
		break;
	}
	return true;
}
