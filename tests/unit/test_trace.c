/* hook/trace.h, hook/secrecy.h: what a trace says of each kind of rule, in each of its forms, and what it never says. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "config/keys.h"
#include "config/problem.h"
#include "hook/hook.h"
#include "hook/rule.h"
#include "hook/secrecy.h"
#include "hook/trace.h"
#include "lib/crypto.h"
#include "lib/json_out.h"
#include "payload/request.h"

#define SECRET "itsasecret"
#define BODY "{\"ref\":\"refs/heads/dev\",\"num\":7,\"user\":{\"name\":\"ann\",\"token\":\"t0psecret\"}}"
#define SIGNED "{match: {type: payload-hmac-sha256, secret: " SECRET ", parameter: {source: header, name: X-Sig}}}"
#define REF(ref) "{match: {type: value, value: " ref ", parameter: {source: payload, name: ref}}}"
#define TOKEN "{match: {type: value, value: n0body, parameter: {source: header, name: X-Gitlab-Token}}}"

struct fixture {
	struct arena arena;
	struct problems problems;
	struct request request;
	struct trace trace;
	struct rule_outcome outcome;
	struct buf text;
};

static void set_up(struct fixture *f)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];

	*f = (struct fixture){.arena = ARENA_INIT, .text = BUF_INIT, .trace = {.values = true, .hints = true}};
	f->problems.arena = &f->arena;
	f->request = (struct request){
		.arena = &f->arena,
		.remote_address = STR("192.0.2.1:4711"),
		.query = STR("one=1&access_token=t0psecret&esc=%1b%5b31m%0a%22"),
		.body = STR(BODY),
		.content_type = STR("application/json"),
	};
	size_t size = crypto_hmac(CRYPTO_SHA256, STR(SECRET), f->request.body, digest);
	request_add_header(&f->request, STR("X-Sig"), crypto_hex(&f->arena, digest, size));
	request_add_header(&f->request, STR("X-Bad"), STR("sha256=00"));
	request_add_header(&f->request, STR("X-Gitlab-Token"), STR("someb0dy"));
	request_add_header(&f->request, STR("X-Copy"), STR("say " SECRET " aloud"));
}

static void tear_down(struct fixture *f)
{
	buf_release(&f->text);
	arena_release(&f->arena);
}

static struct rule *read_rule(struct fixture *f, const char *text)
{
	struct key_reader reader = {.arena = &f->arena, .problems = &f->problems, .strict = true};
	struct yaml_node *node = yaml_parse(&f->arena, str_from(text), "f", &yaml_limits_server, &f->problems);
	struct rule *rule = node ? rule_read(&reader, node) : NULL;
	if (!rule)
		fail_msg("%s: %s", text, f->problems.count > 0 ? f->problems.items[0].text : "no rule");
	return rule;
}

static void evaluate(struct fixture *f, const char *text)
{
	set_up(f);
	f->outcome = rule_evaluate(read_rule(f, text), &f->request, false, &f->trace);
	buf_clear(&f->text);
}

static void test_lines(void **state)
{
	static const struct {
		const char *rule, *line;
	} cases[] = {
		{REF("refs/heads/dev"), "match value, payload ref: is the value wanted (f:1:9)"},
		{REF("refs/heads/main"), "match value, payload ref: is not the value wanted (f:1:9)"},
		{"{match: {type: regex, regex: '^a', parameter: {source: payload, name: num}}}",
	         "match regex, payload num: does not match the regex (f:1:9)"},
		{"{match: {type: value, value: a, parameter: {source: url, name: none}}}",
	         "match value: there is no query none (f:1:9)"},
		{"{match: {type: ip-whitelist, ip-range: 10.0.0.0/8}}",
	         "match ip-whitelist, the client's address: is not in ip-range (f:1:9)"},
		{"{match: {type: scalr-signature, secret: x}}",
	         "match scalr-signature, header X-Signature: there is no signature (f:1:9)"},
		{SIGNED, "match payload-hmac-sha256, header X-Sig: the signature is right (HMAC-SHA256 over 74 bytes) "
	                 "(f:1:9)"},
		{"{and: [" SIGNED ", " REF("x") "]}",
	         "and › match value, payload ref: is not the value wanted (f:1:116)"},
		{"{and: [" REF("x") ", " SIGNED "]}",
	         "and › match value, payload ref: is not the value wanted (f:1:16)"},
		{"{and: [" SIGNED ", " REF("refs/heads/dev") "]}", "and: all 2 of its rules hold"},
		{"{or: [" REF("x") ", " SIGNED "]}",
	         "or › match payload-hmac-sha256, header X-Sig: the signature is right (HMAC-SHA256 over 74 bytes) "
	         "(f:1:90)"},
		{"{or: [" REF("x") ", " REF("y") "]}",
	         "or: none of its 2 rules holds; match value, payload ref: is not the value wanted (f:1:15); match value, "
	         "payload ref: is not the value wanted (f:1:90)"},
		{"{not: " REF("refs/heads/dev") "}", "not › match value, payload ref: is the value wanted (f:1:15)"},
		{"{not: {match: {type: value, value: a, parameter: {source: url, name: none}}}}",
	         "not › match value: there is no query none (f:1:15)"},
		{"{and: []}", "and: it has no rules"},
		{"{or: []}", "or: it has no rules"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		evaluate(&f, cases[i].rule);
		trace_write_line(&f.text, &f.trace);
		assert_string_equal(f.text.data, cases[i].line);
		tear_down(&f);
	}
}

static void test_text(void **state)
{
	struct fixture f;
	(void)state;

	evaluate(&f,
	         "or:\n"
	         "- and:\n"
	         "  - match: {type: regex, regex: dev$, parameter: {source: payload, name: ref}}\n"
	         "  - match: {type: value, value: 8, parameter: {source: payload, name: num}}\n"
	         "  - match: {type: value, value: 8, parameter: {source: payload, name: num}}\n"
	         "- not:\n"
	         "    match: {type: ip-whitelist, ip-range: 192.0.2.0/24 ::1}\n"
	         "- match: {type: value, value: v, parameter: {source: url, name: esc}}\n"
	         "- match: {type: value, value: v, parameter: {source: url, name: none}}\n"
	         "- match: {type: payload-hmac-sha1, secret: " SECRET ", parameter: {source: header, name: X-Bad}}\n"
	         "- match: {type: value, value: v, parameter: {source: url, name: one}}\n");
	assert_int_equal(f.outcome.error, RULE_SIGNATURE);
	trace_write_text(&f.text, &f.trace, false);
	assert_string_equal(
		f.text.data,
		"  failed  or  (f:2:1)\n"
		"  no        and  (f:3:3)\n"
		"  yes         match regex, payload ref: \"refs/heads/dev\" matches \"dev$\"  (f:3:12)\n"
		"  no          match value, payload num: \"7\" is not \"8\"  (f:4:12)\n"
		"  -           match value, payload num: not evaluated: what stands before it decided  (f:5:12)\n"
		"  no        not  (f:7:5)\n"
		"  yes         match ip-whitelist, the client's address: \"192.0.2.1:4711\" is in \"192.0.2.0/24 ::1\"  (f:7:12)\n"
		"  no        match value, query esc: \"\\x1b[31m\\x0a\\\"\" is not \"v\"  (f:8:10)\n"
		"  failed    match value: there is no query none  (f:9:10)\n"
		"  failed    match payload-hmac-sha1: the signature in header X-Bad is wrong (HMAC-SHA1 over 74 bytes)  "
		"(f:10:10)\n"
		"              what came is no digest: an HMAC-SHA1 is 40 hexadecimal digits, with or without sha1= before them\n"
		"  -         match value, query one: not evaluated: what stands before it decided  (f:11:10)\n");
	buf_clear(&f.text);
	trace_write_text(&f.text, &f.trace, true);
	assert_contains(f.text.data, "  \033[32myes   \033[0m      match regex");
	tear_down(&f);
}

static void test_json(void **state)
{
	struct fixture f;
	(void)state;

	evaluate(&f, "and:\n"
	             "- match: {type: value, value: refs/heads/dev, parameter: {source: payload, name: ref}}\n"
	             "- match: {type: payload-hmac-sha256, secret: x, parameter: {source: header, name: X-Bad}}\n"
	             "- {}\n");
	struct json_out out = {.text = &f.text};
	json_out_flat(&out);
	trace_write_json(&out, &f.trace);
	assert_string_equal(
		f.text.data,
		"{\"kind\": \"and\", \"file\": \"f\", \"line\": 2, \"column\": 1, \"outcome\": \"failed\", "
		"\"error\": \"signature\", \"cause\": \"the signature in header X-Bad is wrong\", \"rules\": ["
		"{\"kind\": \"match\", \"file\": \"f\", \"line\": 2, \"column\": 10, \"outcome\": \"held\", "
		"\"type\": \"value\", \"parameter\": \"payload ref\", "
		"\"found\": {\"present\": true, \"length\": 14, \"text\": \"refs/heads/dev\"}, "
		"\"wanted\": {\"present\": true, \"length\": 14, \"text\": \"refs/heads/dev\"}}, "
		"{\"kind\": \"match\", \"file\": \"f\", \"line\": 3, \"column\": 10, \"outcome\": \"failed\", "
		"\"error\": \"signature\", \"cause\": \"the signature in header X-Bad is wrong\", "
		"\"type\": \"payload-hmac-sha256\", \"parameter\": \"header X-Bad\", "
		"\"found\": {\"present\": true, \"length\": 9, \"hidden\": true}, "
		"\"signature\": {\"algorithm\": \"HMAC-SHA256\", \"right\": false, \"bytes\": 74, \"hint\": \"what came is no "
		"digest: an HMAC-SHA256 is 64 hexadecimal digits, with or without sha256= before them\"}}, "
		"{\"kind\": \"never\", \"file\": \"f\", \"line\": 4, \"column\": 3, \"outcome\": \"not-evaluated\"}]}\n");
	tear_down(&f);

	set_up(&f);
	rule_evaluate(NULL, &f.request, false, &f.trace);
	out = (struct json_out){.text = &f.text};
	trace_write_json(&out, &f.trace);
	trace_write_text(&f.text, &f.trace, true);
	trace_write_line(&f.text, &f.trace);
	assert_string_equal(f.text.data, "null");
	tear_down(&f);
}

/* Where it is, is the forge's matter, and it was there. */
static void test_forge_signature(void **state)
{
	struct fixture f;
	uint8_t digest[CRYPTO_DIGEST_MAX];
	(void)state;

	set_up(&f);
	size_t size = crypto_hmac(CRYPTO_SHA256, STR(SECRET), f.request.body, digest);
	struct str hex = crypto_hex(&f.arena, digest, size);
	request_add_header(&f.request, STR("X-GitHub-Event"), STR("push"));
	request_add_header(&f.request, STR("X-Hub-Signature-256"), str_join(&f.arena, STR("sha256="), hex));
	const struct rule *rule = read_rule(&f, "{match: {type: forge-signature, secret: " SECRET "}}");
	for (int values = 0; values < 2; values++) {
		f.trace = (struct trace){.values = values != 0};
		assert_true(rule_evaluate(rule, &f.request, false, &f.trace).holds);
		buf_clear(&f.text);
		trace_write_line(&f.text, &f.trace);
		assert_string_equal(f.text.data, "match forge-signature: the signature is right (f:1:9)");
	}
	struct json_out out = {.text = &f.text};
	buf_clear(&f.text);
	json_out_flat(&out);
	trace_write_json(&out, &f.trace);
	assert_string_equal(f.text.data,
	                    "{\"kind\": \"match\", \"file\": \"f\", \"line\": 1, \"column\": 9, \"outcome\": \"held\", "
	                    "\"type\": \"forge-signature\", \"signature\": {\"right\": true, \"bytes\": 74}}\n");
	tear_down(&f);
}

