/*
 * config/yaml.h: trees, places, aliases and merge keys (as webhook 2.8.0 does them), what JSON asks for beyond libyaml,
 * every limit from both sides, and the messages for what people get wrong.
 */
#include "check.h"

#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/yaml.h"

/* --- Trees as texts ----------------------------------------------------------------------------------------------- */

/* Texts as they are, with a ' where quoted; other scalars with the first letter of their class before them. */
static void dump(struct buf *out, const struct yaml_node *node)
{
	static const char *const marks[] = {
		[YAML_TEXT] = "", [YAML_NULL] = "n:", [YAML_BOOL] = "b:", [YAML_INTEGER] = "i:", [YAML_FLOAT] = "f:",
	};
	if (node->kind == YAML_SCALAR) {
		buf_printf(out, "%s%s", node->quoted ? "'" : "", marks[node->scalar]);
		buf_append_str(out, node->text);
		return;
	}
	buf_append_byte(out, node->kind == YAML_LIST ? '[' : '{');
	for (size_t i = 0; i < node->count; i++) {
		if (i > 0)
			buf_append_byte(out, ' ');
		if (node->kind == YAML_MAP) {
			dump(out, node->entries[i].key);
			buf_append_byte(out, '=');
		}
		dump(out, node->kind == YAML_MAP ? node->entries[i].value : node->items[i]);
	}
	buf_append_byte(out, node->kind == YAML_LIST ? ']' : '}');
}

static void assert_tree_of(struct str text, const char *expected)
{
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	struct buf out = BUF_INIT;
	const struct yaml_node *root = yaml_parse(&arena, text, "f", &yaml_limits_server, &problems);
	if (!root)
		fail_msg("%.*s\n%s", STR_ARGS(text), problem_text(&arena, &problems.items[0]));
	dump(&out, root);
	assert_str(buf_str(&out), expected);
	assert_int_equal(problems.errors, 0);
	buf_release(&out);
	arena_release(&arena);
}

/* The first problem is this one; nothing is returned. */
static void assert_refused_of(struct str text, const struct yaml_limits *limits, const char *expected)
{
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	assert_null(yaml_parse(&arena, text, "f", limits, &problems));
	assert_true(problems.errors > 0);
	assert_contains(problem_text(&arena, &problems.items[0]), expected);
	arena_release(&arena);
}

struct tree_case {
	const char *text, *tree;
};

static void check_trees(const struct tree_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_tree_of(str_from(cases[i].text), cases[i].tree);
}

static void check_refused(const struct tree_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_refused_of(str_from(cases[i].text), &yaml_limits_server, cases[i].tree);
}

/* --- What is read ------------------------------------------------------------------------------------------------- */

static void test_trees(void **state)
{
	static const struct tree_case cases[] = {
		{"", "n:"},
		{"# nothing\n", "n:"},
		{"---\n", "n:"},
		{"~", "n:~"},
		{"a", "a"},
		{"- a\n- 1\n- yes\n- 1.5\n-\n", "[a i:1 b:yes f:1.5 n:]"},
		{"a: 1\nb: {c: [d, \"e\"]}\n", "{a=i:1 b={c=[d 'e]}}"},
		{"a: |\n  x\n  y\nb: >\n  x\n  y\n", "{a='x\ny\n b='x y\n}"},
		{"a: '0123'\nb: \"0123\"\nc: 0123\n", "{a='0123 b='0123 c=i:0123}"},
		{"a: !!str 0123\nb: !!int \"5\"\nc: !!float 5\nd: !!bool yes\ne: !!null ~\n",
	         "{a='0123 b='i:5 c='f:5 d='b:yes e='n:~}"},
		{"a: !mine 5\nb: ! 5\nc: ! \"5\"\n", "{a='5 b=i:5 c=i:5}"},
		{"a: !!set {b: 1}\n", "{a={b=i:1}}"},
		{"a:\tb\n", "{a=b}"},
		{"- a\n...\n", "[a]"},
		{"%YAML 1.1\n---\n- yes\n", "[b:yes]"},
		{"\xef\xbb\xbf- a\n", "[a]"},
		{"- a\r\n- |\r\n  x\r\n  y\r\n", "[a 'x\ny\n]"},
		{"on: [push]\nyes: 1\n", "{b:on=[push] b:yes=i:1}"},
		{"- {url: http://a/b, x: a:b}\n", "[{url=http://a/b x=a:b}]"},
		{"? a\n: b\n", "{a=b}"},
	};
	(void)state;
	check_trees(cases, COUNT_OF(cases));
}

