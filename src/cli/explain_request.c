/*
 * A file → struct request. What the flags say wins over the file, so that one saved request answers "and with another
 * ref, from another address?".
 */
#include <unistd.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/file.h"
#include "cli/explain.h"
#include "hook/match.h"
#include "lib/crypto.h"
#include "payload/http_request.h"

#define NO_ADDRESS "127.0.0.1"

/* The head of a request, and room for a body that is too large, so that it is told as the server would. */
#define READ_EXTRA ((size_t)1024 * 1024)

static bool read_file(struct explanation *explanation, const char *path, struct str *text, struct error *error)
{
	struct buf whole = BUF_INIT;
	size_t cap = 2 * (size_t)explanation->config.limits.body + READ_EXTRA;
	bool read = str_equal_c(str_from(path), "-")
	                    ? file_read_descriptor(STDIN_FILENO, "standard input", cap, &whole, error)
	                    : file_read(path, cap, &whole, error);

	if (read)
		*text = str_copy(&explanation->arena, buf_str(&whole));
	buf_release(&whole);
	return read;
}

/* What a body alone most likely is. */
static struct str guess_type(struct str body)
{
	struct str start = str_trim(str_head(body, 100));

	if (str_starts(start, STR("<")))
		return STR("application/xml");
	return str_starts(start, STR("payload=")) ? STR("application/x-www-form-urlencoded") : STR("application/json");
}

/* In the place of every header of that name. */
static void set_header(struct request *request, struct str name, struct str value)
{
	struct str canonical = request_header_name(request->arena, name);
	size_t kept = 0;

	for (size_t i = 0; i < request->header_count; i++) {
		if (!str_equal(request->headers[i].name, canonical))
			request->headers[kept++] = request->headers[i];
	}
	request->header_count = kept;
	request_add_header(request, name, value);
}

static bool add_header(struct request *request, struct str text, struct error *error)
{
	struct str name = str_head(text, str_find(text, ':'));

	if (name.len == text.len || !request_is_token(name))
		return error_set(error, ERROR_INVALID, "-header \"%.*s\": expected \"Name: value\"",
		                 STR_ARGS(str_head(name, 100)));
	set_header(request, name, str_trim(str_from_index(text, name.len + 1)));
	return true;
}

static bool set_address(struct explanation *explanation, const char *text, struct error *error)
{
	struct address parsed;

	explanation->address_assumed = text == NULL;
	if (text && !address_parse(str_from(text), &parsed, error))
		return error_prefix(error, "-remote-addr");
	explanation->request.remote_address =
		request_join_address(&explanation->arena, str_from(text ? text : NO_ADDRESS), STR(""));
	return true;
}

static bool apply_flags(struct explanation *explanation, const struct explain_flags *flags, struct error *error)
{
	struct request *request = &explanation->request;

	if (flags->method)
		request->method = str_from(flags->method);
	if (flags->query)
		request->query = str_from(flags->query[0] == '?' ? flags->query + 1 : flags->query);
	if (flags->event)
		set_header(request, STR("X-GitHub-Event"), str_from(flags->event));
	for (size_t i = 0; i < flags->headers.count; i++) {
		if (!add_header(request, flags->headers.items[i], error))
			return false;
	}
	if (flags->content_type)
		set_header(request, STR("Content-Type"), str_from(flags->content_type));
	const struct str *type = request_find_header(request, STR("Content-Type"));
	request->content_type = type ? *type : STR("");
	if (!request_is_token(request->method))
		return error_set(error, ERROR_INVALID, "-method \"%.20s\" is no method such as POST", flags->method);
	return set_address(explanation, flags->remote_address, error);
}

bool explain_request_read(struct explanation *explanation, const struct explain_flags *flags, struct error *error)
{
	struct request *request = &explanation->request;
	const char *name = str_equal_c(str_from(flags->request), "-") ? "standard input" : flags->request;
	struct str text;

	*request = (struct request){.arena = &explanation->arena};
	if (!read_file(explanation, flags->request, &text, error))
		return false;
	if (http_request_is(text)) {
		if (!http_request_read(request, text, name, error))
			return false;
	} else {
		request->method = STR("POST");
		request->path = request->query = STR("");
		request->body = text;
		request_add_header(request, STR("Content-Type"), guess_type(text));
	}
	return apply_flags(explanation, flags, error);
}

/* Unless the request has the header. */
static void sign(struct request *request, enum crypto_hash hash, struct str secret, struct str header,
                 struct str prefix)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];

	if (request_find_header(request, header))
		return;
	size_t size = crypto_hmac(hash, secret, request->body, digest);
	struct str hex = crypto_hex(request->arena, digest, size);
	request_add_header(request, header, str_join(request->arena, prefix, hex));
}

/* Whichever forge sent it: here that is GitHub, whose header -event adds. */
static void sign_as_github(struct request *request, const struct text_list *secrets)
{
	for (size_t i = 0; i < secrets->count && request_find_header(request, STR("X-Github-Event")); i++) {
		if (!str_starts(secrets->items[i], STR("ed25519:"))) /* not of GitHub: forge/verify.h */
			sign(request, CRYPTO_SHA256, secrets->items[i], STR("X-Hub-Signature-256"), STR("sha256="));
	}
}

static void sign_match(struct explanation *explanation, const struct match *match)
{
	struct request *request = &explanation->request;
	enum crypto_hash hash;

	if (match->type == MATCH_FORGE_SIGNATURE)
		sign_as_github(request, &match->secrets);
	else if (match_is_hmac(match->type, &hash) && match->parameter.kind == SOURCE_HEADER)
		sign(request, hash, match->secrets.items[0], match->parameter.name, STR(""));
}

static void sign_rule(struct explanation *explanation, const struct rule *rule)
{
	if (rule->kind == RULE_MATCH)
		sign_match(explanation, &rule->match);
	for (size_t i = 0; i < rule->count; i++)
		sign_rule(explanation, rule->children[i]);
}

void explain_request_sign(struct explanation *explanation)
{
	if (explanation->hook->trigger_rule)
		sign_rule(explanation, explanation->hook->trigger_rule);
}