/* They cost more than the rest of a trace: who wants them says so. */
static void test_hints_and_values_only_on_demand(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.trace.hints = f.trace.values = false;
	rule_evaluate(
		read_rule(&f,
	                  "{match: {type: payload-hmac-sha1, secret: x, parameter: {source: header, name: X-Bad}}}"),
		&f.request, false, &f.trace);
	assert_int_equal(f.trace.root->state, TRACE_FAILED);
	assert_str(f.trace.root->signature.hint, "");
	rule_evaluate(read_rule(&f, REF("refs/heads/main")), &f.request, false, &f.trace);
	assert_true(f.trace.root->found.present);
	assert_false(f.trace.root->wanted.present);
	assert_str(f.trace.root->found.text, "");
	trace_write_line(&f.text, &f.trace);
	assert_string_equal(f.text.data, "match value, payload ref: is not the value wanted (f:1:9)");
	tear_down(&f);
}

/* Whatever compares a secret, in whichever form: neither what came nor what is wanted is in the trace. */
static void test_secrets_are_not_told(void **state)
{
	static const char *const rules[] = {
		TOKEN,
		"{match: {type: regex, regex: n0body, parameter: {source: header, name: x-gitlab-token}}}",
		"{match: {type: value, value: n0body, parameter: {source: url, name: access_token}}}",
		"{match: {type: value, value: n0body, parameter: {source: payload, name: user.token}}}",
		"{match: {type: regex, regex: nobody, parameter: {source: payload, name: user}}}",
		"{match: {type: regex, regex: nobody, parameter: {source: entire-payload}}}",
		"{match: {type: regex, regex: nobody, parameter: {source: entire-query}}}",
		"{and: [" SIGNED ", {match: {type: regex, regex: nobody, parameter: {source: entire-headers}}}]}",
		"{match: {type: regex, regex: nobody, parameter: {source: raw-request-body}}}",
		"{or: [" SIGNED ", " SIGNED "]}",
		"{not: {and: [" SIGNED
		", {match: {type: regex, regex: zzz, parameter: {source: header, name: X-Copy}}}]}}",
	};
	static const char *const secrets[] = {"n0body", "someb0dy", "t0psecret", SECRET};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		struct fixture f;
		evaluate(&f, rules[i]);
		struct json_out out = {.text = &f.text};
		trace_write_text(&f.text, &f.trace, true);
		trace_write_json(&out, &f.trace);
		trace_write_line(&f.text, &f.trace);
		for (size_t j = 0; j < COUNT_OF(secrets); j++) {
			if (strstr(f.text.data, secrets[j]))
				fail_msg("%s: tells %s: %s", rules[i], secrets[j], f.text.data);
		}
		const struct str *signature = request_find_header(&f.request, STR("X-Sig"));
		assert_null(strstr(f.text.data, signature->data));
		tear_down(&f);
	}
}