static void test_nul(void **state)
{
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	struct yaml_node *root = yaml_parse(&arena, STR("\"x\\0y\""), "f", &yaml_limits_server, &problems);
	assert_non_null(root);
	assert_int_equal(root->text.len, 3);
	assert_memory_equal(root->text.data, "x\0y", 4);
	arena_release(&arena);
	assert_refused_of(STR("a\0b"), &yaml_limits_server, "f:1:2: a control character");
}

static void test_places(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf# hooks\r\n- id: gr\xc3\xb6\xc3\x9f\xc3\xa9, x\r\n  k: [a,  \"b\"]\r\n  m:\r\n    n: o\r\n";
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	const struct yaml_node *root = yaml_parse(&arena, str_from(text), "f", &yaml_limits_server, &problems);
	assert_non_null(root);
	const struct yaml_node *map = root->items[0], *list = yaml_get(map, "K"), *inner = yaml_get(map, "m");
	const struct {
		const struct yaml_node *node;
		unsigned line, column;
	} places[] = {
		{root, 2, 1},
		{map, 2, 3},
		{map->entries[0].key, 2, 3},
		{map->entries[0].value, 2, 7},
		{list, 3, 6},
		{list->items[0], 3, 7},
		{list->items[1], 3, 11},
		{inner, 5, 5},
		{yaml_get(inner, "n"), 5, 8},
	};
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		assert_string_equal(places[i].node->position.file, "f");
		assert_int_equal(places[i].node->position.line, places[i].line);
		assert_int_equal(places[i].node->position.column, places[i].column);
	}
	assert_null(yaml_get(map, "x"));
	assert_null(yaml_get(root, "id"));
	assert_null(yaml_get(NULL, "id"));
	arena_release(&arena);
}

static void test_json(void **state)
{
	static const struct tree_case cases[] = {
		{"[\n\t{\n\t\t\"id\":\"a\",\n\t\t\"n\":\t1, \"t\" : true,\"z\":null\n\t}\n]\n",
	         "[{'id='a 'n=i:1 't=b:true 'z=n:null}]"},
		{"\t[1]", "[i:1]"},
		{"\n \t\r\n\t{\"a\":1}", "{'a=i:1}"},
		{"[1]\n\t\n", "[i:1]"},
		{"\xef\xbb\xbf\t[1]\t", "[i:1]"},
		{"[\"a\\/b\"]", "['a/b]"},
		{"[\"\\u00e9\\n\\t\\\"\\\\\"]", "['\xc3\xa9\n\t\"\\]"},
		{"[\"\\ud83d\\ude00\"]", "['\xf0\x9f\x98\x80]"},
		{"[\"\\uD83D\\uDE00x\\uDBFF\\udfff\"]", "['\xf0\x9f\x98\x80x\xf4\x8f\xbf\xbf]"},
		{"{\"\\ud83d\\ude00\": \"\\ud800\\udc00\\u0041\"}", "{'\xf0\x9f\x98\x80='\xf0\x90\x80\x80"
	                                                            "A}"},
		/* no escapes: they stay as they were written, whatever stands beside them */
		{"- \"\\ud83d\\ude00\"\n- '\\ud83d\\uDE00'\n- \\uD8fF\\udcAb\n- |\n  \\ud83d\\uDF00\n",
	         "['\xf0\x9f\x98\x80 '\\ud83d\\uDE00 \\uD8fF\\udcAb '\\ud83d\\uDF00\n]"},
		{"- \"\\ud83d\\ude00\" # \\ud83d\\ude00\n", "['\xf0\x9f\x98\x80]"},
		{"- \"\\\\ud83d\\\\ude00\"\n", "['\\ud83d\\ude00]"},
	};
	static const struct tree_case refused[] = {
		{"[\"\\ud83d\"]", "f:1:"},
		{"[\"\\ude00\\ud83d\"]", "f:1:"},
		{"[\"\\ud83d\\ude00\", \"\\ud83d\"]", "surrogate pair"},
		{"[1,\n \"\\\\ud83d\\ude00\"]", "f:2:2: a \\u escape in this text is half of a surrogate pair"},
		/* with characters of private use beside it the pair is not mended, so libyaml refuses it */
		{"[\"\\ud83d\\ude00 \xee\x80\xbd\xee\x98\x80\"]", "f:1:5: a \\u escape here is no character"},
		{"[\"\\ud83d\\ude00 \\uE03d\\ue600\"]", "f:1:5: a \\u escape here is no character"},
		{"[\"\\ud83d\\ude00\", '\\ue03d']", "f:1:5: a \\u escape here is no character"},
		{"[\"\\ud83d\\ude00 \\U0000e03d\\U0000e600\"]", "f:1:5: a \\u escape here is no character"},
	};
	(void)state;
	check_trees(cases, COUNT_OF(cases));
	check_refused(refused, COUNT_OF(refused));
}

