/* lib/json_out.h: where commas, line breaks and tabs go. */
#include "check.h"

#include "base/buf.h"
#include "lib/json_out.h"

/*
 * A document by letters: { } [ ] as they are, k a key, t a text, n a number, b true, p a key and its text, _ from here on
 * one line.
 */
static void write_document(struct json_out *out, const char *letters)
{
	for (; *letters; letters++) {
		switch (*letters) {
		case '{':
			json_out_map_begin(out);
			break;
		case '}':
			json_out_map_end(out);
			break;
		case '[':
			json_out_list_begin(out);
			break;
		case ']':
			json_out_list_end(out);
			break;
		case 'k':
			json_out_key(out, "k");
			break;
		case 't':
			json_out_text(out, STR("a\"b"));
			break;
		case 'n':
			json_out_number(out, -7);
			break;
		case 'b':
			json_out_bool(out, true);
			break;
		case 'p':
			json_out_key_text(out, "p", "q");
			break;
		default:
			json_out_flat(out);
			break;
		}
	}
}

static void test_documents(void **state)
{
	static const struct {
		const char *letters, *text;
	} cases[] = {
		{"[]", "[]\n"},
		{"{}", "{}\n"},
		{"[tnb]", "[\n\t\"a\\\"b\",\n\t-7,\n\ttrue\n]\n"},
		{"{ktkn}", "{\n\t\"k\": \"a\\\"b\",\n\t\"k\": -7\n}\n"},
		{"{k[]k{p}}", "{\n\t\"k\": [],\n\t\"k\": {\n\t\t\"p\": \"q\"\n\t}\n}\n"},
		{"[_{pk[nn]}_{p}[n]]",
	         "[\n\t{\"p\": \"q\", \"k\": [-7, -7]},\n\t{\"p\": \"q\"},\n\t[\n\t\t-7\n\t]\n]\n"},
		{"{k_[n_[]n]p}", "{\n\t\"k\": [-7, [], -7],\n\t\"p\": \"q\"\n}\n"},
		{"_[nn]", "[-7, -7]\n"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf text = BUF_INIT;
		struct json_out out = {.text = &text};
		write_document(&out, cases[i].letters);
		assert_string_equal(text.data, cases[i].text);
		buf_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_documents)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
