/*
 * Words by table. They match as they are written, as in the reference: "Header" is no source.
 */
#include "hook/word.h"

#include "base/arena.h"

/* A third of the letters, at most three, may be wrong: what is farther is another word. */
static unsigned slips_allowed(struct str text)
{
	return text.len < 6 ? 1 : text.len < 9 ? 2 : 3;
}

static const struct word *find_nearest(const struct word_table *table, struct str text)
{
	const struct word *best = NULL;
	unsigned least = slips_allowed(text) + 1;

	for (size_t i = 0; i < table->count; i++) {
		unsigned distance = str_distance(text, str_from(table->words[i].name));
		if (distance < least && !table->words[i].instead) {
			least = distance;
			best = &table->words[i];
		}
	}
	return best;
}

/* "a, b, c" without the old spellings. */
static const char *list_words(struct arena *arena, const struct word_table *table)
{
	const char *list = "";
	for (size_t i = 0; i < table->count; i++) {
		if (!table->words[i].instead)
			list = arena_printf(arena, "%s%s%s", list, list[0] ? ", " : "", table->words[i].name);
	}
	return list;
}

static bool fail(struct key_reader *reader, const struct word_table *table, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR)
		return keys_problem(reader, node->position, "%s: expected one of %s, found %s", table->what,
		                    list_words(reader->arena, table), yaml_kind_name(node));

	struct str text = str_head(node->text, 64);
	const struct word *nearest = find_nearest(table, text);
	if (nearest)
		return keys_problem(reader, node->position, "%s: there is no \"%.*s\": did you mean \"%s\"?",
		                    table->what, STR_ARGS(text), nearest->name);
	return keys_problem(reader, node->position, "%s: there is no \"%.*s\": expected one of %s", table->what,
	                    STR_ARGS(text), list_words(reader->arena, table));
}

bool word_read(struct key_reader *reader, const struct word_table *table, const struct yaml_node *node, int *value)
{
	for (size_t i = 0; node->kind == YAML_SCALAR && i < table->count; i++) {
		const struct word *word = &table->words[i];
		if (!str_equal_c(node->text, word->name))
			continue;
		if (word->instead)
			keys_warn(reader, node->position, "%s: %s is the old name of %s", table->what, word->name,
			          word->instead);
		*value = word->value;
		return true;
	}
	return fail(reader, table, node);
}