/* The mending moves nothing: what comes behind a pair on its line keeps its column. */
static void test_places_behind_pairs(void **state)
{
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	const struct yaml_node *root =
		yaml_parse(&arena, STR("\t[\"\\ud83d\\ude00\", b]"), "f", &yaml_limits_server, &problems);
	assert_non_null(root);
	assert_int_equal(root->position.column, 2);
	assert_int_equal(root->items[1]->position.column, 19);
	arena_release(&arena);
}

static void test_aliases(void **state)
{
	static const struct tree_case cases[] = {
		{"- &a x\n- *a\n", "[x x]"},
		{"- &a [1, 2]\n- *a\n- {k: *a}\n", "[[i:1 i:2] [i:1 i:2] {k=[i:1 i:2]}]"},
		{"- &a x\n- *a\n- &a z\n- *a\n", "[x x z z]"},
		{"- &a [&a x, *a]\n- *a\n", "[[x x] x]"},
		{"- &k key\n- *k : v\n", "[key {key=v}]"},
	};
	static const struct tree_case refused[] = {
		{"- *a\n", "f:1:3: *a names no anchor"},
		{"- *a\n- &a x\n", "f:1:3: *a names no anchor"},
		{"- &a [1, *a]\n", "f:1:10: *a stands within what it names"},
		{"&a {k: {l: *a}}\n", "f:1:12: *a stands within what it names"},
	};
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	check_trees(cases, COUNT_OF(cases));
	check_refused(refused, COUNT_OF(refused));
	const struct yaml_node *root = yaml_parse(&arena, STR("[&a {k: v}, *a]"), "f", &yaml_limits_server, &problems);
	assert_non_null(root);
	assert_ptr_equal(root->items[0], root->items[1]);
	arena_release(&arena);
}

