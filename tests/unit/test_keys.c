/*
 * config/keys.h: every type, from a file and from a command line; what is said of wrong types, missing, doubled, unknown
 * and forbidden keys; and that a value which cannot be used leaves its field alone.
 */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "config/keys.h"

struct inner {
	int64_t size;
};

struct fields {
	struct str text, word, path, checked;
	bool flag;
	int64_t number, any, size, duration;
	unsigned mode;
	struct text_list list, commas, paths;
	struct inner inner;
	int custom;
};

static bool check_short(struct str text, struct error *error)
{
	return text.len <= 3 || error_set(error, ERROR_INVALID, "longer than three bytes");
}

static bool read_custom(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	if (node->kind != YAML_LIST)
		return keys_expected(reader, key, node, "a list of anything");
	*(int *)field = (int)node->count;
	return true;
}

static const char *const words[] = {"red", "green", "blue", NULL};

static const struct key inner_keys[] = {
	{.name = "size", .type = KEY_SIZE, .offset = offsetof(struct inner, size), .flag = "inner-size"},
};

#define FIELD(name) .offset = offsetof(struct fields, name)

static const struct key table[] = {
	{.name = "text", .type = KEY_TEXT, FIELD(text), .repository = KEY_REPOSITORY},
	{.name = "word", .type = KEY_TEXT, FIELD(word), .words = words},
	{.name = "path", .type = KEY_TEXT, FIELD(path), .path = true},
	{.name = "checked", .type = KEY_TEXT, FIELD(checked), .check = check_short},
	{.name = "flag", .type = KEY_BOOL, FIELD(flag)},
	{.name = "number", .type = KEY_NUMBER, FIELD(number), .minimum = 1, .maximum = 9},
	{.name = "any", .type = KEY_NUMBER, FIELD(any)},
	{.name = "size", .type = KEY_SIZE, FIELD(size), .minimum = 10, .maximum = 1024 * 1024},
	{.name = "duration", .type = KEY_DURATION, FIELD(duration), .minimum = 1, .maximum = INT64_MAX},
	{.name = "mode", .type = KEY_MODE, FIELD(mode)},
	{.name = "list", .type = KEY_TEXT_LIST, FIELD(list), .many = true},
	{.name = "commas", .type = KEY_TEXT_LIST, FIELD(commas), .commas = true, .check = check_short},
	{.name = "paths", .type = KEY_TEXT_LIST, FIELD(paths), .path = true},
	{.name = "inner", .type = KEY_MAP, FIELD(inner), .keys = inner_keys, .key_count = COUNT_OF(inner_keys)},
	{.name = "custom", .type = KEY_CUSTOM, FIELD(custom), .read = read_custom},
	{.name = "ignored", .type = KEY_IGNORED, .summary = "is nothing"},
	{.name = "refused", .type = KEY_REFUSED, .summary = "ask somebody else", .flag = "no"},
};

/* What a case starts from and what it leaves. */
struct world {
	struct arena arena;
	struct problems problems;
	struct key_reader reader;
	struct fields fields;
};

static void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->problems.arena = &world->arena;
	world->reader = (struct key_reader){.arena = &world->arena, .problems = &world->problems, .folder = "/etc/ci"};
	world->fields.text = world->fields.word = world->fields.path = world->fields.checked = STR("before");
	world->fields.number = world->fields.any = world->fields.size = world->fields.duration = 77;
	world->fields.mode = 0777;
}

static bool read_text(struct world *world, const char *text, const struct key *keys, size_t count, void *fields)
{
	const struct yaml_node *node =
		yaml_parse(&world->arena, str_from(text), "f", &yaml_limits_server, &world->problems);
	assert_non_null(node);
	return keys_read(&world->reader, node, keys, count, fields);
}

static bool read_table(struct world *world, const char *text)
{
	return read_text(world, text, table, COUNT_OF(table), &world->fields);
}

static const char *first_problem(struct world *world)
{
	return world->problems.count > 0 ? problem_text(&world->arena, &world->problems.items[0]) : "no problem";
}

/* --- Good values -------------------------------------------------------------------------------------------------- */

