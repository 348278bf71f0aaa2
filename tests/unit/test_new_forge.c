/*
 * CONTRIBUTING's recipe "Add a forge", followed for one that does not exist: a reader by tables of fields, a row, and a
 * table with that row. Nothing else of the project knows it.
 */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "forge/event.h"
#include "forge/field.h"
#include "forge/forge.h"
#include "forge/verify.h"
#include "payload/request.h"

#define ONE "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
#define TWO "0123456789abcdef0123456789abcdef01234567"
#define SIGNED "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

/* --- What the file src/forge/anvil.c would hold ------------------------------------------------------------------- */

static const struct field push_fields[] = {
	FIELD("change.name", ref, ref, FIELD_REQUIRED),
	FIELD("change.to", commit, commit, FIELD_REQUIRED),
	FIELD("change.from", before, commit, FIELD_OPTIONAL),
	FIELD("place.title", repository, plain, FIELD_REQUIRED),
	FIELD("place.number", repository_id, id, FIELD_OPTIONAL),
	FIELD("place.url", clone_url, plain, FIELD_OPTIONAL),
	FIELD("place.mirror", clone_url, plain, FIELD_REQUIRED), /* where there is no url */
	FIELD("smith", author, text, FIELD_OPTIONAL),
};

static bool read_events(struct reading *reading)
{
	struct event *event = reading_add(reading);

	if (!event)
		return false;
	if (!str_equal_c(reading->word, "struck"))
		return true;
	if (!READ(reading, push_fields, event) ||
	    !field_read_flag("change.hard", reading->payload, &event->forced, reading->error))
		return false;
	event_settle_ref(event, false);
	return true;
}

static const struct forge forge_anvil = {
	.name = "anvil",
	.event_header = "X-Anvil-Event",
	.marker_headers = {"X-Anvil-Forge"},
	.delivery_headers = {"X-Anvil-Id"},
	.signature = {.check = verify_hmac, .headers = {"X-Anvil-Mark"}, .prefix = "mark:"},
	.read = read_events,
};

/* --- And table.c -------------------------------------------------------------------------------------------------- */

static const struct forge *const rows[] = {&forge_anvil};
static const struct forge_table table = {rows, 1};

struct sent {
	struct arena arena;
	struct request request;
	struct event_list list;
	struct error error;
};

static void make_request(struct sent *sent, const char *word, const char *body)
{
	*sent = (struct sent){.arena = ARENA_INIT, .error = ERROR_INIT};
	sent->request = (struct request){.arena = &sent->arena,
	                                 .query = STR(""),
	                                 .body = str_from(body),
	                                 .content_type = STR("application/json")};
	request_add_header(&sent->request, STR("X-Anvil-Event"), str_from(word));
	request_add_header(&sent->request, STR("X-Anvil-Forge"), STR("1"));
	request_add_header(&sent->request, STR("X-Anvil-Id"), STR("no-7"));
	request_add_header(&sent->request, STR("X-Anvil-Mark"), STR("mark:" SIGNED));
}

#define PUSH(place) \
	"{\"change\":{\"name\":\"refs/heads/main\",\"from\":\"" ONE "\",\"to\":\"" TWO "\",\"hard\":true}," \
	"\"place\":{\"title\":\"acme/app\",\"number\":7," place "},\"smith\":\"-Jane\"}"

static void test_events(void **state)
{
	static const struct {
		const char *word, *body, *type, *clone_url, *message;
	} cases[] = {
		{"struck", PUSH("\"url\":\"https://anvil/app\",\"mirror\":\"https://mirror/app\""), "push",
	         "https://anvil/app", ""},
		{"struck", PUSH("\"mirror\":\"https://mirror/app\""), "push", "https://mirror/app", ""},
		{"struck", PUSH("\"url\":null"), "", "", "anvil event struck: place.mirror is missing"},
		{"struck", PUSH("\"url\":\"\\n\""), "", "",
	         "anvil event struck: place.url is not text without control"},
		{"cooled", "{}", "cooled", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sent sent;
		bool good;

		make_request(&sent, cases[i].word, cases[i].body);
		good = event_read_by(&table, &sent.request, &sent.list, &sent.error);
		assert_contains(sent.error.message, cases[i].message);
		assert_int_equal(good, cases[i].message[0] == '\0');
		assert_str(sent.list.forge, "anvil");
		assert_int_equal(sent.list.count, good ? 1 : 0);
		if (good) {
			assert_str(sent.list.items[0].type, cases[i].type);
			assert_str(sent.list.items[0].delivery, "no-7");
			assert_str(sent.list.items[0].clone_url, cases[i].clone_url);
		}
		arena_release(&sent.arena);
	}
}

static void test_fields(void **state)
{
	struct sent sent;
	const struct event *event;

	(void)state;
	make_request(&sent, "struck", PUSH("\"url\":\"https://anvil/app\""));
	assert_true(event_read_by(&table, &sent.request, &sent.list, &sent.error));
	event = &sent.list.items[0];
	assert_str(event->word, "struck");
	assert_str(event->branch, "main");
	assert_str(event->commit, TWO);
	assert_str(event->before, ONE);
	assert_str(event->repository_id, "7");
	assert_str(event->author, "-Jane");
	assert_true(event->forced);
	arena_release(&sent.arena);
}

static void test_signature(void **state)
{
	const struct str secret = STR("It's a Secret to Everybody"), other = STR("x");
	struct sent sent;

	(void)state;
	make_request(&sent, "struck", "Hello, World!");
	assert_int_equal(forge_verify_by(&table, &sent.request, &secret, 1, 0, &sent.error), FORGE_RIGHT);
	assert_int_equal(forge_verify_by(&table, &sent.request, &other, 1, 0, &sent.error), FORGE_WRONG);
	assert_int_equal(forge_verify(&sent.request, &secret, 1, 0, &sent.error), FORGE_UNKNOWN);
	arena_release(&sent.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_events),
		TEST(test_fields),
		TEST(test_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