static void test_merge_keys(void **state)
{
	static const struct tree_case cases[] = {
		{"- &a {x: 1, w: 2}\n- {<<: *a, z: 3}\n", "[{x=i:1 w=i:2} {x=i:1 w=i:2 z=i:3}]"},
		{"- &a {x: 1, w: 2}\n- {<<: *a, x: 9}\n", "[{x=i:1 w=i:2} {x=i:9 w=i:2}]"},
		{"- &a {x: 1, w: 2}\n- {x: 9, <<: *a}\n", "[{x=i:1 w=i:2} {x=i:1 w=i:2}]"},
		{"- &a {x: 1}\n- &b {x: 2, w: 2}\n- {<<: [*a, *b]}\n", "[{x=i:1} {x=i:2 w=i:2} {x=i:1 w=i:2}]"},
		{"- &a {x: 1}\n- &b {x: 2, w: 2}\n- {<<: *a, <<: *b}\n", "[{x=i:1} {x=i:2 w=i:2} {x=i:2 w=i:2}]"},
		{"- {<<: {x: 1}, w: 2}\n", "[{x=i:1 w=i:2}]"},
		{"- &a {x: 1}\n- &b {<<: *a, w: 2}\n- {<<: *b}\n", "[{x=i:1} {x=i:1 w=i:2} {x=i:1 w=i:2}]"},
		{"- &a {x: 1}\n- {\"<<\": *a}\n", "[{x=i:1} {'<<={x=i:1}}]"},
		{"- {<<: []}\n", "[{}]"},
	};
	static const struct tree_case refused[] = {
		{"- {<<: 5}\n", "f:1:4: << takes a map or a list of maps, and this is a number"},
		{"- {<<: ~}\n", "f:1:4: << takes a map or a list of maps, and this is nothing"},
		{"- &a [1]\n- {<<: [*a]}\n", "f:2:4: << takes a map or a list of maps, and this is a list"},
		{"- &a {x: 1}\n- {<<: *a, x: 1, x: 2}\n",
	         "f:2:18: the key \"x\" comes twice in this map: first at f:2:12"},
	};
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	check_trees(cases, COUNT_OF(cases));
	check_refused(refused, COUNT_OF(refused));

	/* A key that is replaced by a merge behind it is told; one that replaces is not. */
	assert_non_null(yaml_parse(&arena, STR("- &a {x: 1}\n- {x: 9, <<: *a}\n- {<<: *a, x: 9}\n"), "f",
	                           &yaml_limits_server, &problems));
	assert_int_equal(problems.count, 1);
	assert_true(problems.items[0].warning);
	assert_contains(problem_text(&arena, &problems.items[0]), "f:2:4: \"x\" is replaced by the << behind it");
	assert_non_null(yaml_parse(&arena, STR("- &a {x: 1}\n- &b {x: 2}\n- {<<: *a, <<: *b}\n- {<<: [*a, *b]}\n"), "f",
	                           &yaml_limits_server, &problems));
	assert_int_equal(problems.count, 1);
	arena_release(&arena);
}

/* --- What is refused ---------------------------------------------------------------------------------------------- */

static void test_keys(void **state)
{
	static const struct tree_case cases[] = {
		{"a: 1\nb: 2\na: 3\n", "f:3:1: the key \"a\" comes twice in this map: first at f:1:1"},
		{"{\"a\": 1, a: 2}", "f:1:10: the key \"a\" comes twice"},
		{"? [a]\n: 1\n", "f:1:3: a key must be a text, and this is a list"},
		{"{a: 1}: 2\n", "f:1:1: a key must be a text, and this is a map"},
		{"- &a {k: v}\n- {*a : 1}\n", "a key must be a text, and this is a map"},
	};
	static const struct tree_case good[] = {
		{"- {a: 1}\n- {a: 2}\n", "[{a=i:1} {a=i:2}]"},
		{"a: {a: 1}\n", "{a={a=i:1}}"},
		{"a: 1\nA: 2\n", "{a=i:1 A=i:2}"},
		{"costarring: 1\nliquid: 2\n", "{costarring=i:1 liquid=i:2}"}, /* of one hash */
	};
	(void)state;
	check_refused(cases, COUNT_OF(cases));
	check_trees(good, COUNT_OF(good));
}

/* More keys than the table that finds doubles has room for at first. */
static void test_many_keys(void **state)
{
	struct buf text = BUF_INIT;
	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "key%d: {a: 1, b: 2}\n", i);
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	const struct yaml_node *root = yaml_parse(&arena, buf_str(&text), "f", &yaml_limits_server, &problems);
	assert_non_null(root);
	assert_int_equal(root->count, 1000);
	arena_release(&arena);

	buf_append_c(&text, "key500: 1\n");
	assert_refused_of(buf_str(&text), &yaml_limits_server,
	                  "f:1001:1: the key \"key500\" comes twice in this map: first at f:501:1");
	buf_release(&text);
}

