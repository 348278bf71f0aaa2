/* forge/verify.h: each forge's way of signing, right, wrong and absent, and the secrets that are none for it. */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "forge/verify.h"
#include "payload/request.h"

/* GitHub's own example of a signed delivery; the others by openssl and Python's hmac. */
#define SECRET "It's a Secret to Everybody"
#define BODY "Hello, World!"
#define SHA256 "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define SHA1 "01dc10d0c83e72ed246219cdd91669667fe2ca59"

/* {"zen":1} alone, and as a form. */
#define JSON_FORM "payload=%7B%22zen%22%3A1%7D"
#define JSON_SHA256 "269e157f196fb7706cca584ebe0611645a437ba56bc9160365188f70ceda5eaf"
#define FORM_SHA256 "1723ce1b22a2be46775bdc769dd6913175f1f40f06cd9301551a66eabd1c2a8c"

/* The Standard Webhooks scheme: at NOW, over BODY. */
#define NOW 1795000000
#define SIGNING_KEY "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define SIGNED "sk6iLZ5LIPjqIoRw6UGM39sxKPfuZQgGjSfSx8MBRe0="
#define STANDARD "X-Gitlab-Event: Push Hook\nWebhook-Id: msg_1\nWebhook-Timestamp: 1795000000\nWebhook-Signature: "

/* An Ed25519 key made for this test, over BODY and the nonce. */
#define PUBLIC_KEY "ed25519:fciwERSm69y1MPiShxRFboxLSV0R3F0O0bPRLcrJbzs="
#define NONCE "b1d9d3f1a2c4e5f6"
#define ED25519 "RqB+DewlFDMgzA2oiXRMIyq2aGINIlKsz6TtcGGQ/pXyN3CAwic1GsAlogeQ3eZAsS7KZQzAiCHxs+WFYSqyAg=="
#define SOURCEHUT "X-Webhook-Event: GIT_POST_RECEIVE\n"

#define AZURE_BODY "{\"eventType\":\"git.push\",\"id\":\"1\"}"
#define BASIC "Authorization: Basic amFuZTpzM2NyZXQ6eA==" /* jane:s3cret:x */

#define GITHUB "X-GitHub-Event: push\n"
#define GITEA "X-GitHub-Event: push\nX-Gogs-Event: push\nX-Gitea-Event: push\n"

struct sent {
	struct arena arena;
	struct request request;
	struct error error;
};

static void make_request(struct sent *sent, const char *headers, const char *type, const char *body)
{
	struct str rest = str_from(headers), line;

	*sent = (struct sent){.arena = ARENA_INIT, .error = ERROR_INIT};
	sent->request = (struct request){
		.arena = &sent->arena, .query = STR(""), .body = str_from(body), .content_type = str_from(type)};
	while (str_split_next(&rest, '\n', &line)) {
		size_t colon = str_find(line, ':');

		request_add_header(&sent->request, str_head(line, colon), str_trim(str_from_index(line, colon + 1)));
	}
}

