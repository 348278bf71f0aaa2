/* hook/template.h: what templates write, as the reference does; what is wrong in them, with the place; limits. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "config/problem.h"
#include "hook/template.h"

struct fixture {
	struct arena arena;
	struct problems problems;
	struct template_output output;
};

static bool run(struct fixture *f, struct str text)
{
	*f = (struct fixture){.arena = ARENA_INIT, .output = TEMPLATE_OUTPUT_INIT};
	f->problems.arena = &f->arena;
	return template_run(&f->arena, text, "f", &f->output, &f->problems);
}

static void release(struct fixture *f)
{
	template_output_release(&f->output);
	arena_release(&f->arena);
}

/* The output, or "!" and the first problem. */
static const char *result_of(struct fixture *f, struct str text)
{
	if (run(f, text))
		return str_to_c(&f->arena, buf_str(&f->output.text));
	assert_int_equal(f->problems.errors, 1);
	for (size_t i = 0; i < f->problems.count; i++)
		if (!f->problems.items[i].warning)
			return arena_printf(&f->arena, "!%s", problem_text(&f->arena, &f->problems.items[i]));
	return "no problem";
}

struct template_case {
	const char *text, *expected;
};

static void check_cases(const struct template_case *cases, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct fixture f;
		const char *result = result_of(&f, str_from(cases[i].text));
		if (strcmp(result, cases[i].expected) != 0) {
			print_error("%s\n  gives %s\n  not   %s\n", cases[i].text, result, cases[i].expected);
			wrong++;
		}
		release(&f);
	}
	assert_int_equal(wrong, 0);
}

#define CHECK_CASES(cases) check_cases((cases), COUNT_OF(cases))

/* What webhook 2.8.0 gives for each of these. */
static void test_text(void **state)
{
	static const struct template_case cases[] = {
		{"", ""},
		{"a\n\tb\n", "a\n\tb\n"},
		{"}} { {", "}} { {"},
		{"a {{- 3 -}} b", "a3b"},
		{"a {{-3 -}} b", "a -3b"},
		{"a \n\t {{- 3}} b", "a3 b"},
		{"a {{/* c */}} b", "a  b"},
		{"a {{- /* c\n */ -}}  b", "ab"},
		{"a{{/**/ -}}\n", "a"},
		{"{{1}}{{- /* */}}\n {{- 2}}", "12"},
		{"{{\n1\n}}", "1"},
	};
	(void)state;
	CHECK_CASES(cases);
}

static void test_constants(void **state)
{
	static const struct template_case cases[] = {
		{"{{print 0x1p4 0x_1 0b11 0o17 017 1_000 'a' .5 5. 1e3 0x1E +5}}",
	         "16 1 3 15 15 1000 97 0.5 5 1000 30 5"},
		{"{{1_0.5}}", "10.5"},
		{"{{-0x1E}} {{-0}} {{-0.0}}", "-30 0 -0"},
		{"{{1.0}} {{1e6}} {{123456.0}} {{1234567.5}} {{0.0001}} {{0.00001}} {{1e100}}",
	         "1 1e+06 123456 1.2345675e+06 0.0001 1e-05 1e+100"},
		{"{{9223372036854775807}} {{-9223372036854775808}}", "9223372036854775807 -9223372036854775808"},
		{"{{true}} {{false}} {{.}} {{$}}", "true false <no value> <no value>"},
		{"{{print `a\\` \"\\u00e9\\x41\\101\\U0001F600\\t\"}}", "a\\éAA😀\t"},
		{"{{`a\r\nb`}}", "a\nb"},
		{"{{print '\\n' '\\'' 'é' '\\u00e9'}}", "10 39 233 233"},
		{"{{99999999999999999999}}", "!f:1:3: template: this number is too large"},
		{"{{9223372036854775808}}", "!f:1:3: template: this number is too large"},
		{"{{08}}", "!f:1:3: template: this is no number"},
		{"{{0x1.8}}", "!f:1:3: template: this is no number"},
		{"{{1__0}}", "!f:1:3: template: this is no number"},
		{"{{1_}}", "!f:1:3: template: this is no number"},
		{"{{1e999}}", "!f:1:3: template: this is no number"},
		{"{{0b12}}", "!f:1:3: template: this is no number"},
		{"{{3-}}", "!f:1:3: template: this is no number"},
		{"{{3x}}", "!f:1:3: template: this is no number"},
		{"{{-}}", "!f:1:3: template: this is no number"},
		{"{{1i}}", "!f:1:3: template: complex numbers are not supported"},
		{"é{{'ab'}}", "!f:1:4: template: expected one character between these quotes"},
		{"{{''}}", "!f:1:3: template: expected one character between these quotes"},
		{"{{'\\\"'}}", "!f:1:3: template: there is no such escape in this character"},
		{"{{\"a\\q\"}}", "!f:1:5: template: there is no such escape in a text: a backslash itself is \\\\"},
		{"{{\"\\'\"}}", "!f:1:4: template: there is no such escape in a text: a backslash itself is \\\\"},
		{"{{\"\\ud800\"}}", "!f:1:4: template: there is no such escape in a text: a backslash itself is \\\\"},
		{"\n {{\"a\nb\"}}", "!f:2:4: template: this quote is not closed in its line"},
		{"{{`a", "!f:1:3: template: this ` is not closed"},
		{"{{'a", "!f:1:3: template: this quote is not closed in its line"},
	};
	(void)state;
	CHECK_CASES(cases);
}

