/* hook/rule.h: what rules make of each other's results, as the reference; each type of match; reading them. */
#include "check.h"

#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "config/keys.h"
#include "config/problem.h"
#include "hook/hook.h"
#include "hook/rule.h"
#include "lib/crypto.h"
#include "payload/request.h"

/* Leaves by a letter: true, false, missing, wrong signature, failed, empty, does not exist, no number. */
static const char *leaf(char letter)
{
	switch (letter) {
	case 'T':
		return "{match: {type: value, value: '1', parameter: {source: url, name: one}}}";
	case 'F':
		return "{match: {type: value, value: '2', parameter: {source: url, name: one}}}";
	case 'M':
		return "{match: {type: value, value: '1', parameter: {source: url, name: none}}}";
	case 'S':
		return "{match: {type: payload-hmac-sha1, secret: x, parameter: {source: url, name: one}}}";
	case 'X':
		return "{match: {type: value, value: '1', parameter: {source: payload, name: nothing.below}}}";
	case 'E':
		return "{}";
	case 'A':
		return "{match: {type: exists, parameter: {source: payload, name: nothing.below}}}";
	case 'N':
		return "{match: {type: less, value: 1, parameter: {source: payload, name: ref}}}";
	default:
		return NULL;
	}
}

struct fixture {
	struct arena arena;
	struct problems problems;
	struct request request;
	bool strict;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){.arena = ARENA_INIT};
	f->problems.arena = &f->arena;
	f->request = (struct request){
		.arena = &f->arena,
		.remote_address = STR("192.0.2.1:4711"),
		.query = STR("one=1&empty="),
		.body = STR("{\"nothing\":null,\"ref\":\"refs/heads/main\",\"large\":9007199254740993}"),
		.content_type = STR("application/json"),
	};
}

static struct rule *read_rule(struct fixture *f, const char *text)
{
	struct key_reader reader = {.arena = &f->arena, .problems = &f->problems, .strict = f->strict};
	struct buf expanded = BUF_INIT;
	for (const char *c = text; *c; c++) {
		if (leaf(*c) && (c == text || strchr(" [{", c[-1])) && strchr(",]}", c[1]))
			buf_append_c(&expanded, leaf(*c));
		else
			buf_append_byte(&expanded, *c);
	}
	struct yaml_node *node = yaml_parse(&f->arena, buf_str(&expanded), "f", &yaml_limits_server, &f->problems);
	struct rule *rule = node ? rule_read(&reader, node) : NULL;
	buf_release(&expanded);
	return rule;
}

static const char *const error_names[] = {"none", "missing", "signature", "failed"};