static void test_forges(void **state)
{
	static const struct {
		const char *headers, *body, *secret;
		enum forge_verdict verdict;
		const char *message;
	} cases[] = {
		/* GitHub: SHA-256 alone decides. */
		{GITHUB "X-Hub-Signature-256: sha256=" SHA256, BODY, SECRET, FORGE_RIGHT, ""},
		{GITHUB "X-Hub-Signature: sha1=00\nX-Hub-Signature-256: sha256=" SHA256, BODY, SECRET, FORGE_RIGHT, ""},
		{GITHUB "X-Hub-Signature: sha1=" SHA1 "\nX-Hub-Signature-256: sha256=00", BODY, SECRET, FORGE_WRONG,
	         "the signature in header X-Hub-Signature-256 is wrong"},
		{GITHUB "X-Hub-Signature-256: " SHA256, BODY, SECRET, FORGE_WRONG, "is wrong"},
		{GITHUB "X-Hub-Signature-256: sha256=" SHA256, BODY, "another repository's", FORGE_WRONG, "is wrong"},
		{GITHUB "X-Hub-Signature-256: sha256=" SHA256 ", sha256=" SHA256, BODY, SECRET, FORGE_WRONG,
	         "is wrong"},
		{GITHUB "X-Hub-Signature-256: sha256=" SHA256, "", SECRET, FORGE_WRONG, "is wrong; the body is empty"},
		{GITHUB "X-Hub-Signature: sha1=" SHA1, BODY, SECRET, FORGE_ABSENT,
	         "there is only the SHA-1 signature in X-Hub-Signature"},
		{GITHUB "X-Gitea-Signature: " SHA256, BODY, SECRET, FORGE_ABSENT,
	         "there is no header X-Hub-Signature-256"},
		{GITHUB "X-Hub-Signature-256:", BODY, SECRET, FORGE_ABSENT, "there is no header X-Hub-Signature-256"},
		{GITHUB "X-Hub-Signature-256: sha256=" SHA256 "\nX-Hub-Signature-256: sha256=" SHA256, BODY, SECRET,
	         FORGE_WRONG, "more than once comes header X-Hub-Signature-256"},
		{GITHUB "X-Gitlab-Event: Push Hook\nX-Hub-Signature-256: sha256=" SHA256, BODY, SECRET, FORGE_WRONG,
	         "X-Github-Event and X-Gitlab-Event come together"},

		/* Gitea and its kin: their own header counts, not GitHub's beside it. */
		{GITEA "X-Gitea-Signature: " SHA256, BODY, SECRET, FORGE_RIGHT, ""},
		{GITEA "X-Gitea-Signature: 00\nX-Hub-Signature-256: sha256=" SHA256, BODY, SECRET, FORGE_WRONG,
	         "the signature in header X-Gitea-Signature is wrong"},
		{GITEA "X-Hub-Signature-256: sha256=" SHA256, BODY, SECRET, FORGE_ABSENT,
	         "there is no header X-Gitea-Signature"},
		{GITEA "X-Gitea-Signature:", BODY, SECRET, FORGE_ABSENT, "there is no header X-Gitea-Signature"},
		{GITEA "X-Forgejo-Event: push\nX-Forgejo-Signature: " SHA256, BODY, SECRET, FORGE_RIGHT, ""},
		{GITHUB "X-Gogs-Event: push\nX-Gogs-Signature: " SHA256, BODY, SECRET, FORGE_RIGHT, ""},
		{GITHUB "X-Gogs-Event: push\nX-Gogs-Signature: sha256=" SHA256, BODY, SECRET, FORGE_WRONG, "is wrong"},

		/* GitLab: the plain secret, or a signing key. */
		{"X-Gitlab-Event: x\nX-Gitlab-Token: " SECRET, BODY, SECRET, FORGE_RIGHT, ""},
		{"X-Gitlab-Event: x\nX-Gitlab-Token: " SECRET "x", BODY, SECRET, FORGE_WRONG,
	         "the token is wrong in header X-Gitlab-Token"},
		{"X-Gitlab-Event: x", BODY, SECRET, FORGE_ABSENT, "there is no header X-Gitlab-Token"},
		{"X-Gitlab-Event: x\nX-Gitlab-Token: a\nX-Gitlab-Token: a", BODY, "a", FORGE_WRONG,
	         "more than once comes header X-Gitlab-Token"},
		{STANDARD "v1," SIGNED, BODY, SIGNING_KEY, FORGE_RIGHT, ""},
		{STANDARD "v1," SIGNED, BODY "!", SIGNING_KEY, FORGE_WRONG,
	         "the signature in header webhook-signature is wrong"},
		{STANDARD "v1," SIGNED "\nX-Gitlab-Token: " SECRET, BODY, SECRET, FORGE_RIGHT, ""},
		{"X-Gitlab-Event: x\nX-Gitlab-Token: " SIGNING_KEY, BODY, SIGNING_KEY, FORGE_ABSENT,
	         "there is no header webhook-signature"},
		{STANDARD "v1," SIGNED, BODY, "whsec_?", FORGE_WRONG, "what follows whsec_ in the secret is no base64"},

		/* Bitbucket. */
		{"X-Event-Key: x\nX-Hook-UUID: {1}\nX-Hub-Signature: sha256=" SHA256, BODY, SECRET, FORGE_RIGHT, ""},
		{"X-Event-Key: x\nX-Hook-UUID: {1}\nX-Hub-Signature: sha1=" SHA1, BODY, SECRET, FORGE_WRONG,
	         "is wrong"},
		{"X-Event-Key: x\nX-Request-Id: 1\nX-Hub-Signature: sha256=" SHA256, BODY, SECRET, FORGE_RIGHT, ""},
		{"X-Event-Key: x\nX-Request-Id: 1", BODY, SECRET, FORGE_ABSENT, "there is no header X-Hub-Signature"},

		/* sourcehut: a public key, which is nobody's secret. */
		{SOURCEHUT "X-Payload-Nonce: " NONCE "\nX-Payload-Signature: " ED25519, BODY, PUBLIC_KEY, FORGE_RIGHT,
	         ""},
		{SOURCEHUT "X-Payload-Nonce: b1\nX-Payload-Signature: " ED25519, BODY, PUBLIC_KEY, FORGE_WRONG,
	         "the signature in header X-Payload-Signature is wrong"},
		{SOURCEHUT "X-Payload-Nonce: " NONCE "\nX-Payload-Signature: AA==", BODY, PUBLIC_KEY, FORGE_WRONG,
	         "is wrong"},
		{SOURCEHUT "X-Payload-Nonce: " NONCE "\nX-Payload-Signature: " ED25519, BODY, "ed25519:sr.ht",
	         FORGE_WRONG, "is wrong"},
		{SOURCEHUT "X-Payload-Nonce: " NONCE "\nX-Payload-Signature: " ED25519, BODY, SECRET, FORGE_ABSENT,
	         "no secret is one for sourcehut"},
		{SOURCEHUT "X-Payload-Nonce: \nX-Payload-Signature: " ED25519, BODY, PUBLIC_KEY, FORGE_ABSENT,
	         "there is no header X-Payload-Nonce"},
		/* HMAC-SHA256 of BODY with the text of the public key. */
		{GITHUB "X-Hub-Signature-256: sha256=952da8aff5a93144586961cba5ce36b76439b6b20809d16b2b1bbbb72620457b",
	         BODY, PUBLIC_KEY, FORGE_ABSENT, "no secret is one for github"},
		{"X-Gitlab-Event: x\nX-Gitlab-Token: " PUBLIC_KEY, BODY, PUBLIC_KEY, FORGE_ABSENT,
	         "no secret is one for gitlab"},

		/* Azure DevOps: the payload tells it, and is looked at only behind the right credentials. */
		{BASIC, AZURE_BODY, "jane:s3cret:x", FORGE_RIGHT, ""},
		{"Authorization: basic  amFuZTpzM2NyZXQ6eA==", AZURE_BODY, "jane:s3cret:x", FORGE_RIGHT, ""},
		{BASIC, AZURE_BODY, "jane:other", FORGE_UNKNOWN,
	         "the request is of no forge that is known here, by its"},
		{BASIC, "{}", "jane:s3cret:x", FORGE_UNKNOWN, "although its user and password are right"},
		{"Authorization: Bearer x", AZURE_BODY, "x", FORGE_UNKNOWN, "of no forge"},
		{"X-Other: x", AZURE_BODY, "x", FORGE_UNKNOWN, "of no forge"},
		{BASIC "\n" BASIC, AZURE_BODY, "jane:s3cret:x", FORGE_UNKNOWN, "of no forge"},

		{GITHUB "X-Hub-Signature-256: sha256=" SHA256, BODY, "", FORGE_ABSENT, "no secret is one for github"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sent sent;
		struct str secret = str_from(cases[i].secret);
		enum forge_verdict verdict;

		make_request(&sent, cases[i].headers, "application/json", cases[i].body);
		verdict = forge_verify(&sent.request, &secret, 1, (int64_t)NOW * 1000, &sent.error);
		if (verdict != cases[i].verdict)
			fail_msg("%s: %d: %s", cases[i].headers, (int)verdict, sent.error.message);
		assert_contains(sent.error.message, cases[i].message);
		assert_int_equal(sent.error.kind == ERROR_NONE, verdict == FORGE_RIGHT);
		assert_null(strstr(sent.error.message, "s3cret"));
		arena_release(&sent.arena);
	}
}

/* Gitea signs the JSON even when it sends a form; GitHub signs the form. */
static void test_form(void **state)
{
	static const struct {
		const char *headers;
		enum forge_verdict verdict;
	} cases[] = {
		{GITEA "X-Gitea-Signature: " JSON_SHA256, FORGE_RIGHT},
		{GITEA "X-Gitea-Signature: " FORM_SHA256, FORGE_RIGHT},
		{GITHUB "X-Hub-Signature-256: sha256=" FORM_SHA256, FORGE_RIGHT},
		{GITHUB "X-Hub-Signature-256: sha256=" JSON_SHA256, FORGE_WRONG},
	};
	const struct str secret = STR(SECRET);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sent sent;

		make_request(&sent, cases[i].headers, "application/x-www-form-urlencoded", JSON_FORM);
		assert_int_equal(forge_verify(&sent.request, &secret, 1, 0, &sent.error), cases[i].verdict);
		arena_release(&sent.arena);
	}
}