static void test_hidden_values(void **state)
{
	struct fixture f;
	(void)state;

	evaluate(&f, TOKEN);
	trace_write_text(&f.text, &f.trace, false);
	assert_string_equal(f.text.data,
	                    "  no      match value, header X-Gitlab-Token: the value, which is not shown (8 "
	                    "bytes), is not the value wanted  (f:1:9)\n");
	tear_down(&f);

	/* A value that came from a place for secrets hides the parameter, too, wherever the rule has it. */
	set_up(&f);
	struct rule *rule = read_rule(&f, "{or: [" REF("refs/heads/x") ", " REF("refs/heads/y") "]}");
	rule->children[1]->match.value_secret = true;
	rule_evaluate(rule, &f.request, false, &f.trace);
	trace_write_text(&f.text, &f.trace, false);
	assert_null(strstr(f.text.data, "refs/heads"));
	tear_down(&f);

	evaluate(&f, "{match: {type: regex, regex: zz, parameter: {source: payload, name: user}}}");
	trace_write_text(&f.text, &f.trace, false);
	assert_contains(f.text.data,
	                "\"{\\\"name\\\":\\\"ann\\\",\\\"token\\\":\\\"redacted\\\"}\" does not match \"zz\"");
	tear_down(&f);
}

/* Of a whole only the parts that are secret are hidden: by their names, by the rule, by what they hold. */
static void test_parts_are_hidden(void **state)
{
	struct fixture f;
	(void)state;

	evaluate(&f, "{and: [" SIGNED ", {match: {type: regex, regex: zz, parameter: {source: entire-headers}}}]}");
	assert_str(f.trace.root->children[1].found.text,
	           "{\"X-Bad\":\"sha256=00\",\"X-Copy\":\"redacted\",\"X-Gitlab-Token\":\"redacted\",\"X-Sig\":"
	           "\"redacted\"}");
	tear_down(&f);
}

