/* run/delivery.h: a request survives its way over a pipe byte for byte, and nothing else is taken for one. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "payload/request.h"
#include "run/delivery.h"
#include "run/field.h"

struct fixture {
	struct arena arena;
	struct request request;
	struct delivery delivery;
	struct buf text;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){.arena = ARENA_INIT, .text = BUF_INIT};
	f->request = (struct request){
		.arena = &f->arena,
		.id = STR("abc"),
		.method = STR("POST"),
		.path = STR("/hooks/a b"),
		.query = STR("x=1&y=%20"),
		.remote_address = STR("[2001:db8::1]:4711"),
		.content_type = STR("application/json"),
		.body = STR("{\"a\":\n\0 1}"),
	};
	request_add_header(&f->request, STR("Content-Type"), STR("application/json"));
	request_add_header(&f->request, STR("X-Empty"), STR(""));
	request_add_header(&f->request, STR("X-Twice"), STR("header 3\nabc"));
	request_add_header(&f->request, STR("X-Twice"), STR("2"));
	f->delivery = (struct delivery){
		.id = STR("01kapwaz5w0000000000000000"),
		.hook = STR("a b"),
		.followed = 1,
		.state = STR("/var/lib/pocketci"),
		.base_url = STR(""),
		.timeout = -1,
		.stop_grace = 10000,
		.output_limit = INT64_MAX,
		.request = &f->request,
	};
	delivery_write(&f->text, &f->delivery);
}

static void tear_down(struct fixture *f)
{
	buf_release(&f->text);
	arena_release(&f->arena);
}

static void test_arrives(void **state)
{
	struct fixture f;
	struct arena arena = ARENA_INIT;
	struct delivery read;
	struct error error = ERROR_INIT;
	struct buf again = BUF_INIT;
	(void)state;
	set_up(&f);

	struct str sent = str_copy(&f.arena, buf_str(&f.text));
	assert_true(delivery_read(&arena, buf_str(&f.text), &read, &error));
	memset(f.text.data, 'x', f.text.len); /* what was read must not borrow */
	delivery_write(&again, &read);
	assert_true(str_equal(buf_str(&again), sent));
	assert_str(read.id, "01kapwaz5w0000000000000000");
	assert_str(read.hook, "a b");
	assert_str(read.state, "/var/lib/pocketci");
	assert_int_equal(read.followed, 1);
	assert_int_equal(read.timeout, -1);
	assert_int_equal(read.output_limit, INT64_MAX);
	assert_str(read.request->method, "POST");
	assert_str(read.request->remote_address, "[2001:db8::1]:4711");
	assert_true(str_equal(read.request->body, f.request.body));
	assert_int_equal(request_count_header(read.request, STR("X-Twice")), 2);
	assert_str(*request_find_header(read.request, STR("X-Twice")), "header 3\nabc");
	assert_str(*request_find_header(read.request, STR("X-Empty")), "");
	assert_ptr_equal(read.request->arena, &arena);
	buf_release(&again);
	arena_release(&arena);
	tear_down(&f);
}

static bool reads(struct str text)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct delivery delivery;
	bool read = delivery_read(&arena, text, &delivery, &error);
	if (!read)
		assert_int_equal(error.kind, ERROR_INVALID);
	arena_release(&arena);
	return read;
}

/* Wherever it is cut, it is no delivery: but between whole headers, which come last. */
static void test_cut_off(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f);
	size_t first = f.text.len;
	while (!str_starts(str_from_index(buf_str(&f.text), first), STR("header 12\n")))
		first--;
	for (size_t len = 0; len < first; len++)
		assert_false(reads(str_head(buf_str(&f.text), len)));
	assert_false(reads(str_head(buf_str(&f.text), first + strlen("header 12\nContent-Type"))));
	assert_true(reads(buf_str(&f.text)));
	tear_down(&f);
}

static void test_wrong_fields(void **state)
{
	static const char *const additions[][2] = {
		{"method", "GET"},     /* twice */
		{"timeout", "1"},      /* twice, as a number */
		{"unknown", ""},       /* of no version */
		{"header-value", "x"}, /* of no header */
		{"header", "X-Last"},  /* without its value */
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(additions); i++) {
		struct fixture f;
		set_up(&f);
		field_write(&f.text, additions[i][0], str_from(additions[i][1]));
		assert_false(reads(buf_str(&f.text)));
		tear_down(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arrives),
		TEST(test_cut_off),
		TEST(test_wrong_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