static void test_pipelines(void **state)
{
	static const struct template_case cases[] = {
		{"{{\"x\" | printf \"%s\" | printf \"%s%s\" \"y\"}}", "yx"},
		{"{{print (print 1 | print) 2}}", "12"},
		{"{{1|print|}}", "1"},
		{"{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "12"},
		{"{{$x:=1}}{{$x}}", "1"},
		{"{{$a := 1 | print 2}}{{$a}}", "2 1"},
		{"{{($q := 4)}}{{$q}}", "44"},
		{"{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{$x}}{{end}}{{$x}}", "32"},
		/* A field of nothing is nothing. */
		{"{{.A}}{{.A.B 1 2}}{{$.A}}{{(.).A}}{{1 | .A}}", "<no value><no value><no value><no value><no value>"},
		{"{{(\"a\").b}}", "!f:1:3: template: a text has no field \"b\""},
		{"{{with \"a\"}}{{.X}}{{end}}", "!f:1:15: template: a text has no field \"X\""},
		{"{{print.b}}", "!f:1:3: template: a text has no field \"b\""},
		{"{{\"a\".b}}", "!f:1:6: template: unexpected dot behind a value"},
		{"{{$x = 1}}", "!f:1:3: template: the variable $x is not declared before it is set"},
		{"{{$x := $x}}", "!f:1:9: template: the variable $x has no value yet"},
		{"{{$x}}", "!f:1:3: template: the variable $x is not declared here"},
		{"{{if true}}{{$y := 1}}{{end}}{{$y}}", "!f:1:32: template: the variable $y is not declared here"},
		{"{{$x=1}}", "!f:1:5: template: this character cannot stand here: expected a space before it"},
		{"{{nil}}", "!f:1:3: template: nil alone is not a command"},
		{"{{true 1}}", "!f:1:3: template: this takes no arguments: it is not a function"},
		{"{{1 | $}}", "!f:1:7: template: this takes no arguments: it is not a function"},
		{"{{1 | .}}", "!f:1:7: template: behind | a function is expected"},
		{"{{foo}}", "!f:1:3: template: there is no function \"foo\""},
		{"{{call 1}}", "!f:1:3: template: there is no function \"call\""},
		{"{{é}}", "!f:1:3: template: names are made of ASCII letters, digits and _"},
		{"{{}}", "!f:1:3: template: expected a value in a command"},
		{"{{print (}}", "!f:1:10: template: unexpected \"}}\" in a command"},
		{"{{(1}}", "!f:1:5: template: unexpected \"}}\" in a command"},
		{"{{1)}}", "!f:1:4: template: unexpected \")\" in a command"},
		{"{{1,2}}", "!f:1:4: template: unexpected \",\" in a command: expected a space before it"},
		{"{{@}}", "!f:1:3: template: unexpected \"@\" in a command"},
		{"{{:}}", "!f:1:3: template: expected := here"},
		{"{{print\"a\"}}", "!f:1:8: template: this character cannot stand here: expected a space before it"},
		{"{{\"hidden\"\"b\"}}", "!f:1:11: template: unexpected text in a command: expected a space before it"},
		{"a\nb {{print", "!f:2:10: template: the file ends between {{ and }}"},
		{"{{ /* a */}}", "!f:1:4: template: unexpected \"/\" in a command"},
		{"{{/* a", "!f:1:3: template: this comment has no end: expected */}}"},
		{"{{/* a */ }}", "!f:1:10: template: a comment stands alone: expected }} or -}} behind */"},
		{"{{/* a */ b}}", "!f:1:10: template: a comment stands alone: expected }} or -}} behind */"},
	};
	(void)state;
	CHECK_CASES(cases);
}

static void test_blocks(void **state)
{
	static const struct template_case cases[] = {
		{"{{if 1}}a{{else}}b{{end}}{{if 0}}a{{else}}b{{end}}", "ab"},
		{"{{if 0}}a{{else if \"\"}}b{{else if .}}c{{else}}d{{end}}", "d"},
		{"{{if 0}}{{else if $z := 1}}{{$z}}{{end}}", "1"},
		{"{{with $x := 5}}{{$x}}{{.}}{{end}}{{with 0}}a{{else}}b{{.}}{{end}}", "55b<no value>"},
		{"{{range .}}a{{else}}b{{end}}{{range $i, $v := .}}a{{end}}", "b"},
		/* The reference's Go refuses numbers here, later ones go over them. */
		{"{{range 3}}{{.}}{{end}}{{range $i := 2}}[{{$i}}]{{end}}{{range 0}}{{else}}none{{end}}",
	         "012[0][1]none"},
		{"{{range 9}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 4}}{{break}}{{end}}{{.}}{{end}}", "023"},
		{"{{range 2}}{{range 5}}{{break}}{{end}}{{.}}{{end}}", "01"},
		{"{{define \"a\"}}X{{.}}{{$}}{{end}}{{template \"a\" \"q\"}}", "Xqq"},
		{"{{template `a`}}{{define `a`}}X{{end}}", "X"},
		{"{{define \"a\"}} {{end}}{{define \"a\"}}Y{{end}}{{define \"a\"}} {{end}}{{template \"a\"}}", "Y"},
		{"{{define \"t\"}}{{.}}{{with slice . 1}}{{template \"t\" .}}{{end}}{{end}}{{template \"t\" \"abc\"}}",
	         "abcbcc"},
		{"{{block \"b\" 3}}<{{.}}{{end}}", "<3"},
		{"{{range \"abc\"}}a{{end}}", "!f:1:9: template: range cannot go over a text"},
		{"{{range $i, $v := 3}}a{{end}}", "!f:1:9: template: a range over a number has one variable"},
		{"{{if}}{{end}}", "!f:1:5: template: expected a value in if"},
		{"{{if 1}}\n", "!f:2:1: template: the file ends in if"},
		{"{{end}}", "!f:1:3: template: unexpected \"end\" in the file: it closes no block"},
		{"{{else}}", "!f:1:3: template: unexpected \"else\" in the file: it closes no block"},
		{"{{if 1}}{{else}}{{else}}{{end}}", "!f:1:19: template: unexpected \"else\" in else: expected {{end}}"},
		{"{{range 1}}{{else if 1}}{{end}}", "!f:1:19: template: unexpected \"if\" in else"},
		{"{{with 1}}{{else with 2}}{{end}}", "!f:1:18: template: unexpected \"with\" in else"},
		{"{{if 1}}{{end 1}}", "!f:1:15: template: unexpected \"1\" in end"},
		{"{{if $a, $b := 1}}{{end}}", "!f:1:8: template: only a range has two variables"},
		{"{{range $i, $v, $w := .}}{{end}}",
	         "!f:1:15: template: unexpected \",\" in range: expected := behind its variables"},
		{"{{break}}", "!f:1:3: template: break stands outside of a range"},
		{"{{range 1}}{{block \"x\" .}}{{continue}}{{end}}{{end}}",
	         "!f:1:29: template: continue stands outside of a range"},
		{"{{template \"a\"}}", "!f:1:3: template: there is no template \"a\""},
		{"{{template 1}}", "!f:1:12: template: unexpected \"1\" in template: expected a name in quotes"},
		{"{{define x}}{{end}}", "!f:1:10: template: unexpected \"x\" in define: expected a name in quotes"},
		{"{{define \"x\"}}{{else}}{{end}}",
	         "!f:1:17: template: unexpected \"else\" in a definition: expected {{end}}"},
		{"{{define \"x\"}}", "!f:1:15: template: the file ends in a definition: expected {{end}}"},
		{"{{if true}}{{define \"x\"}}{{end}}{{end}}", "!f:1:14: template: unexpected \"define\" in if"},
		{"{{define \"a\"}}Y{{end}}{{define \"a\"}}Z{{end}}",
	         "!f:1:25: template: the template \"a\" is defined twice"},
		{"{{$x := 1}}{{define \"a\"}}{{$x}}{{end}}", "!f:1:28: template: the variable $x is not declared here"},
	};
	(void)state;
	CHECK_CASES(cases);
}

static void test_functions(void **state)
{
	static const struct template_case cases[] = {
		{"{{and 1 0 2}}{{or 0 \"\" 3}}{{and nil}}{{1 | and 2}}{{0 | or 0}}", "03<no value>10"},
		{"{{or 1 (len nil)}}{{and 0 (len nil)}}", "10"},
		{"{{not 1}}{{not nil}}{{not \"\"}}{{not 0.0}}{{not true}}", "falsetruetruetruefalse"},
		{"{{len \"é\"}}", "2"},
		{"{{index \"abc\" 1}} {{index \"abc\"}} {{index 5}}", "98 abc 5"},
		{"{{slice \"abcdef\" 1 3}}{{slice \"abc\"}}{{slice \"abc\" 1}}{{slice \"abc\" 3}}", "bcabcbc"},
		{"{{print 1 2 \"a\" \"b\" 3 4.0 true nil .}}", "1 2ab3 4 true <nil> <nil>"},
		{"{{print}}|{{println \"a\" 1 nil}}", "|a 1 <nil>\n"},
		{"{{html \"<a b='c'>&\\\"\\x00\" \"x\" 1 2}}", "&lt;a b=&#39;c&#39;&gt;&amp;&#34;\xef\xbf\xbdx1 2"},
		{"{{urlquery \"a b/é~-_.\" 1}}", "a+b%2F%C3%A9~-_.1"},
		{"{{js \"a'b\\\"c<>&=\\n\\t\\\\\\u2028é\\u00a0\" 1 2}}",
	         "a\\u0027b\\\"c\\u003C\\u003E\\u0026\\u003D\\u000A\\u0009\\\\\\u2028é\\u00A01 2"},
		{"{{js nil}}{{html nil 1}}", "\\u003Cno value\\u003E&lt;no value&gt;1"},
		{"{{eq 1 2 1}}{{eq nil nil}}{{eq . 1}}{{ne . 1}}{{eq (index \"a\" 0) 97}}{{eq \"a\" \"b\"}}",
	         "truetruefalsetruetruefalse"},
		{"{{lt \"a\" \"b\"}}{{le 1 1}}{{gt 2.5 1.5}}{{ge 1 2}}{{ne 1 2}}{{eq true true}}",
	         "truetruetruefalsetruetrue"},
		{"{{eq 1 1.0}}", "!f:1:3: template: eq: a whole number cannot be compared with a fraction"},
		{"{{eq 1 \"a\"}}", "!f:1:3: template: eq: a whole number cannot be compared with a text"},
		{"{{lt true false}}", "!f:1:3: template: lt: a boolean cannot be compared with a boolean"},
		{"{{lt nil 1}}", "!f:1:3: template: lt: nothing cannot be compared with a whole number"},
		{"{{eq \"a\"}}", "!f:1:3: template: eq: expected at least 2 arguments, found 1"},
		{"{{and}}", "!f:1:3: template: and: expected at least 1 argument, found 0"},
		{"{{not 1 2}}", "!f:1:3: template: not: expected 1 argument, found 2"},
		{"{{lt 1}}", "!f:1:3: template: lt: expected 2 arguments, found 1"},
		{"{{slice \"abc\" 0 1 2}}", "!f:1:3: template: slice: expected at most 3 arguments, found 4"},
		{"{{slice}}", "!f:1:3: template: slice: expected at least 1 argument, found 0"},
		{"{{len nil}}", "!f:1:3: template: len: nothing has no length"},
		{"{{len 3}}", "!f:1:3: template: len: a whole number has no length"},
		{"{{index \"abc\" 3}}", "!f:1:3: template: index: the index is outside of the text"},
		{"{{index \"abc\" -1}}", "!f:1:3: template: index: the index is outside of the text"},
		{"{{index \"abc\" 0 0}}", "!f:1:3: template: index: a text takes one index"},
		{"{{index \"abc\" 1.0}}", "!f:1:3: template: index: an index must be a whole number, found a fraction"},
		{"{{index nil}}", "!f:1:3: template: index: only a text has parts, found nothing"},
		{"{{index 5 1}}", "!f:1:3: template: index: only a text has parts, found a whole number"},
		{"{{slice \"abc\" 2 1}}", "!f:1:3: template: slice: the first index is behind the second"},
		{"{{slice \"abc\" 4}}", "!f:1:3: template: slice: the index is outside of the text"},
		{"{{getenv 1}}", "!f:1:3: template: getenv: the first argument must be a text, found a whole number"},
		{"{{getenv .}}", "!f:1:3: template: getenv: the first argument must be a text, found nothing"},
		{"{{1 | getenv}}", "!f:1:7: template: getenv: the first argument must be a text, found a whole number"},
		{"{{print getenv}}", "!f:1:9: template: getenv: expected 1 argument, found 0"},
	};
	(void)state;
	CHECK_CASES(cases);
}

#define VERBS "there are %s %q %v %d %x %X %o %b %c %e %f %g %t"

static void test_printf(void **state)
{
	static const struct template_case cases[] = {
		{"{{printf \"a%%\"}}{{\"b\" | printf}}", "a%b"},
		{"{{printf \"%05d|%-05d|%+d|% d|%x|%X|%o|%b|%.3d|%5.3d|%+v|%05v\" 5 5 5 5 -255 255 8 5 5 5 5 5}}",
	         "00005|5    |+5| 5|-ff|FF|10|101|005|  005|5|00005"},
		{"{{printf \"%s|%5s|%-5s|%.2s|%5.1s|%x|%X|%v|%.2v\" \"é\" \"é\" \"é\" \"éàè\" \"é2\" \"hi\" \"hi\" "
	         "\"a\" \"abc\"}}",
	         "é|    é|é    |éà|    é|6869|6869|a|ab"},
		{"{{printf \"%6.2f|%e|%g|%.3g|%v|%F|%08.3f|%+.2e|%.0f|%E|%G\" 3.14159 1234.5 1e21 1234.5 1e20 2.5 "
	         "3.14159 12345.678 2.5 1.5 1e-9}}",
	         "  3.14|1.234500e+03|1e+21|1.23e+03|1e+20|2.500000|0003.142|+1.23e+04|2|1.500000E+00|1E-09"},
		{"{{printf \"%t|%5t|%v|%v\" true false true nil}}", "true|false|true|<nil>"},
		{"{{printf \"%q|%q|%c|%3c|%q\" \"a\\\"b\" 97 97 233 '\\''}}", "\"a\\\"b\"|'a'|a|  é|'\\''"},
		{"{{printf \"%q\" \"\\u200b\\u00e9\\x00\\n\\x7f\\xff\\U000e0001\"}}",
	         "\"\\u200bé\\x00\\n\\x7f\\xff\\U000e0001\""},
		{"{{printf \"%v %d %x\" (index \"a\" 0) (index \"a\" 0) (index \"a\" 0)}}", "97 97 61"},
		/* Where the reference writes "%!d(string=a)" and the like. */
		{"{{printf \"%d\" \"a\"}}", "!f:1:3: template: printf: %d is not for a text"},
		{"{{printf \"%d\" 3.0}}", "!f:1:3: template: printf: %d is not for a fraction"},
		{"{{printf \"%s\" 1}}", "!f:1:3: template: printf: %s is not for a whole number"},
		{"{{printf \"%s\" nil}}", "!f:1:3: template: printf: %s is not for nothing"},
		{"{{printf \"%t\" 1}}", "!f:1:3: template: printf: %t is not for a whole number"},
		{"{{printf \"%x\" true}}", "!f:1:3: template: printf: %x is not for a boolean"},
		{"{{printf \"%d\"}}", "!f:1:3: template: printf: there are fewer arguments than verbs"},
		{"{{printf \"a\" 1}}", "!f:1:3: template: printf: there are more arguments than verbs"},
		{"{{printf \"%\"}}", "!f:1:3: template: printf: the format ends behind %"},
		{"{{printf \"%z\" 1}}", "!f:1:3: template: printf: this verb is not supported: " VERBS},
		{"{{printf \"%*d\" 5 1}}", "!f:1:3: template: printf: this verb is not supported: " VERBS},
		{"{{printf \"%#x\" 1}}", "!f:1:3: template: printf: this verb is not supported: " VERBS},
		{"{{printf \"%[1]d\" 1}}", "!f:1:3: template: printf: this verb is not supported: " VERBS},
		{"{{printf \"%05s\" \"a\"}}", "!f:1:3: template: printf: the flags + 0 and space are for numbers only"},
		{"{{printf \"%1001d\" 1}}", "!f:1:3: template: printf: no width or precision may be larger than 1000"},
		{"{{printf 1}}", "!f:1:3: template: printf: the first argument must be a text, found a whole number"},
	};
	(void)state;
	CHECK_CASES(cases);
}

static void test_pulled(void **state)
{
	char folder[64];
	struct error error = ERROR_INIT;
	struct fixture f;
	struct arena arena = ARENA_INIT;
	(void)state;

	make_temporary_folder(folder);
	const char *path = file_join(&arena, folder, "secret");
	assert_true(file_create(path, STR("s3cret\n\n"), 0600, &error));
	setenv("TEMPLATE_TEST", "<v>", 1);
	setenv("TEMPLATE_FILE", path, 1);
	setenv("TEMPLATE_FOLDER", folder, 1);
	unsetenv("CREDENTIALS_DIRECTORY");
	static const struct template_case cases[] = {
		{"{{getenv \"TEMPLATE_TEST\" | js}}{{\"TEMPLATE_TEST\" | getenv | html}}", "\\u003Cv\\u003E&lt;v&gt;"},
		{"[{{getenv \"TEMPLATE_NONE\"}}{{getenv \"\"}}{{getenv \"TEMPLATE_TEST=\"}}{{getenv \"a\\x00\"}}]",
	         "[]"},
		{"[{{cat (getenv \"TEMPLATE_FILE\")}}]", "[s3cret\n]"},
		{"[{{cat \"/nonexistent\"}}{{cat \"\"}}{{cat \"a\\x00\"}}]", "[]"},
		{"[{{credential \"TEMPLATE_TEST\"}}]", "[<v>]"},
	};
	CHECK_CASES(cases);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	static const struct template_case found[] = {
		{"[{{credential \"secret\"}}]", "[s3cret\n]"},
		{"[{{credential \"TEMPLATE_TEST\"}}{{credential \"\"}}]", "[]"},
	};
	CHECK_CASES(found);
	assert_string_equal(result_of(&f, STR("{{cat (getenv \"TEMPLATE_FOLDER\")}}")), "");
	assert_int_equal(f.problems.count, 1);
	assert_string_equal(problem_text(&f.arena, &f.problems.items[0]),
	                    "f:1:3: template: cat: the file cannot be read: an empty text stands for it");
	release(&f);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_true(file_remove_tree(folder, &error));
	arena_release(&arena);
}

/* A message about the output shows nothing of what was pulled in, whole or in pieces. */
static void test_places(void **state)
{
	struct fixture f;
	const char *after = "f after the template";
	(void)state;

	setenv("TEMPLATE_TEST", "first-line-of-it\nsecond: hush\nabcd", 1);
	assert_non_null(result_of(&f, STR("{{getenv \"TEMPLATE_TEST\"}}{{getenv \"TEMPLATE_NONE\"}}")));
	problem_add(&f.problems, (struct position){after, 2, 3}, "unknown key \"second\", or \"%s\"", "line-of-it\\n");
	problem_add(&f.problems, (struct position){after, 0, 0}, "the file is short");
	problem_add(&f.problems, (struct position){"g", 2, 3}, "second: hush");
	template_place_problems(&f.output, after, "f", &f.problems);
	assert_string_equal(problem_text(&f.arena, &f.problems.items[0]),
	                    "f: line 2, column 3 after the template: unknown key \"…\", or \"…\\n\"");
	assert_string_equal(problem_text(&f.arena, &f.problems.items[1]), "f: the file is short");
	assert_string_equal(problem_text(&f.arena, &f.problems.items[2]), "g:2:3: second: hush");
	release(&f);

	setenv("TEMPLATE_TEST", "abcd", 1);
	assert_non_null(result_of(&f, STR("{{getenv \"TEMPLATE_TEST\"}}")));
	problem_add(&f.problems, (struct position){after, 1, 1}, "xabcdx abc");
	template_place_problems(&f.output, after, "f", &f.problems);
	assert_string_equal(f.problems.items[0].text, "line 1, column 1 after the template: x…x abc");
	release(&f);
}

static void test_nothing_is_warned_of(void **state)
{
	struct fixture f;
	(void)state;

	assert_string_equal(result_of(&f, STR("a\n{{.Secret}}")), "a\n<no value>");
	assert_int_equal(f.problems.count, 1);
	assert_true(f.problems.items[0].warning);
	assert_string_equal(problem_text(&f.arena, &f.problems.items[0]),
	                    "f:2:3: template: this writes \"<no value>\": a file of hooks has no data");
	release(&f);
	assert_true(run(&f, STR("{{range 100}}{{$.X}}{{end}}")));
	assert_int_equal(f.problems.count, 10);
	release(&f);
}

/* count times the head, the middle, count times the tail. */
static struct str nested(struct arena *arena, const char *head, const char *middle, const char *tail, size_t count)
{
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < count; i++)
		buf_append_c(&text, head);
	buf_append_c(&text, middle);
	for (size_t i = 0; i < count; i++)
		buf_append_c(&text, tail);
	struct str copy = str_copy(arena, buf_str(&text));
	buf_release(&text);
	return copy;
}