static void test_combinations(void **state)
{
	static const struct {
		const char *rule;
		bool holds;
		enum rule_error error;
		bool soft;
	} cases[] = {
		/* One alone. */
		{"T", true, RULE_NO_ERROR, false},
		{"F", false, RULE_NO_ERROR, false},
		{"M", false, RULE_MISSING, false},
		{"S", false, RULE_SIGNATURE, false},
		{"X", false, RULE_FAILED, false},
		{"E", false, RULE_NO_ERROR, false},
		{"S", false, RULE_SIGNATURE, true},
		/* and: stops at the first that is false or an error. */
		{"{and: []}", true, RULE_NO_ERROR, false},
		{"{and: [T, T]}", true, RULE_NO_ERROR, false},
		{"{and: [T, F]}", false, RULE_NO_ERROR, false},
		{"{and: [T, E]}", false, RULE_NO_ERROR, false},
		{"{and: [T, M]}", false, RULE_MISSING, false},
		{"{and: [M, T]}", false, RULE_MISSING, false},
		{"{and: [F, M]}", false, RULE_NO_ERROR, false},
		{"{and: [F, S]}", false, RULE_NO_ERROR, false},
		{"{and: [M, S]}", false, RULE_MISSING, false},
		{"{and: [T, S]}", false, RULE_SIGNATURE, false},
		{"{and: [T, S]}", false, RULE_SIGNATURE, true},
		{"{and: [X, T]}", false, RULE_FAILED, false},
		{"{and: [{not: M}]}", false, RULE_MISSING, false},
		{"{and: [{not: M}, T]}", false, RULE_MISSING, false},
		{"{and: [{not: S}]}", false, RULE_SIGNATURE, true},
		{"{and: [{not: F}]}", true, RULE_NO_ERROR, false},
		/* or: passes over what is missing, and over a wrong signature where that is wanted. */
		{"{or: []}", false, RULE_NO_ERROR, false},
		{"{or: [F, T]}", true, RULE_NO_ERROR, false},
		{"{or: [F, F]}", false, RULE_NO_ERROR, false},
		{"{or: [M, T]}", true, RULE_NO_ERROR, false},
		{"{or: [M]}", false, RULE_NO_ERROR, false},
		{"{or: [T, S]}", true, RULE_NO_ERROR, false},
		{"{or: [S, T]}", false, RULE_SIGNATURE, false},
		{"{or: [S, T]}", true, RULE_NO_ERROR, true},
		{"{or: [S]}", false, RULE_NO_ERROR, true},
		{"{or: [X, T]}", false, RULE_FAILED, false},
		{"{or: [X, T]}", false, RULE_FAILED, true},
		{"{or: [{not: M}]}", true, RULE_NO_ERROR, false},
		{"{or: [{not: S}]}", false, RULE_SIGNATURE, false},
		{"{or: [{not: S}]}", true, RULE_NO_ERROR, true},
		{"{or: [{and: [M]}, T]}", true, RULE_NO_ERROR, false},
		{"{or: [{and: [T, S]}, T]}", true, RULE_NO_ERROR, true},
		/* not: negates and keeps the error. */
		{"{not: T}", false, RULE_NO_ERROR, false},
		{"{not: F}", true, RULE_NO_ERROR, false},
		{"{not: E}", true, RULE_NO_ERROR, false},
		{"{not: M}", true, RULE_MISSING, false},
		{"{not: S}", true, RULE_SIGNATURE, false},
		{"{not: X}", true, RULE_FAILED, false},
		{"{not: {not: M}}", false, RULE_MISSING, false},
		{"{not: {and: [M]}}", true, RULE_MISSING, false},
		{"{not: {or: [M]}}", true, RULE_NO_ERROR, false},
		/* What does not exist is no error, what is no number is one. */
		{"A", false, RULE_NO_ERROR, false},
		{"{not: A}", true, RULE_NO_ERROR, false},
		{"{and: [T, {not: A}]}", true, RULE_NO_ERROR, false},
		{"{and: [T, A]}", false, RULE_NO_ERROR, false},
		{"{or: [A, T]}", true, RULE_NO_ERROR, false},
		{"N", false, RULE_FAILED, false},
		{"{and: [{not: N}]}", false, RULE_FAILED, false},
		{"{or: [N, T]}", false, RULE_FAILED, true},
		/* Several in one rule: the first of and, or, not, match counts, in whatever order they are written. */
		{"{or: [F], and: [T]}", true, RULE_NO_ERROR, false},
		{"{not: T, or: [T]}", true, RULE_NO_ERROR, false},
		{"{and: ~, not: F}", true, RULE_NO_ERROR, false},
		{"{and: ~}", false, RULE_NO_ERROR, false},
		{"{AND: [T]}", true, RULE_NO_ERROR, false},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		struct rule *rule = read_rule(&f, cases[i].rule);
		if (!rule)
			fail_msg("%s: %s", cases[i].rule, f.problems.items[0].text);
		struct rule_outcome outcome = rule_evaluate(rule, &f.request, cases[i].soft, NULL);
		if (outcome.holds != cases[i].holds || outcome.error != cases[i].error)
			fail_msg("%s: %d, error %s", cases[i].rule, outcome.holds, error_names[outcome.error]);
		assert_int_equal(outcome.detail.message[0] != '\0', outcome.error != RULE_NO_ERROR);
		arena_release(&f.arena);
	}
	assert_true(rule_evaluate(NULL, NULL, false, NULL).holds);
	assert_int_equal(rule_evaluate(NULL, NULL, false, NULL).error, RULE_NO_ERROR);
}