static void test_messages(void **state)
{
	static const struct tree_case cases[] = {
		{"- a\n---\n- b\n", "f:2:1: a second document begins here"},
		{"---\n---\n- b\n", "f:2:1: a second document begins here"},
		{"- id: a\n\tb: c\n", "f:2:1: indent with spaces, not with tabs"},
		{"-\tid: a\n  b: c\n", "f:1:2: indent with spaces, not with tabs"},
		{"a: @b\n", "f:1:4: put a text that begins with \"@\" in quotes"},
		{"a: `b`\n", "f:1:4: put a text that begins with \"`\" in quotes"},
		{"a: b: c\n", "f:1:5: a \":\" cannot stand here"},
		{"- {a: b\n- c\n", "(while parsing a flow mapping that begins at line 1)"},
		{"- [a, b\nc: d]\n", "f:2:"},
		{"a: \"b\n", "f:2:1: the file ends within a quoted text"},
		{"a: \"\\q\"\n", "f:1:5: unknown escape after \"\\\""},
		{"a: !x!y b\n", "f:1:4: undefined tag"},
		{"a: !!binary aGk=\n", "f:1:4: !!binary is not supported"},
		{"a: !!int foo\n", "f:1:4: the value is not what its tag !!int says"},
		{"a: !!int 5.0\n", "f:1:4: the value is not what its tag !!int says"},
		{"a: !!int\n", "f:1:4: the value is not what its tag !!int says"},
		{"a: b\n c: d\ne: f\n", "f:2:"},
		{"a: x\xe9y\n", "f:1:5: not UTF-8"},
		{"b: 1\na: gr\xc3\xb6 \xff\n", "f:2:8: not UTF-8"},
		{"a: x\x01y\n", "f:1:5: a control character"},
		{"\xef\xbb\xbf"
	         "a: x\x01y\n",
	         "f:1:5: a control character"},
		{"\xef\xbb\xbf"
	         "a: x\xe9y\n",
	         "f:1:5: not UTF-8"},
		{"a: x\x7fy\n", "f:1:5: a control character"},
		{"\xff\xfe-\x01", "f: the file is written in UTF-16"},
	};
	(void)state;
	check_refused(cases, COUNT_OF(cases));
}

/* --- Limits ------------------------------------------------------------------------------------------------------- */

static struct str repeat(struct buf *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_append_c(out, text);
	return buf_str(out);
}

static double milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void test_depth(void **state)
{
	static const struct yaml_limits limits = {.depth = 3, .nodes = 1000, .bytes = 1000};
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	assert_non_null(yaml_parse(&arena, STR("[[[1]]]"), "f", &limits, &problems));
	assert_non_null(yaml_parse(&arena, STR("a:\n  b:\n    c: 1\n"), "f", &limits, &problems));
	assert_non_null(yaml_parse(&arena, STR("[[&a [1], *a]]"), "f", &limits, &problems));
	assert_refused_of(STR("[[[[1]]]]"), &limits, "f:1:4: nested deeper than 3 levels");
	assert_refused_of(STR("[{a: [{b: 1}]}]"), &limits, "f:1:7: nested deeper than 3 levels");
	/* through aliases: each list is one deeper than the one it names */
	assert_refused_of(STR("- &a [1]\n- &b [*a]\n- &c [*b]\n"), &limits, "f:3:7: nested deeper than 3 levels");
	arena_release(&arena);
}

static void test_nodes(void **state)
{
	static const struct yaml_limits limits = {.depth = 9, .nodes = 10, .bytes = 1000};
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	assert_non_null(yaml_parse(&arena, STR("[1, 2, 3, 4, 5, 6, 7, 8, 9]"), "f", &limits, &problems));
	assert_refused_of(STR("[1, 2, 3, 4, 5, 6, 7, 8, 9, 0]"), &limits, "more than 10 values");
	assert_non_null(yaml_parse(&arena, STR("[&a [1, 2], *a, *a]"), "f", &limits, &problems));
	assert_refused_of(STR("[&a [1, 2], *a, *a, 1]"), &limits, "more than 10 values");
	assert_refused_of(STR("[&a [1, 2], *a, *a, *a]"), &limits, "f:1:21: more than 10 values");
	arena_release(&arena);
}

