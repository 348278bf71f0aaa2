/* payload/media_type.h: each answer is Go 1.19's, asked by webhook 2.8.0 with a part of this Content-Disposition. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "payload/media_type.h"
#include "payload/value.h"

/* name NULL: it is no form-data or has no name; "" is what Go takes as none, too. */
static void test_name(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"form-data; name=a", "a"},
		{"form-data;name=a", "a"},
		{"form-data ; name = a", "a"},
		{"FORM-data; NAME=a", "a"},
		{"form-data; \vname=a", "a"},
		{"form-data; name=a;", "a"},
		{"form-data; name=a; ", "a"},
		{"form-data; name='a'", "'a'"},
		{"form-data; name=%61", "%61"},
		{"form-data; name=\"a b\"", "a b"},
		{"form-data; name=\"a;b\"", "a;b"},
		{"form-data; name=\"a/b\"", "a/b"},
		{"form-data; name=\"a\\\"b\"", "a\"b"},
		{"form-data; name=\"a\\\\b\"", "a\\b"},
		{"form-data; name=\"a\\b\"", "a\\b"},
		{"form-data; name=\"\xc3\xa9\"", "\xc3\xa9"},
		{"form-data; name=\"a\" ; x=y", "a"},
		{"form-data; name=\"\"; x=y", ""},
		{"form-data; x*y*z=1; name=a", "a"},
		{"form-data; *=a; name=b", "b"},
		{"attachment; name=a", NULL},
		{"form-data", NULL},
		{"form-data; x=a", NULL},
		{"form-data; name=\"a", NULL},
		{"form-data; name=\"a\\", NULL},
		{"form-data; name=\"a\\\"", NULL},
		{"form-data; name=\"a\"x", NULL},
		{"form-data; name=a b", NULL},
		{"form-data; name=a;;", NULL},
		{"form-data; name=a; x", NULL},
		{"form-data; name=a; x=", NULL},
		{"form-data; name=a; name=a", NULL},
		{"form-data; name=a; NAME=b", NULL},
		{"form-data; name=a; x*0=1; x*0=2", NULL},
		{"form-data; name=a/b", NULL},
		{"form-data; name=a=b", NULL},
		{"form-data; name=a, x", NULL},
		{"form-data; name=\xe9", NULL},
		{"form-data/x; name=a", NULL},
		{"form-data/; name=a", NULL},
		{"form data; name=a", NULL},
		{"; name=a", NULL},
		{"", NULL},
		/* RFC 2231 */
		{"form-data; name*=utf-8''a%20b", "a b"},
		{"form-data; name*=UTF-8'en'%c3%a9", "\xc3\xa9"},
		{"form-data; name*=us-ASCII'x'y'z", "y'z"},
		{"form-data; name*=\"utf-8''q%41\"", "qA"},
		{"form-data; name=z; name*=utf-8''a", "a"},
		{"form-data; name=a; name*=x", "a"},
		{"form-data; name*=latin1''a", NULL},
		{"form-data; name*=''a", NULL},
		{"form-data; name*=utf-8'a", NULL},
		{"form-data; name*=utf-8''a%2", NULL},
		{"form-data; name*=a", NULL},
		{"form-data; name*x=a", NULL},
		{"form-data; name*0=a; name*1=b", "ab"},
		{"form-data; name=z; name*0=y", "y"},
		{"form-data; name*01=a; name*0=b", "b"},
		{"form-data; name*1=b", NULL},
		{"form-data; name*0*=utf-8''a%20; name*1*=b%20; name*2=c", "a b c"},
		{"form-data; name*0*=a%20; name*1=c", "c"},
		{"form-data; name*0=q; name*1*=a%2; name*2=c", "qc"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = ARENA_INIT;
		struct error error = ERROR_INIT;
		struct media_type type;
		struct str name;
		bool good = media_type_parse(&arena, str_from(cases[i].text), &type, &error);

		assert_int_equal(good, error.kind == ERROR_NONE);
		good = good && str_equal_c(type.type, "form-data") &&
		       media_type_find(&arena, &type, STR("name"), &name);
		if (good != (cases[i].name != NULL))
			fail_msg("%s: %s", cases[i].text, good ? "a name" : "no name");
		if (good)
			assert_str(name, cases[i].name);
		arena_release(&arena);
	}
}

static void test_type(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct media_type type;
	struct str boundary;

	(void)state;
	assert_true(media_type_parse(&arena, STR(" Multipart/Form-Data ;boundary=\"a b\""), &type, &error));
	assert_str(type.type, "multipart/form-data");
	assert_true(media_type_find(&arena, &type, STR("boundary"), &boundary));
	assert_str(boundary, "a b");
	assert_false(media_type_find(&arena, &type, STR("charset"), &boundary));
	assert_false(media_type_parse(&arena, STR("a/b; x=1; x=1"), &type, &error));
	assert_string_equal(error.message, "the parameter x is there twice");
	arena_release(&arena);
}

/* A header full of short parameters takes memory and time in proportion to its length. */
static void test_many_parameters(void **state)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct media_type type;
	struct buf text = BUF_INIT;

	(void)state;
	buf_append_c(&text, "a");
	for (int i = 0; i < 2000; i++)
		buf_printf(&text, ";a%d=\"\"", i);
	assert_true(media_type_parse(&arena, buf_str(&text), &type, &error));
	assert_int_equal(type.parameters->as.map.count, 2000);
	assert_true(arena.used < 100 * text.len);
	buf_release(&text);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_name), TEST(test_type), TEST(test_many_parameters)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