static void test_every_type(void **state)
{
	struct world world;
	(void)state;
	world_init(&world);
	bool good = read_table(
		&world, "text: hello\nword: green\npath: a/b\nchecked: abc\nflag: yes\nnumber: 9\nany: -5\n"
			"size: 10K\nduration: 1m30s\nmode: 0640\nlist: [a, b]\ncommas: 'a, b,,c '\n"
			"paths: [x, /y]\ninner: {size: 2K}\ncustom: [1, 2, 3]\nignored: [what, ever]\nrefused: no\n");
	assert_string_equal(first_problem(&world), "no problem");
	assert_true(good);
	assert_str(world.fields.text, "hello");
	assert_str(world.fields.word, "green");
	assert_str(world.fields.path, "/etc/ci/a/b");
	assert_str(world.fields.checked, "abc");
	assert_true(world.fields.flag);
	assert_int_equal(world.fields.number, 9);
	assert_int_equal(world.fields.any, -5);
	assert_int_equal(world.fields.size, 10240);
	assert_int_equal(world.fields.duration, 90000);
	assert_int_equal(world.fields.mode, 0640);
	assert_int_equal(world.fields.list.count, 2);
	assert_str(world.fields.list.items[1], "b");
	assert_int_equal(world.fields.commas.count, 3);
	assert_str(world.fields.commas.items[2], "c");
	assert_str(world.fields.paths.items[0], "/etc/ci/x");
	assert_str(world.fields.paths.items[1], "/y");
	assert_int_equal(world.fields.inner.size, 2048);
	assert_int_equal(world.fields.custom, 3);
	arena_release(&world.arena);
}

static void test_other_forms(void **state)
{
	struct world world;
	(void)state;
	world_init(&world);
	assert_true(read_table(
		&world, "TEXT: 5\nFlag: Off\nnumber: 1\nlist: one\nduration: none\nsize: 1048576\nmode: '0600'\n"));
	assert_str(world.fields.text, "5");
	assert_int_equal(world.fields.list.count, 1);
	assert_int_equal(world.fields.number, 1);
	assert_int_equal(world.fields.duration, -1);
	assert_int_equal(world.fields.size, 1048576);
	assert_int_equal(world.fields.mode, 0600);
	arena_release(&world.arena);
}