/* It was refused for that alone, so no mistake behind it is looked for. */
static void test_no_hint_for_a_doubled_header(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	request_add_header(&f.request, STR("X-Bad"), STR("00"));
	rule_evaluate(
		read_rule(&f,
	                  "{match: {type: payload-hmac-sha1, secret: x, parameter: {source: header, name: X-Bad}}}"),
		&f.request, false, &f.trace);
	assert_int_equal(f.trace.root->error, RULE_SIGNATURE);
	assert_str(f.trace.root->signature.hint, "");
	tear_down(&f);
}

static void test_secret_names(void **state)
{
	static const char *const secret[] = {
		"Authorization",
		"Proxy-Authorization",
		"Cookie",
		"X-Gitlab-Token",
		"X-Hub-Signature-256",
		"X-Shopify-Hmac-Sha256",
		"access_token",
		"hook.config.secret",
		"DB_PASSWORD",
		"X-Api-Key",
		"key",
		"a.sig",
		"X-Key",
		"signing_key",
		"x-auth",
	};
	static const char *const plain[] = {
		"ref", "X-Github-Event", "X-Event-Key", "Idempotency-Key", "repository.keys_url", "monkey", "design",
		""};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(secret); i++)
		assert_true(secrecy_name(str_from(secret[i])));
	for (size_t i = 0; i < COUNT_OF(plain); i++)
		assert_false(secrecy_name(str_from(plain[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),
		TEST(test_text),
		TEST(test_json),
		TEST(test_forge_signature),
		TEST(test_hints_and_values_only_on_demand),
		TEST(test_secrets_are_not_told),
		TEST(test_hidden_values),
		TEST(test_parts_are_hidden),
		TEST(test_no_hint_for_a_doubled_header),
		TEST(test_secret_names),
	};
	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
