/*
 * The arguments of `dagger call`, one after the other. Each option is one word with its value behind a '=': dagger looks for
 * its own options in all of the command line first, and an option's value must not be taken for one.
 */
#include "hook/dagger_layout.h"

#include "base/arena.h"
#include "config/keys.h"
#include "config/yaml.h"
#include "hook/dagger.h"
#include "hook/kept_text.h"
#include "hook/source.h"
#include "run/dagger_name.h"

struct dagger_part *dagger_layout_add(struct dagger_layout *layout, struct str text)
{
	struct hook_dagger *dagger = layout->dagger;
	dagger->parts = arena_grow(layout->reader->arena, dagger->parts, dagger->part_count, &dagger->part_capacity,
	                           sizeof(*dagger->parts));
	dagger->parts[dagger->part_count] = (struct dagger_part){.text = text};
	return &dagger->parts[dagger->part_count++];
}

struct source dagger_fixed_text(struct str text, struct position position)
{
	return (struct source){
		.kind = SOURCE_STRING,
		.name = text,
		.written_name = text,
		.envname = STR(""),
		.default_value = STR(""),
		.position = position,
	};
}

void dagger_layout_add_variable(struct dagger_layout *layout, const char *name, struct source source)
{
	struct source_list *list = &layout->dagger->variables;
	source.envname = str_from(name);
	list->items =
		arena_grow(layout->reader->arena, list->items, list->count, &layout->capacity, sizeof(*list->items));
	list->items[list->count++] = source;
}

/* The option "--kebab-name=" of a key; NULL where it cannot be one, or is there already. */
static struct dagger_part *add_option(struct dagger_layout *layout, const struct yaml_node *key)
{
	struct key_reader *reader = layout->reader;
	const struct hook_dagger *dagger = layout->dagger;

	if (!dagger_name_is_valid(key->text)) {
		keys_problem(reader, key->position, "dagger: expected the name of an argument, found \"%.*s\"",
		             STR_ARGS(str_head(key->text, 64)));
		return NULL;
	}
	struct str text = str_printf(reader->arena, "--%s=", dagger_name_option(reader->arena, key->text).data);
	for (size_t i = layout->first; i < dagger->part_count; i++) {
		if (str_starts(dagger->parts[i].text, text)) {
			keys_problem(reader, key->position, "dagger: the argument %.*s comes twice",
			             STR_ARGS(str_head(key->text, 64)));
			return NULL;
		}
	}
	return dagger_layout_add(layout, text);
}

static bool read_value(struct key_reader *reader, const struct yaml_node *key, const struct yaml_node *node,
                       struct source *source)
{
	const struct key text = {.name = key->text.data, .type = KEY_TEXT};

	if (node->kind == YAML_MAP)
		return source_read(reader, node, source);
	*source = dagger_fixed_text(STR(""), node->position);
	if (node->kind != YAML_SCALAR || node->scalar == YAML_NULL)
		return keys_expected(reader, &text, node, "a text, {source, name} or a list of them");
	if (!keys_read_value(reader, &text, node, &source->name))
		return false;
	source->written_name = source->name;
	return true;
}

static bool read_argument(struct dagger_layout *layout, const struct yaml_entry *entry)
{
	struct dagger_part *part = add_option(layout, entry->key);
	const struct yaml_node *node = entry->value;
	bool good = true;

	if (!part)
		return false;
	part->list = node->kind == YAML_LIST;
	part->values.count = part->list ? node->count : 1;
	part->values.items = arena_array(layout->reader->arena, part->values.count, sizeof(*part->values.items));
	if (part->values.count == 0)
		return keys_problem(layout->reader, node->position, "dagger: the list of %.*s is empty",
		                    STR_ARGS(str_head(entry->key->text, 64)));
	for (size_t i = 0; i < part->values.count; i++)
		good = read_value(layout->reader, entry->key, part->list ? node->items[i] : node,
		                  &part->values.items[i]) &&
		       good;
	return good;
}

bool dagger_layout_read_arguments(struct dagger_layout *layout, const char *name, const struct yaml_node *node)
{
	const struct key key = {.name = name};
	bool good = true;

	if (!node)
		return true;
	if (node->kind != YAML_MAP)
		return keys_expected(layout->reader, &key, node, "a map from names to values such as {source: .}");
	for (size_t i = 0; i < node->count; i++)
		good = read_argument(layout, &node->entries[i]) && good;
	return good;
}

/* The secret of this name, in a variable. */
bool dagger_layout_read_secret(struct dagger_layout *layout, const char *variable, struct position position,
                               struct str name)
{
	struct kept_text text;

	if (!kept_text_of_name(layout->reader, position, name, &text))
		return false;
	struct source source = dagger_fixed_text(text.text, position);
	source.kind = SOURCE_SECRET;
	source.written_name = name;
	source.secret = true;
	dagger_layout_add_variable(layout, variable, source);
	return true;
}

/* With dispatch the functions that are found decide which they take. */
bool dagger_layout_read_secrets(struct dagger_layout *layout, const struct yaml_node *node)
{
	static const struct key key = {.name = "secrets"};
	struct arena *arena = layout->reader->arena;
	bool good = true;

	if (!node)
		return true;
	if (node->kind != YAML_MAP)
		return keys_expected(layout->reader, &key, node, "a map such as {token: NAME}");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *name = node->entries[i].key, *value = node->entries[i].value;
		const struct key text = {.name = name->text.data, .type = KEY_TEXT};
		struct dagger_part *part = add_option(layout, name);
		struct str secret = STR("");
		if (!part || !keys_read_value(layout->reader, &text, value, &secret)) {
			good = false;
			continue;
		}
		part->secret = true;
		struct str variable = dagger_name_variable(arena, dagger_name_option(arena, name->text));
		part->text = str_join(arena, part->text, str_join(arena, STR("env:"), variable));
		good = dagger_layout_read_secret(layout, variable.data, value->position, secret) && good;
		if (layout->dagger->dispatch)
			layout->dagger->part_count--;
	}
	return good;
}