/* One of several secrets that is right suffices; those for other forges are passed over. */
static void test_several_secrets(void **state)
{
	const struct str secrets[] = {STR(PUBLIC_KEY), STR("old"), STR(SECRET), STR("jane:s3cret:x")};
	struct sent sent;

	(void)state;
	make_request(&sent, GITHUB "X-Hub-Signature-256: sha256=" SHA256, "application/json", BODY);
	assert_int_equal(forge_verify(&sent.request, secrets, 4, 0, &sent.error), FORGE_RIGHT);
	assert_int_equal(forge_verify(&sent.request, secrets, 2, 0, &sent.error), FORGE_WRONG);
	assert_int_equal(forge_verify(&sent.request, secrets, 1, 0, &sent.error), FORGE_ABSENT);
	assert_int_equal(forge_verify(&sent.request, secrets, 0, 0, &sent.error), FORGE_ABSENT);
	assert_string_equal(sent.error.message, "no secret is one for github");
	arena_release(&sent.arena);

	make_request(&sent, BASIC, "application/json", AZURE_BODY);
	assert_int_equal(forge_verify(&sent.request, secrets, 4, 0, &sent.error), FORGE_RIGHT);
	arena_release(&sent.arena);
}

static void test_secrets(void **state)
{
	static const struct {
		const char *secret;
		bool good;
	} cases[] = {
		{SECRET, true},          {SIGNING_KEY, true},         {PUBLIC_KEY, true},
		{"ed25519:sr.ht", true}, {"jane:s3cret", true},       {"", false},
		{"ed25519:", false},     {"ed25519:c2hvcnQ=", false}, {"ed25519:hidden", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;

		assert_int_equal(forge_secret_is_valid(str_from(cases[i].secret), &error), cases[i].good);
		assert_null(strstr(error.message, "hidden"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_forges),
		TEST(test_form),
		TEST(test_several_secrets),
		TEST(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
