/*
 * The words and patterns of `on`, `branches`, `tags` and `paths`.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/glob.h"
#include "config/keys.h"
#include "hook/filter.h"

/* A list of texts, or one alone. */
static bool read_texts(struct key_reader *reader, const struct key *key, const struct yaml_node *node,
                       struct text_list *texts)
{
	const struct key row = {.name = key->name, .type = KEY_TEXT_LIST};
	return keys_read_value(reader, &row, node, texts);
}

/* The place of a text of the list. */
static struct position position_of(const struct yaml_node *node, size_t index)
{
	return node->kind == YAML_LIST ? node->items[index]->position : node->position;
}

/* A word that is probably a common type misspelt, which would never come. */
static const char *find_meant(struct str word)
{
	struct str type = str_head(word, str_find(word, '.'));

	for (const char *const *meant = filter_types; *meant; meant++) {
		unsigned distance = str_distance(type, str_from(*meant));
		if (distance > 0 && distance <= 2 && type.len > 3 && !str_equal_nocase(type, str_from(*meant)))
			return *meant;
	}
	return NULL;
}

bool filter_read_events(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct text_list *events = field;
	bool good = read_texts(reader, key, node, events);

	for (size_t i = 0; good && i < events->count; i++) {
		const char *meant = find_meant(events->items[i]);
		if (events->items[i].len == 0)
			return keys_problem(reader, position_of(node, i), "%s: the name of an event is empty",
			                    key->name);
		if (meant)
			keys_warn(reader, position_of(node, i),
			          "%s: \"%.*s\" is taken for a forge's own word; did you mean %s?", key->name,
			          STR_ARGS(str_head(events->items[i], 64)), meant);
	}
	return good;
}

bool filter_read_patterns(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct text_list *patterns = field;
	struct error error = ERROR_INIT;
	bool good = read_texts(reader, key, node, patterns);

	for (size_t i = 0; good && i < patterns->count; i++) {
		if (!glob_check(patterns->items[i], &error))
			good = keys_problem(reader, position_of(node, i), "%s: %s", key->name, error.message);
	}
	return good;
}