static void test_bytes(void **state)
{
	static const struct yaml_limits limits = {.depth = 9, .nodes = 10, .bytes = 5};
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	(void)state;
	assert_non_null(yaml_parse(&arena, STR("[abc]"), "f", &limits, &problems));
	assert_refused_of(STR("[abcd]"), &limits, "f: the file has 6 bytes, and no more than 5 are read");
	arena_release(&arena);
}

/* Nine anchors, each nine times the one before: 387 million values in 200 bytes. */
static void test_billion_laughs(void **state)
{
	struct buf text = BUF_INIT;
	(void)state;
	buf_append_c(&text, "- &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
	for (int i = 1; i <= 8; i++)
		buf_printf(&text, "- &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i - 1, i - 1,
		           i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	assert_refused_of(buf_str(&text), &yaml_limits_server, "more than 1000000 values");
	assert_refused_of(buf_str(&text), &yaml_limits_repository, "more than 10000 values");
	buf_release(&text);
}

/*
 * What costs libyaml more than linear time must be refused before it does: 1 MiB of each. 100 ms of CPU is some
 * thirty times what it takes, and a hundredth of what it would take.
 */
static void test_hostile_texts_are_cheap(void **state)
{
	static const struct {
		const char *part;
		size_t count;
		const char *message;
	} cases[] = {
		{"[", 1 << 20, "nested deeper"},
		{"{", 1 << 20, "nested deeper"},
		{"[\n", 1 << 19, "nested deeper"},
		{"- ", 1 << 19, "nested deeper"},
		{"? ", 1 << 19, "nested deeper"},
		{"{a: ", 1 << 18, "nested deeper"},
		{"[a, ", 1 << 18, "nested deeper"},
		{"[?", 1 << 19, "nested deeper"},
		{"%TAG !a! b\n", 90000, "%TAG directives"},
		{"&a ", 300000, "f:1:"},
		{"---\n", 1 << 18, "second document"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf text = BUF_INIT;
		repeat(&text, cases[i].part, cases[i].count);
		double before = milliseconds();
		assert_refused_of(buf_str(&text), &yaml_limits_server, cases[i].message);
		double took = milliseconds() - before;
		if (took > 100)
			fail_msg("%s took %.0f ms", cases[i].part, took);
		buf_release(&text);
	}
}

/* As many doubles to look for as a file can have: quadratic work would take minutes. */
static void test_large_maps_are_cheap(void **state)
{
	struct buf text = BUF_INIT;
	(void)state;
	for (int i = 0; i < 200000; i++)
		buf_printf(&text, "k%d: &a%d 1\n", i, i);
	double before = milliseconds();
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};
	assert_non_null(yaml_parse(&arena, buf_str(&text), "f", &yaml_limits_server, &problems));
	assert_true(milliseconds() - before < 5000);
	arena_release(&arena);
	buf_release(&text);
}

static void test_kind_names(void **state)
{
	static const struct tree_case cases[] = {
		{"[]", "a list"},    {"{}", "a map"},         {"x", "a text"},  {"'1'", "a text"}, {"1", "a number"},
		{"1.5", "a number"}, {"no", "true or false"}, {"~", "nothing"}, {"", "nothing"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct problems problems = {.arena = &arena};
		const struct yaml_node *node =
			yaml_parse(&arena, str_from(cases[i].text), "f", &yaml_limits_server, &problems);
		assert_non_null(node);
		assert_string_equal(yaml_kind_name(node), cases[i].tree);
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_trees),
		TEST(test_nul),
		TEST(test_places),
		TEST(test_json),
		TEST(test_places_behind_pairs),
		TEST(test_aliases),
		TEST(test_merge_keys),
		TEST(test_keys),
		TEST(test_many_keys),
		TEST(test_messages),
		TEST(test_depth),
		TEST(test_nodes),
		TEST(test_bytes),
		TEST(test_billion_laughs),
		TEST(test_hostile_texts_are_cheap),
		TEST(test_large_maps_are_cheap),
		TEST(test_kind_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