static void test_limits(void **state)
{
	static const struct template_case cases[] = {
		{"{{define \"a\"}}{{template \"a\" .}}{{end}}{{template \"a\"}}",
	         "!f:1:17: template: more than 300 levels of blocks and calls"},
		{"{{range 1000000000000}}{{end}}", "!f:1:3: template: more than 1000000 steps: does it ever end?"},
		{"{{$x := \"aaaaaaaa\"}}{{range 40}}{{$x = print $x $x}}{{end}}",
	         "!f:1:40: template: print: a text of more than 16 MiB"},
		{"{{$x := \"aaaaaaaa\"}}{{range 20}}{{$x = print $x $x}}{{end}}{{range 9}}{{$y := print $x}}{{end}}",
	         "!f:1:62: template: more than 64 MiB of memory"},
		{"{{$x := \"aaaaaaaa\"}}{{range 20}}{{$x = print $x $x}}{{end}}{{range 9}}{{$x}}{{end}}",
	         "!f:1:73: template: more than 16 MiB of output"},
		{"{{$x := \"aaaaaaaa\"}}{{range 20}}{{$x = print $x $x}}{{end}}{{range 9999}}{{if eq $x $x}}{{end}}{{end}}",
	         "!f:1:79: template: more than 1000000 steps: does it ever end?"},
	};
	struct arena arena = ARENA_INIT;
	struct fixture f;
	(void)state;

	CHECK_CASES(cases);
	assert_string_equal(result_of(&f, nested(&arena, "{{if 1}}", "x", "{{end}}", 290)), "x");
	release(&f);
	assert_contains(result_of(&f, nested(&arena, "{{if 1}}", "x", "{{end}}", 301)), "more than 300 levels");
	release(&f);
	assert_contains(result_of(&f, nested(&arena, "{{block `a` .}}", "x", "{{end}}", 301)), "more than 300 levels");
	release(&f);
	struct str parentheses = nested(&arena, "(", "1", ")", 301);
	assert_contains(result_of(&f, str_join(&arena, STR("{{"), str_join(&arena, parentheses, STR("}}")))),
	                "f:1:303: template: more than 300 levels of blocks and parentheses");
	release(&f);
	assert_string_equal(result_of(&f, STR("a\n\xc3(")), "!f:2:1: template: this byte is not UTF-8");
	release(&f);
	assert_true(run(&f, (struct str){"a\0b{{1}}", 8}));
	assert_int_equal(f.output.text.len, 4);
	release(&f);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text),   TEST(test_constants), TEST(test_pipelines),
		TEST(test_blocks), TEST(test_functions), TEST(test_printf),
		TEST(test_pulled), TEST(test_places),    TEST(test_nothing_is_warned_of),
		TEST(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