static void test_matches(void **state)
{
	static const struct {
		const char *match;
		bool holds;
		const char *detail; /* empty: no error */
	} cases[] = {
		{"{type: value, value: refs/heads/main, parameter: {source: payload, name: ref}}", true, ""},
		{"{type: value, value: refs/heads/mai, parameter: {source: payload, name: ref}}", false, ""},
		{"{type: value, value: Refs/heads/main, parameter: {source: payload, name: ref}}", false, ""},
		{"{type: value, value: '', parameter: {source: url, name: empty}}", true, ""},
		{"{type: value, value: '<nil>', parameter: {source: payload, name: nothing}}", true, ""},
		{"{type: value, value: x, parameter: {source: payload, name: none}}", false,
	         "there is no payload none"},
		{"{type: regex, regex: '^refs/heads/(main|dev)$', parameter: {source: payload, name: ref}}", true, ""},
		{"{type: regex, regex: '^heads', parameter: {source: payload, name: ref}}", false, ""},
		{"{type: regex, regex: '', parameter: {source: url, name: empty}}", true, ""},
		{"{type: regex, regex: '^(a+)+$', parameter: {source: string, name: "
	         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab}}",
	         false, "regex over string: the search was given up: match limit exceeded"},
		{"{type: ip-whitelist, ip-range: 192.0.2.0/24}", true, ""},
		{"{type: ip-whitelist, ip-range: \" 198.51.100.7\\t192.0.2.1 \\n\"}", true, ""},
		{"{type: ip-whitelist, ip-range: 192.0.2.2 2001:db8::/32}", false, ""},
		{"{type: scalr-signature, secret: x}", false, ""},
		{"{type: standard-webhooks, secret: whsec_a2V5}", false, ""},
		{"{type: exists, parameter: {source: payload, name: ref}}", true, ""},
		{"{type: exists, parameter: {source: payload, name: nothing}}", true, ""},
		{"{type: exists, parameter: {source: url, name: empty}}", true, ""},
		{"{type: exists, parameter: {source: url, name: none}}", false, ""},
		{"{type: exists, parameter: {source: payload, name: nothing.below}}", false, ""},
		{"{type: less, value: 2, parameter: {source: url, name: one}}", true, ""},
		{"{type: less, value: 1, parameter: {source: url, name: one}}", false, ""},
		{"{type: less, value: 1.0000000000000000000001, parameter: {source: url, name: one}}", true, ""},
		{"{type: greater, value: 0.99e0, parameter: {source: url, name: one}}", true, ""},
		{"{type: greater, value: '-1e400', parameter: {source: url, name: one}}", true, ""},
		{"{type: greater, value: 1, parameter: {source: url, name: one}}", false, ""},
		{"{type: greater, value: 9007199254740992, parameter: {source: payload, name: large}}", true, ""},
		{"{type: less, value: 9007199254740994, parameter: {source: payload, name: large}}", true, ""},
		{"{type: less, value: 1e400, parameter: {source: payload, name: ref}}", false,
	         "payload ref is no number"},
		{"{type: less, value: 1, parameter: {source: payload, name: nothing}}", false,
	         "payload nothing is no number"},
		{"{type: greater, value: 1, parameter: {source: url, name: empty}}", false, "query empty is no number"},
		{"{type: less, value: 1, parameter: {source: url, name: none}}", false, "there is no query none"},
		{"{type: less, value: 1, parameter: {source: url, name: none, default: '0'}}", true, ""},
		{"{type: value, value: d, parameter: {source: url, name: none, default: d}}", true, ""},
		{"{type: value, value: d, parameter: {source: url, name: empty, default: d}}", false, ""},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		struct rule *rule = read_rule(&f, arena_printf(&f.arena, "{match: %s}", cases[i].match));
		if (!rule)
			fail_msg("%s: %s", cases[i].match, f.problems.items[0].text);
		struct rule_outcome outcome = rule_evaluate(rule, &f.request, false, NULL);
		if (outcome.holds != cases[i].holds)
			fail_msg("%s: %d", cases[i].match, outcome.holds);
		assert_string_equal(outcome.detail.message, cases[i].detail);
		arena_release(&f.arena);
	}
}

/* The header with the signature of f's body. */
static void sign(struct fixture *f, enum crypto_hash hash, const char *header, const char *prefix)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t size = crypto_hmac(hash, STR("itsasecret"), f->request.body, digest);
	struct str hex = crypto_hex(&f->arena, digest, size);
	request_add_header(&f->request, str_from(header), str_printf(&f->arena, "%s%.*s", prefix, STR_ARGS(hex)));
}

static void test_signatures(void **state)
{
	static const struct {
		const char *type;
		enum crypto_hash hash;
		const char *prefix;
		bool old;
	} cases[] = {
		{"payload-hmac-sha1", CRYPTO_SHA1, "sha1=", false},
		{"payload-hmac-sha256", CRYPTO_SHA256, "sha256=", false},
		{"payload-hmac-sha512", CRYPTO_SHA512, "sha512=", false},
		{"payload-hash-sha1", CRYPTO_SHA1, "", true},
		{"payload-hash-sha256", CRYPTO_SHA256, "", true},
		{"payload-hash-sha512", CRYPTO_SHA512, "", true},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		struct rule *rule = read_rule(
			&f, arena_printf(&f.arena,
		                         "{match: {type: %s, secret: itsasecret, parameter: {source: header, name: "
		                         "x-sig}}}",
		                         cases[i].type));
		assert_non_null(rule);
		assert_int_equal(f.problems.count, cases[i].old);
		if (cases[i].old)
			assert_contains(f.problems.items[0].text, "is the old name of payload-hmac-sha");

		assert_int_equal(rule_evaluate(rule, &f.request, false, NULL).error, RULE_MISSING);
		sign(&f, cases[i].hash, "X-Sig", cases[i].prefix);
		f.request.header_values = NULL; /* asked for before */
		assert_true(rule_evaluate(rule, &f.request, false, NULL).holds);

		f.request.body = STR("another");
		struct rule_outcome outcome = rule_evaluate(rule, &f.request, false, NULL);
		assert_false(outcome.holds);
		assert_int_equal(outcome.error, RULE_SIGNATURE);
		assert_string_equal(outcome.detail.message, "the signature in header x-sig is wrong");
		f.request.body = STR("");
		assert_string_equal(rule_evaluate(rule, &f.request, false, NULL).detail.message,
		                    "the signature in header x-sig is wrong; the body is empty");
		arena_release(&f.arena);
	}
}

