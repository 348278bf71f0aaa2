/* run/id.h: the form, the order, the time in it, and that no two are alike. */
#include "check.h"

#include "base/clock.h"
#include "run/id.h"

static void test_made_ids_are_valid(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		char id[RUN_ID_SIZE];
		run_id_make(id);
		assert_int_equal(strlen(id), 26);
		assert_true(run_id_is_valid(str_from(id)));
	}
}

static int64_t time_of(const char *id)
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	int64_t time = 0;
	for (int i = 0; i < 10; i++)
		time = time * 32 + (strchr(digits, id[i]) - digits);
	return time;
}

static void test_time_leads(void **state)
{
	char id[RUN_ID_SIZE];
	(void)state;
	int64_t before = clock_wall();
	run_id_make(id);
	assert_in_range(time_of(id), before, clock_wall());
}

static void test_random_digits_differ(void **state)
{
	enum { IDS = 500 };
	static char ids[IDS][RUN_ID_SIZE];
	bool varies[26] = {false};
	(void)state;
	for (int i = 0; i < IDS; i++) {
		run_id_make(ids[i]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(ids[i] + 10, ids[j] + 10);
		for (int digit = 10; digit < 26; digit++)
			varies[digit] = varies[digit] || ids[i][digit] != ids[0][digit];
	}
	for (int digit = 10; digit < 26; digit++)
		assert_true(varies[digit]);
}

static void test_what_is_no_id(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{"01kapwaz5w0000000000000000", true},  {"7zzzzzzzzzzzzzzzzzzzzzzzzz", true},
		{"8zzzzzzzzzzzzzzzzzzzzzzzzz", false}, {"", false},
		{"01kapwaz5w000000000000000", false},  {"01kapwaz5w00000000000000000", false},
		{"01KAPWAZ5W0000000000000000", false}, {"01kapwaz5w000000000000000i", false},
		{"01kapwaz5w000000000000000u", false}, {"01kapwaz5w00000000000000..", false},
		{"../../../../../../../etc/x", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(run_id_is_valid(str_from(cases[i].text)), cases[i].valid);
	assert_false(run_id_is_valid((struct str){"01kapwaz5w00000000000000\0\0", 26}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_made_ids_are_valid),
		TEST(test_time_leads),
		TEST(test_random_digits_differ),
		TEST(test_what_is_no_id),
	};
	return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
