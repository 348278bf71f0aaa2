/*
 * hook/schema.h: every key of every table is in it, and the words of each. That it means what it should is tried with a
 * validator, in tests/e2e/test_schema.py.
 */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/keys.h"
#include "hook/checkout.h"
#include "hook/dagger.h"
#include "hook/hook.h"
#include "hook/match.h"
#include "hook/response_header.h"
#include "hook/rule.h"
#include "hook/schema.h"
#include "hook/shape.h"
#include "hook/source.h"
#include "hook/word.h"

static const struct key_map *const maps[] = {
	&hook_map,     &source_map,          &rule_map,   &match_map,
	&checkout_map, &response_header_map, &dagger_map, &dagger_step_map,
};

/* The text of one definition, which ends at a line with the brace that closes it. */
static struct str definition(struct arena *arena, const struct buf *schema, const struct key_map *map)
{
	const char *begin = strstr(schema->data, arena_printf(arena, "\n\t\t\"%s\": {\n", map->name));
	assert_non_null(begin);
	const char *end = strstr(begin, "\n\t\t}");
	assert_non_null(end);
	return (struct str){begin, (size_t)(end - begin)};
}

static void test_every_key(void **state)
{
	struct arena arena = ARENA_INIT;
	struct buf schema = BUF_INIT;
	(void)state;

	schema_write(&schema);
	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		struct str text = definition(&arena, &schema, maps[i]);
		for (size_t j = 0; j < maps[i]->count; j++) {
			const struct key *key = &maps[i]->keys[j];
			assert_true(key->type != KEY_CUSTOM || key->shape);
			const char *property =
				arena_printf(&arena, "\n\t\t\t\t\"%s\": {\n\t\t\t\t\t\"description\": \"%s\",\n",
			                     key->name, key->summary);
			if (!str_contains(text, str_from(property)))
				fail_msg("%s is not in %s", key->name, maps[i]->name);
			for (size_t word = 0; key->shape && key->shape->words && word < key->shape->words->count;
			     word++)
				assert_true(str_contains(
					text, str_printf(&arena, "\"%s\"", key->shape->words->words[word].name)));
		}
	}
	buf_release(&schema);
	arena_release(&arena);
}

static void test_conditions(void **state)
{
	struct arena arena = ARENA_INIT;
	struct buf schema = BUF_INIT;
	size_t count = 0;
	(void)state;

	schema_write(&schema);
	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		struct key_condition condition;
		for (size_t j = 0; maps[i]->condition && maps[i]->condition(j, &condition); j++) {
			assert_non_null(keys_find(maps[i]->keys, maps[i]->count, str_from(condition.key)));
			assert_contains(schema.data, arena_printf(&arena, "{\"%s\": {\"const\": \"%s\"}}",
			                                          condition.key, condition.word));
			for (size_t k = 0; condition.needed[k]; k++)
				assert_non_null(
					keys_find(maps[i]->keys, maps[i]->count, str_from(condition.needed[k])));
			count++;
		}
	}
	assert_true(count > 15);
	buf_release(&schema);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_every_key), TEST(test_conditions)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