/* Whichever forge sent it: wrong is an error, absent and unknown do not hold. The forges' schemes: test_verify.c. */
static void test_forge_signature(void **state)
{
	static const struct {
		const char *event, *header;
		bool holds;
		enum rule_error error;
		const char *detail;
	} cases[] = {
		{"X-GitHub-Event", "X-Hub-Signature-256", true, RULE_NO_ERROR, ""},
		{"X-Event-Key", "X-Hub-Signature", true, RULE_NO_ERROR, ""},
		{"X-GitHub-Event", "X-Wrong", false, RULE_SIGNATURE,
	         "the signature in header X-Hub-Signature-256 is wrong"},
		{"X-GitHub-Event", NULL, false, RULE_MISSING, "there is no header X-Hub-Signature-256"},
		{"X-Other", "X-Hub-Signature-256", false, RULE_MISSING,
	         "the request is of no forge that is known here, by its headers or by user and "
	         "password"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		struct rule *rule = read_rule(&f, "{match: {type: forge-signature, secret: itsasecret}}");
		assert_non_null(rule);
		assert_int_equal(f.problems.count, 0);
		request_add_header(&f.request, str_from(cases[i].event), STR("push"));
		request_add_header(&f.request, STR("X-Hook-UUID"), STR("{1}"));
		if (cases[i].header && strcmp(cases[i].header, "X-Wrong") == 0)
			request_add_header(&f.request, STR("X-Hub-Signature-256"), STR("sha256=00"));
		else if (cases[i].header)
			sign(&f, CRYPTO_SHA256, cases[i].header, "sha256=");
		struct rule_outcome outcome = rule_evaluate(rule, &f.request, false, NULL);
		assert_int_equal(outcome.holds, cases[i].holds);
		assert_int_equal(outcome.error, cases[i].error);
		assert_string_equal(outcome.error == RULE_NO_ERROR ? "" : outcome.detail.message, cases[i].detail);
		assert_false(f.request.payload_parsed);
		arena_release(&f.arena);
	}
}

/* A field that the event lacks does not exist; of an event that cannot be read none is known to. */
static void test_event_exists(void **state)
{
	static const struct {
		const char *ref, *name;
		bool holds;
		enum rule_error error;
	} cases[] = {
		{"refs/heads/main", "branch", true, RULE_NO_ERROR},
		{"refs/heads/main", "tag", false, RULE_NO_ERROR},
		{"main", "tag", false, RULE_FAILED},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		struct rule *rule = read_rule(
			&f, arena_printf(&f.arena, "{match: {type: exists, parameter: {source: event, name: %s}}}",
		                         cases[i].name));
		assert_non_null(rule);
		assert_int_equal(f.problems.count, 0);
		request_add_header(&f.request, STR("X-GitHub-Event"), STR("push"));
		f.request.body = str_printf(&f.arena,
		                            "{\"ref\": \"%s\", \"after\": \"%040d\", \"repository\": {\"full_name\": "
		                            "\"a/b\", \"clone_url\": \"https://x.org/a/b\"}}",
		                            cases[i].ref, 1);
		struct rule_outcome outcome = rule_evaluate(rule, &f.request, false, NULL);
		assert_int_equal(outcome.holds, cases[i].holds);
		assert_int_equal(outcome.error, cases[i].error);
		arena_release(&f.arena);
	}
}

/* Any one of several is right; of those that are not none says more than that. */
static void test_several_secrets(void **state)
{
	static const struct {
		const char *secrets;
		bool good;
	} cases[] = {
		{"itsasecret", true},
		{"[itsasecret]", true},
		{"[another, itsasecret]", true},
		{"[itsasecret, another]", true},
		{"[another, {env: POCKETCI_TEST_SECRET}]", true},
		{"{env: POCKETCI_TEST_SECRET}", true},
		{"[another, third]", false},
	};
	(void)state;

	setenv("POCKETCI_TEST_SECRET", "itsasecret", 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		sign(&f, CRYPTO_SHA256, "X-Sig", "");
		const char *text = arena_printf(
			&f.arena,
			"{match: {type: payload-hmac-sha256, secret: %s, parameter: {source: header, name: X-Sig}}}",
			cases[i].secrets);
		struct rule *rule = read_rule(&f, text);
		if (!rule)
			fail_msg("%s: %s", text, f.problems.items[0].text);
		struct rule_outcome outcome = rule_evaluate(rule, &f.request, false, NULL);
		assert_int_equal(outcome.holds, cases[i].good);
		assert_int_equal(outcome.error, cases[i].good ? RULE_NO_ERROR : RULE_SIGNATURE);
		arena_release(&f.arena);
	}
	unsetenv("POCKETCI_TEST_SECRET");
}

/* What is compared with a text that was kept elsewhere may not be shown. */
static void test_value_kept_elsewhere(void **state)
{
	struct fixture f;
	(void)state;

	setenv("POCKETCI_TEST_SECRET", "1", 1);
	set_up(&f);
	struct rule *rule = read_rule(
		&f, "{match: {type: value, value: {env: POCKETCI_TEST_SECRET}, parameter: {source: url, name: "
		    "one}}}");
	assert_non_null(rule);
	assert_true(rule->match.value_secret);
	assert_true(rule_evaluate(rule, &f.request, false, NULL).holds);
	rule = read_rule(
		&f,
		"{match: {type: greater, value: {env: POCKETCI_TEST_SECRET}, parameter: {source: url, name: one}}}");
	assert_true(rule->match.value_secret);
	assert_false(rule_evaluate(rule, &f.request, false, NULL).holds);
	assert_false(read_rule(&f, "T")->match.value_secret);
	unsetenv("POCKETCI_TEST_SECRET");
	arena_release(&f.arena);
}

static void add_standard_headers(struct fixture *f, const char *id, int64_t seconds, const char *signature)
{
	request_add_header(&f->request, STR("webhook-id"), str_from(id));
	request_add_header(&f->request, STR("webhook-timestamp"), str_printf(&f->arena, "%lld", (long long)seconds));
	request_add_header(&f->request, STR("webhook-signature"), str_from(signature));
}

/* The numbers are tested in test_signature.c; here what a rule makes of them. */
static void test_standard_webhooks(void **state)
{
	static const struct {
		const char *id;
		int64_t later; /* than now, s */
		const char *signature, *detail;
	} cases[] = {
		{"m", 0, "v1,AAAA", "the signature in header Webhook-Signature is wrong"},
		{"m.1", 0, "v1,AAAA", "header Webhook-Id has a full stop in it, which none may have"},
		{"m", -3000000000, "v1,AAAA", "header Webhook-Timestamp is no number of seconds"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		struct rule *rule = read_rule(&f, "{match: {type: standard-webhooks, secret: [a2V5, whsec_b3RoZXI=]}}");
		assert_non_null(rule);
		assert_str(rule->match.secrets.items[0], "key");
		assert_str(rule->match.secrets.items[1], "other");
		add_standard_headers(&f, cases[i].id, clock_wall() / 1000 + cases[i].later, cases[i].signature);
		struct rule_outcome outcome = rule_evaluate(rule, &f.request, false, NULL);
		assert_false(outcome.holds);
		assert_int_equal(outcome.error, RULE_SIGNATURE);
		assert_string_equal(outcome.detail.message, cases[i].detail);
		arena_release(&f.arena);
	}
}

/* By the second key, in time and out of it. */
static void test_standard_webhooks_signed(void **state)
{
	static const struct {
		int64_t later;
		bool good;
	} cases[] = {{0, true}, {-280, true}, {280, true}, {-400, false}, {400, false}};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		/* HMAC-SHA256 with its digest in base64, made here another way than there: by hexadecimal. */
		static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		struct fixture f;
		uint8_t digest[CRYPTO_DIGEST_MAX] = {0};
		char text[64] = "v1,";
		int64_t seconds = clock_wall() / 1000 + cases[i].later;
		set_up(&f);
		struct str content = str_printf(&f.arena, "m.%lld.%.*s", (long long)seconds, STR_ARGS(f.request.body));
		crypto_hmac(CRYPTO_SHA256, STR("other"), content, digest);
		for (size_t j = 0; j < 44; j++) {
			size_t bit = 6 * j;
			unsigned two = (unsigned)digest[bit / 8] << 8 | digest[bit / 8 + 1];
			text[3 + j] = j == 43 ? '=' : digits[two >> (10 - bit % 8) & 63];
		}
		add_standard_headers(&f, "m", seconds, text);
		struct rule *rule = read_rule(&f, "{match: {type: standard-webhooks, secret: [a2V5, whsec_b3RoZXI=]}}");
		struct rule_outcome outcome = rule_evaluate(rule, &f.request, false, NULL);
		assert_int_equal(outcome.holds, cases[i].good);
		if (!cases[i].good)
			assert_string_equal(
				outcome.detail.message,
				"header Webhook-Timestamp is more than five minutes away from the time here");
		arena_release(&f.arena);
	}
}

/* Whoever reads the second one would trust what was never checked. */
static void test_doubled_signature(void **state)
{
	static const char *const rules[] = {
		"{match: {type: payload-hmac-sha256, secret: itsasecret, parameter: {source: header, name: X-Sig}}}",
		"{match: {type: scalr-signature, secret: itsasecret}}",
		"{match: {type: standard-webhooks, secret: a2V5}}",
	};
	static const char *const messages[] = {
		"header X-Sig comes more than once",
		"header X-Signature or Date comes more than once",
		"header Webhook-Id, Webhook-Timestamp or Webhook-Signature comes more than once",
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		struct fixture f;
		set_up(&f);
		sign(&f, CRYPTO_SHA256, "X-Sig", "");
		sign(&f, CRYPTO_SHA256, "X-Sig", "");
		request_add_header(&f.request, STR("Date"), STR("Fri 08 Sep 2017 11:24:32 UTC"));
		request_add_header(&f.request, STR("Date"), STR("Fri 08 Sep 2017 11:24:32 UTC"));
		request_add_header(&f.request, STR("X-Signature"), STR("00"));
		add_standard_headers(&f, "m", 0, "v1,AAAA");
		request_add_header(&f.request, STR("Webhook-Timestamp"), STR("0"));
		struct rule_outcome outcome = rule_evaluate(read_rule(&f, rules[i]), &f.request, false, NULL);
		assert_false(outcome.holds);
		assert_int_equal(outcome.error, RULE_SIGNATURE);
		assert_string_equal(outcome.detail.message, messages[i]);
		arena_release(&f.arena);
	}
}

static void test_scalr_and_address(void **state)
{
	struct fixture f;
	char date[64];
	uint8_t digest[CRYPTO_DIGEST_MAX];
	time_t now = (time_t)(clock_wall() / 1000);
	struct tm parts;
	(void)state;

	set_up(&f);
	strftime(date, sizeof(date), "%a %d %b %Y %H:%M:%S UTC", gmtime_r(&now, &parts));
	struct str signed_text = str_join(&f.arena, f.request.body, str_from(date));
	size_t size = crypto_hmac(CRYPTO_SHA1, STR("x"), signed_text, digest);
	request_add_header(&f.request, STR("Date"), str_from(date));
	request_add_header(&f.request, STR("X-Signature"), crypto_hex(&f.arena, digest, size));
	assert_true(rule_evaluate(read_rule(&f, "{match: {type: scalr-signature, secret: x}}"), &f.request, false, NULL)
	                    .holds);
	struct rule_outcome outcome =
		rule_evaluate(read_rule(&f, "{match: {type: scalr-signature, secret: y}}"), &f.request, false, NULL);
	assert_int_equal(outcome.error, RULE_SIGNATURE);

	f.request.remote_address = STR("unix:");
	outcome = rule_evaluate(read_rule(&f, "{match: {type: ip-whitelist, ip-range: '::/0'}}"), &f.request, false,
	                        NULL);
	assert_int_equal(outcome.error, RULE_FAILED);
	assert_string_equal(outcome.detail.message, "the request comes from no IP address: \"unix:\"");
	arena_release(&f.arena);
}

/* Positions, of the rules and of what they hold. */
static void test_positions(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	struct rule *rule = read_rule(&f, "and:\n"
	                                  "- match:\n"
	                                  "    type: value\n"
	                                  "    value: a\n"
	                                  "    parameter:\n"
	                                  "      source: url\n"
	                                  "      name: b\n"
	                                  "- not: {}\n");
	assert_int_equal(rule->kind, RULE_AND);
	assert_int_equal(rule->count, 2);
	assert_int_equal(rule->position.line, 2);
	assert_int_equal(rule->children[0]->position.line, 3);
	assert_int_equal(rule->children[0]->position.column, 5);
	assert_int_equal(rule->children[0]->match.parameter.position.line, 6);
	assert_int_equal(rule->children[1]->kind, RULE_NOT);
	assert_int_equal(rule->children[1]->position.line, 8);
	assert_int_equal(rule->children[1]->children[0]->kind, RULE_NEVER);
	arena_release(&f.arena);
}

#define PARAMETER "parameter: {source: url, name: a}"
#define TYPES \
	"expected one of value, regex, payload-hmac-sha1, payload-hmac-sha256, payload-hmac-sha512, ip-whitelist, " \
	"scalr-signature, forge-signature, standard-webhooks, exists, less, greater"

static void test_refuses(void **state)
{
	static const struct {
		const char *rule, *problem;
	} cases[] = {
		{"[]", "f:1:1: expected a rule, which is a map with and, or, not or match, found a list"},
		{"and", "f:1:1: expected a rule, which is a map with and, or, not or match, found a text"},
		{"{and: [~]}", "f:1:8: expected a rule, which is a map with and, or, not or match, found nothing"},
		{"{and: {}}", "f:1:7: and: expected a list of rules, found a map"},
		{"{or: T}", "f:1:6: or: expected a list of rules, found a map"},
		{"{not: []}", "f:1:7: expected a rule, which is a map with and, or, not or match, found a list"},
		{"{match: []}", "f:1:9: match: expected a map such as {type: value, …}, found a list"},
		{"{match: {}}", "f:1:9: type is missing"},
		{"{match: {type: valeu, value: a, " PARAMETER "}}",
	         "f:1:16: type: there is no \"valeu\": did you mean \"value\"?"},
		{"{match: {type: payload-hmac-md5, " PARAMETER "}}",
	         "f:1:16: type: there is no \"payload-hmac-md5\": " TYPES},
		{"{match: {type: payload-hmac-sha265, " PARAMETER "}}",
	         "f:1:16: type: there is no \"payload-hmac-sha265\": did you mean \"payload-hmac-sha256\"?"},
		{"{match: {type: payload-hash-sha265, " PARAMETER "}}",
	         "f:1:16: type: there is no \"payload-hash-sha265\": " TYPES},
		{"{match: {type: exist, " PARAMETER "}}",
	         "f:1:16: type: there is no \"exist\": did you mean \"exists\"?"},
		{"{match: {type: at-most, " PARAMETER "}}", "f:1:16: type: there is no \"at-most\": " TYPES},
		{"{match: {type: value, secret: s, " PARAMETER "}}",
	         "f:1:31: a match of type value compares with value, not with secret: write value in its place"},
		{"{match: {type: value, value: ~, secret: s, " PARAMETER "}}",
	         "f:1:41: a match of type value compares with value, not with secret: write value in its place"},
		{"{match: {type: value, " PARAMETER "}}", "f:1:9: value is missing: a match of type value needs it"},
		{"{match: {type: value, value: a}}", "f:1:9: parameter is missing: a match of type value needs it"},
		{"{match: {type: regex, " PARAMETER "}}", "f:1:9: regex is missing: a match of type regex needs it"},
		{"{match: {type: regex, regex: 'a(?=b)', " PARAMETER "}}",
	         "f:1:30: regex: at character 2: (?= is look-ahead, which RE2 does not have"},
		{"{match: {type: payload-hmac-sha1, " PARAMETER "}}",
	         "f:1:9: secret is missing: a match of type payload-hmac-sha1 needs it"},
		{"{match: {type: payload-hash-sha1, secret: '', " PARAMETER "}}",
	         "f:1:43: secret is empty: anybody could make the signature"},
		{"{match: {type: scalr-signature}}",
	         "f:1:9: secret is missing: a match of type scalr-signature needs it"},
		{"{match: {type: forge-signature, secret: ''}}",
	         "f:1:41: secret is empty: anybody could make the signature"},
		{"{match: {type: forge-signature, secret: 'ed25519:hidden'}}",
	         "f:1:41: secret: behind ed25519: there is neither sr.ht nor a public key, 32 bytes in base64"},
		{"{match: {type: payload-hmac-sha1, secret: [], " PARAMETER "}}",
	         "f:1:43: secret is an empty list: no signature would be right"},
		{"{match: {type: payload-hmac-sha1, secret: [a, ''], " PARAMETER "}}",
	         "f:1:47: secret is empty: anybody could make the signature"},
		{"{match: {type: payload-hmac-sha1, secret: [[a]], " PARAMETER "}}",
	         "f:1:44: secret: expected a text, found a list"},
		{"{match: {type: payload-hmac-sha1, secret: {env: POCKETCI_TEST_NONE}, " PARAMETER "}}",
	         "f:1:43: secret: the secret should be in the environment variable POCKETCI_TEST_NONE, which is not "
	         "set"},
		{"{match: {type: payload-hmac-sha1, secret: {file: /dev/null}, " PARAMETER "}}",
	         "f:1:43: secret: the secret should be in the file /dev/null, which is empty"},
		{"{match: {type: payload-hmac-sha1, secret: {}, " PARAMETER "}}",
	         "f:1:43: secret: expected one of env, file and credential"},
		{"{match: {type: standard-webhooks}}",
	         "f:1:9: secret is missing: a match of type standard-webhooks needs it"},
		{"{match: {type: standard-webhooks, secret: hunter2}}",
	         "f:1:43: secret: expected whsec_ and base64, or base64 alone, as the sender shows it"},
		{"{match: {type: standard-webhooks, secret: [a2V5, whsec_]}}",
	         "f:1:50: secret: expected whsec_ and base64, or base64 alone, as the sender shows it"},
		{"{match: {type: exists}}", "f:1:9: parameter is missing: a match of type exists needs it"},
		{"{match: {type: exists, parameter: {source: raw-request-body}}}",
	         "f:1:35: this parameter is never missing, so that a match of type exists always holds"},
		{"{match: {type: exists, parameter: {source: url, name: a, default: b}}}",
	         "f:1:35: this parameter is never missing, so that a match of type exists always holds"},
		{"{match: {type: less, " PARAMETER "}}", "f:1:9: value is missing: a match of type less needs it"},
		{"{match: {type: less, value: ten, " PARAMETER "}}",
	         "f:1:29: value: expected a number such as 10 or -2.5, found \"ten\""},
		{"{match: {type: greater, value: 0123, " PARAMETER "}}",
	         "f:1:32: value: expected a number such as 10 or -2.5, found \"0123\""},
		{"{match: {type: greater, value: {env: PATH}, " PARAMETER "}}",
	         "f:1:32: value: what is kept there is no number such as 10 or -2.5"},
		{"{match: {type: value, value: a, parameter: {source: secret, name: b}}}",
	         "f:1:44: a secret cannot stand here, only in pass-environment-to-command, pass-file-to-command and "
	         "pass-stdin-to-command: arguments, for one, can be seen by every user of the machine"},
		{"{match: {type: ip-whitelist}}", "f:1:9: ip-range is missing: a match of type ip-whitelist needs it"},
		{"{match: {type: ip-whitelist, ip-range: ' '}}",
	         "f:1:40: ip-range is empty: no address would be let in"},
		{"{match: {type: ip-whitelist, ip-range: 192.0.2.0/24 x}}",
	         "f:1:40: ip-range: \"x\" is no IP address or range such as 192.0.2.0/24"},
		{"{match: {type: value, value: a, parameter: {source: nothing, name: a}}}",
	         "f:1:53: source: there is no \"nothing\": expected one of header, url, query, payload, request, event, string, "
	         "raw-request-body, entire-payload, entire-headers, entire-query, secret"},
		{"{match: {type: value, value: [a], " PARAMETER "}}", "f:1:30: value: expected a text, found a list"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		const struct problem *error = NULL;
		set_up(&f);
		if (read_rule(&f, cases[i].rule))
			fail_msg("%s is taken", cases[i].rule);
		for (size_t j = 0; j < f.problems.count && !error; j++)
			error = f.problems.items[j].warning ? NULL : &f.problems.items[j];
		assert_non_null(error);
		assert_int_equal(f.problems.errors, 1);
		assert_string_equal(problem_text(&f.arena, error), cases[i].problem);
		arena_release(&f.arena);
	}
}

/* Everything that is wrong in one rule is told at once, but nothing twice. */
static void test_tells_all(void **state)
{
	static const struct {
		const char *rule, *problems;
	} cases[] = {
		{"{match: {type: regex, regex: '(', parameter: {source: nothing, name: a}}}",
	         "f:1:55: source: there is no \"nothing\": expected one of header, url, query, payload, request, event, string, "
	         "raw-request-body, entire-payload, entire-headers, entire-query, secret\n"
	         "f:1:30: regex: at character 1: there is no ) for this (\n"},
		{"{match: {type: payload-hmac-sha1, parameter: 5}}",
	         "f:1:46: expected a value such as {source: payload, name: ref}, found a number\n"
	         "f:1:9: secret is missing: a match of type payload-hmac-sha1 needs it\n"},
		{"{match: {type: ip-whitelist, ip-range: {a: b}}}", "f:1:40: ip-range: expected a text, found a map\n"},
		{"{match: {type: payload-hmac-sha1, secrt: s, " PARAMETER "}}",
	         "f:1:35: unknown key \"secrt\": did you mean \"secret\"?\n"},
		{"{match: {typ: value, value: a, " PARAMETER "}}",
	         "f:1:10: unknown key \"typ\": did you mean \"type\"?\n"},
		{"{or: [{match: {type: x}}, {not: 5}]}",
	         "f:1:22: type: there is no \"x\": expected one of value, regex, payload-hmac-sha1, payload-hmac-sha256, "
	         "payload-hmac-sha512, ip-whitelist, scalr-signature, forge-signature, standard-webhooks, exists, less, greater\n"
	         "f:1:33: expected a rule, which is a map with and, or, not or match, found a number\n"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		const char *text = "";
		set_up(&f);
		f.strict = true;
		assert_null(read_rule(&f, cases[i].rule));
		for (size_t j = 0; j < f.problems.count; j++)
			text = arena_printf(&f.arena, "%s%s\n", text, problem_text(&f.arena, &f.problems.items[j]));
		assert_string_equal(text, cases[i].problems);
		arena_release(&f.arena);
	}
}

static void test_warns(void **state)
{
	static const struct {
		const char *rule, *problem;
	} cases[] = {
		{"{}", "f:1:1: this rule never holds: it has none of and, or, not, match"},
		{"{or: [{and: []}], and: []}", "f:1:6: or has no effect: this rule has and, which counts"},
		{"{match: {type: value, value: '', " PARAMETER "}}",
	         "f:1:30: value is empty: an empty parameter matches"},
		{"{match: {type: value, value: a, secret: s, " PARAMETER "}}",
	         "f:1:41: secret has no effect in a match of type value"},
		{"{match: {type: ip-whitelist, ip-range: '::1', " PARAMETER "}}",
	         "f:1:58: parameter has no effect in a match of type ip-whitelist"},
		{"{match: {type: payload-hash-sha1, secret: s, " PARAMETER "}}",
	         "f:1:16: type: payload-hash-sha1 is the old name of payload-hmac-sha1"},
		{"{match: {type: value, valu: b, value: a, " PARAMETER "}}",
	         "f:1:23: unknown key \"valu\": did you mean \"value\"?"},
		{"{nand: []}", "f:1:2: unknown key \"nand\": did you mean \"and\"?"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		if (!read_rule(&f, cases[i].rule))
			fail_msg("%s is refused: %s", cases[i].rule, f.problems.items[0].text);
		assert_int_equal(f.problems.errors, 0);
		assert_true(f.problems.count > 0);
		assert_string_equal(problem_text(&f.arena, &f.problems.items[0]), cases[i].problem);
		arena_release(&f.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_combinations),
		TEST(test_matches),
		TEST(test_signatures),
		TEST(test_doubled_signature),
		TEST(test_forge_signature),
		TEST(test_scalr_and_address),
		TEST(test_positions),
		TEST(test_refuses),
		TEST(test_warns),
		TEST(test_tells_all),
		TEST(test_event_exists),
		TEST(test_several_secrets),
		TEST(test_value_kept_elsewhere),
		TEST(test_standard_webhooks),
		TEST(test_standard_webhooks_signed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