/* A text as the reference keeps it, with a warning where that is not what is written. */
static void test_texts_that_yaml_changes(void **state)
{
	static const struct {
		const char *text, *kept, *warning;
	} cases[] = {
		{"text: yes", "true", "text: YAML reads this as true or false and keeps it in another form"},
		{"text: 0123", "83", "text: YAML reads this as a number and keeps it in another form"},
		{"text: 1.10", "1.1", "text: YAML reads this as a number"},
		{"text: '0123'", "0123", NULL},
		{"text: 123", "123", NULL},
		{"text: true", "true", NULL},
		{"text: 1e3", "1e3", NULL},
		{"text: ~", "before", NULL},
		{"text:", "before", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world world;
		world_init(&world);
		assert_true(read_table(&world, cases[i].text));
		assert_str(world.fields.text, cases[i].kept);
		assert_int_equal(world.problems.count, cases[i].warning ? 1 : 0);
		if (cases[i].warning)
			assert_contains(first_problem(&world), cases[i].warning);
		assert_int_equal(world.problems.errors, 0);
		arena_release(&world.arena);
	}
}

/* --- Wrong values ------------------------------------------------------------------------------------------------- */

static void test_wrong_values(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"text: [a]", "f:1:7: text: expected a text, found a list"},
		{"text: {a: b}", "f:1:7: text: expected a text, found a map"},
		{"text: \"a\\0b\"", "f:1:7: text: a NUL byte in the text"},
		{"word: pink", "f:1:7: word: expected red, green or blue, found \"pink\""},
		{"checked: abcd", "f:1:10: checked: longer than three bytes"},
		{"flag: \"true\"", "f:1:7: flag: expected true or false without quotes, found a text"},
		{"flag: 1", "f:1:7: flag: expected true or false, found a number"},
		{"flag: maybe", "f:1:7: flag: expected true or false, found a text"},
		{"flag: [yes]", "f:1:7: flag: expected true or false, found a list"},
		{"number: 0", "f:1:9: number: expected a whole number from 1 to 9, found 0"},
		{"number: 10", "f:1:9: number: expected a whole number from 1 to 9, found 10"},
		{"number: 1.5", "f:1:9: number: expected a whole number from 1 to 9, found a number"},
		{"number: '5'", "f:1:9: number: expected a whole number from 1 to 9 without quotes, found a text"},
		{"number: five", "f:1:9: number: expected a whole number from 1 to 9, found a text"},
		{"number: yes", "f:1:9: number: expected a whole number from 1 to 9, found true or false"},
		{"any: 99999999999999999999", "f:1:6: any: expected a whole number, found a number"},
		{"size: 10 MB of RAM",
	         "size: expected a size such as 25MiB from 10 to 1048576 bytes, found \"10 MB of RAM\""},
		{"size: 9", "size: expected a size such as 25MiB from 10 to 1048576 bytes, found 9"},
		{"size: 2MiB", "size: expected a size such as 25MiB from 10 to 1048576 bytes, found 2MiB"},
		{"size: [1K]", "size: expected a size such as 25MiB from 10 to 1048576 bytes, found a list"},
		{"duration: soon",
	         "duration: expected a duration such as 30s, 10m or 1h30m, or none, at least 1 ms, found \"soon\""},
		{"duration: 0",
	         "duration: expected a duration such as 30s, 10m or 1h30m, or none, at least 1 ms, found 0"},
		{"duration: {}",
	         "duration: expected a duration such as 30s, 10m or 1h30m, or none, at least 1 ms, found a map"},
		{"mode: 8", "mode: expected a file mode in three or four octal digits such as 0660, found a number"},
		{"mode: rw-", "mode: expected a file mode in three or four octal digits such as 0660, found a text"},
		{"list: {a: b}", "list: expected a list of texts, found a map"},
		{"list: [a, [b]]", "f:1:11: list: expected a text, found a list"},
		{"commas: a,bcde", "commas: longer than three bytes"},
		{"commas: [a, bcde]", "f:1:13: commas: longer than three bytes"},
		{"inner: 5", "f:1:8: expected a map of keys such as \"size: …\", found a number"},
		{"inner: {size: x}", "f:1:15: size: expected a size"},
		{"custom: 5", "f:1:9: custom: expected a list of anything, found a number"},
		{"refused: yes", "f:1:10: refused: ask somebody else"},
		{"refused: [x]", "f:1:10: refused: ask somebody else"},
		{"text: a\nText: b", "f:2:1: text comes twice: first at f:1:1"},
		{"[text]", "f:1:1: expected a map of keys such as \"text: …\", found a list"},
		{"text", "f:1:1: expected a map of keys such as \"text: …\", found a text"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world world, untouched;
		world_init(&world);
		world_init(&untouched);
		assert_false(read_table(&world, cases[i].text));
		assert_contains(first_problem(&world), cases[i].problem);
		assert_int_equal(world.problems.errors, 1);
		if (!strstr(cases[i].text, "Text"))
			assert_memory_equal(&world.fields, &untouched.fields, sizeof(world.fields));
		arena_release(&world.arena);
	}
}

/* One wrong key does not hide the next. */
static void test_reading_goes_on(void **state)
{
	struct world world;
	(void)state;
	world_init(&world);
	assert_false(read_table(&world, "flag: 1\nnumber: 10\ntext: good\nlist: [[a], [b]]\n"));
	assert_int_equal(world.problems.errors, 4);
	assert_str(world.fields.text, "good");
	arena_release(&world.arena);
}

/* A value may be a secret: no message repeats it. */
static void test_values_are_not_quoted(void **state)
{
	static const char *const texts[] = {"checked: hunter2",     "flag: hunter2",       "number: hunter2",
	                                    "mode: hunter2",        "custom: hunter2",     "inner: hunter2",
	                                    "text: \"hunter2\\0\"", "text: 0x68756e746572"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct world world;
		world_init(&world);
		read_table(&world, texts[i]);
		assert_true(world.problems.count > 0);
		assert_null(strstr(first_problem(&world), "hunter2"));
		assert_null(strstr(first_problem(&world), "68756e"));
		arena_release(&world.arena);
	}
}

/* --- Which keys --------------------------------------------------------------------------------------------------- */

static void test_unknown_keys(void **state)
{
	static const struct {
		const char *text, *warning;
	} cases[] = {
		{"txet: a", "f:1:1: unknown key \"txet\": did you mean \"text\"?"},
		{"dration: 1s", "f:1:1: unknown key \"dration\": did you mean \"duration\"?"},
		{"Number_: 1", "f:1:1: unknown key \"Number_\": did you mean \"number\"?"},
		{"something-else: 1", "f:1:1: unknown key \"something-else\" is ignored"},
		{"x: 1", "f:1:1: unknown key \"x\" is ignored"},
		{"tost: 1", "f:1:1: unknown key \"tost\" is ignored"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world world;
		world_init(&world);
		assert_true(read_table(&world, cases[i].text));
		assert_string_equal(first_problem(&world), cases[i].warning);
		assert_true(world.problems.items[0].warning);
		arena_release(&world.arena);

		world_init(&world);
		world.reader.strict = true;
		assert_false(read_table(&world, cases[i].text));
		assert_contains(first_problem(&world), "f:1:1: unknown key");
		assert_int_equal(world.problems.errors, 1);
		arena_release(&world.arena);
	}
}

static void test_keys_without_value(void **state)
{
	struct world world;
	(void)state;
	world_init(&world);
	assert_true(read_table(&world, "number:\ncustom: ~\nflag: null\n"));
	assert_int_equal(world.fields.number, 77);
	assert_int_equal(world.problems.count, 3);
	assert_string_equal(first_problem(&world), "f:1:1: number has no value and is taken as if it were not there");
	arena_release(&world.arena);
}

static const struct key required[] = {
	{.name = "id", .type = KEY_TEXT, FIELD(text), .required = true},
	{.name = "command", .type = KEY_TEXT, FIELD(word), .required = true},
};

static void test_required(void **state)
{
	struct world world;
	(void)state;
	world_init(&world);
	world.reader.thing = "hook \"a\"";
	assert_false(read_text(&world, "\n{id: a}", required, COUNT_OF(required), &world.fields));
	assert_string_equal(first_problem(&world), "f:2:1: hook \"a\": command is missing");
	arena_release(&world.arena);

	world_init(&world);
	assert_false(read_text(&world, "id: ~\ncommand: b", required, COUNT_OF(required), &world.fields));
	assert_string_equal(first_problem(&world), "f:1:1: id has no value");
	assert_int_equal(world.problems.errors, 1);
	arena_release(&world.arena);

	world_init(&world);
	assert_true(read_text(&world, "id: ''\ncommand: b", required, COUNT_OF(required), &world.fields));
	arena_release(&world.arena);

	/* A misspelt one is one mistake where it is an error, and missing where it is only a warning. */
	for (int strict = 0; strict < 2; strict++) {
		world_init(&world);
		world.reader.strict = strict;
		assert_false(read_text(&world, "{id: a, comand: b}", required, COUNT_OF(required), &world.fields));
		assert_string_equal(first_problem(&world), "f:1:9: unknown key \"comand\": did you mean \"command\"?");
		assert_int_equal(world.problems.errors, 1);
		assert_int_equal(world.problems.count, strict ? 1 : 2);
		arena_release(&world.arena);
	}
	world_init(&world);
	world.reader.strict = true;
	assert_false(read_text(&world, "{comand: b, command: c}", required, COUNT_OF(required), &world.fields));
	assert_int_equal(world.problems.errors, 2);
	assert_string_equal(world.problems.items[1].text, "id is missing");
	arena_release(&world.arena);
}

static const struct key pair[] = {
	{.name = "command", .type = KEY_TEXT, FIELD(text), .required = true, .instead = "command"},
	{.name = "run", .type = KEY_TEXT, FIELD(word), .required = true, .instead = "command"},
};

/* Exactly one of two keys. */
static void test_one_in_place_of_another(void **state)
{
	static const struct {
		const char *text, *problem;
		size_t count;
	} cases[] = {
		{"{command: a}", NULL, 0},
		{"{run: a}", NULL, 0},
		{"\n{}", "f:2:1: command is missing, or in its place run", 1},
		{"{command: a,\n run: b}", "f:2:2: run cannot stand beside command: write one of the two", 1},
		{"{run: b,\n command: a}", "f:1:2: run cannot stand beside command: write one of the two", 1},
		{"{command: ~}", "f:1:2: command has no value", 1},
		{"{comand: a}", "f:1:2: unknown key \"comand\": did you mean \"command\"?", 1},
		{"{rum: a}", "f:1:2: unknown key \"rum\": did you mean \"run\"?", 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world world;
		world_init(&world);
		world.reader.strict = true;
		bool good = read_text(&world, cases[i].text, pair, COUNT_OF(pair), &world.fields);
		assert_int_equal(good, !cases[i].problem);
		assert_int_equal(world.problems.count, cases[i].count);
		if (cases[i].problem)
			assert_string_equal(first_problem(&world), cases[i].problem);
		arena_release(&world.arena);
	}
}

static void test_keys_of_a_repository(void **state)
{
	struct world world;
	(void)state;
	world_init(&world);
	world.reader.repository = true;
	assert_true(read_table(&world, "text: a"));
	assert_false(read_table(&world, "number: 5"));
	assert_string_equal(first_problem(&world), "f:1:1: number may not be used in a repository's file");
	assert_int_equal(world.fields.number, 77);
	arena_release(&world.arena);
}

static void test_find(void **state)
{
	(void)state;
	assert_ptr_equal(keys_find(table, COUNT_OF(table), STR("Number")), &table[5]);
	assert_null(keys_find(table, COUNT_OF(table), STR("numbe")));
	assert_null(keys_find(table, 0, STR("number")));
}

/* --- From a command line ------------------------------------------------------------------------------------------ */

static bool read_flag(struct world *world, const char *name, const char *text)
{
	const struct key *key = keys_find(table, COUNT_OF(table), str_from(name));
	assert_non_null(key);
	return keys_read_text(&world->reader, key, str_from(text), &world->fields);
}

static void test_flags(void **state)
{
	struct world world;
	(void)state;
	world_init(&world);
	assert_true(read_flag(&world, "text", "0123")); /* no YAML here */
	assert_str(world.fields.text, "0123");
	assert_true(read_flag(&world, "text", "true"));
	assert_str(world.fields.text, "true");
	assert_true(read_flag(&world, "text", ""));
	assert_str(world.fields.text, "");
	assert_true(read_flag(&world, "path", "x y"));
	assert_str(world.fields.path, "/etc/ci/x y");
	assert_true(read_flag(&world, "path", ""));
	assert_str(world.fields.path, "");
	assert_true(read_flag(&world, "number", "7"));
	assert_int_equal(world.fields.number, 7);
	assert_true(read_flag(&world, "any", "0x10"));
	assert_int_equal(world.fields.any, 16);
	assert_true(read_flag(&world, "mode", "0600"));
	assert_int_equal(world.fields.mode, 0600);
	assert_true(read_flag(&world, "list", "a,b"));
	assert_true(read_flag(&world, "list", "c"));
	assert_int_equal(world.fields.list.count, 2);
	assert_str(world.fields.list.items[0], "a,b");
	assert_true(read_flag(&world, "commas", "a,b"));
	assert_true(read_flag(&world, "commas", "c"));
	assert_int_equal(world.fields.commas.count, 1);
	assert_true(read_flag(&world, "refused", "false"));
	assert_int_equal(world.problems.count, 0);
	arena_release(&world.arena);
}

static void test_switches(void **state)
{
	static const struct {
		const char *text;
		bool good, value;
	} cases[] = {
		{"true", true, true}, {"1", true, true},       {"T", true, true},  {"yes", true, true},
		{"on", true, true},   {"false", true, false},  {"0", true, false}, {"f", true, false},
		{"No", true, false},  {"maybe", false, false}, {"", false, false}, {"2", false, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world world;
		world_init(&world);
		world.fields.flag = !cases[i].value;
		assert_int_equal(read_flag(&world, "flag", cases[i].text), cases[i].good);
		assert_int_equal(world.fields.flag, cases[i].good ? cases[i].value : !cases[i].value);
		arena_release(&world.arena);
	}
}

static void test_flag_problems(void **state)
{
	static const struct {
		const char *name, *text, *problem;
	} cases[] = {
		{"number", "x", "-number: expected a whole number from 1 to 9, found a text"},
		{"number", "10", "-number: expected a whole number from 1 to 9, found 10"},
		{"flag", "maybe", "-flag: expected true or false, found a text"},
		{"word", "pink", "-word: expected red, green or blue, found \"pink\""},
		{"checked", "long", "-checked: longer than three bytes"},
		{"custom", "x", "-custom: expected a list of anything, found a text"},
		{"refused", "true", "-no: ask somebody else"},
		{"refused", "cert.pem", "-no: ask somebody else"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct world world;
		world_init(&world);
		assert_false(read_flag(&world, cases[i].name, cases[i].text));
		assert_string_equal(first_problem(&world), cases[i].problem);
		arena_release(&world.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_type),
		TEST(test_other_forms),
		TEST(test_texts_that_yaml_changes),
		TEST(test_wrong_values),
		TEST(test_reading_goes_on),
		TEST(test_values_are_not_quoted),
		TEST(test_unknown_keys),
		TEST(test_keys_without_value),
		TEST(test_required),
		TEST(test_one_in_place_of_another),
		TEST(test_keys_of_a_repository),
		TEST(test_find),
		TEST(test_flags),
		TEST(test_switches),
		TEST(test_flag_problems),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
