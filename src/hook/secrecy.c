/*
 * Names are looked at with suspicion: what is hidden for nothing costs a second look, what is shown for nothing is out.
 */
#include "hook/secrecy.h"

#include "base/arena.h"
#include "base/buf.h"
#include "hook/hook.h"
#include "hook/match.h"
#include "hook/source.h"
#include "payload/request.h"
#include "payload/value.h"

#define REDACTED STR("redacted")

/* A text this short is found in other texts by chance. */
#define SECRET_LENGTH_MIN 6

/* Anywhere in a name, in lower case. */
static const char *const words[] = {
	"authorization", "cookie", "token",   "secret",  "signature",  "hmac",        "password",
	"passwd",        "apikey", "api-key", "api_key", "credential", "private-key", "private_key",
};

/* The whole of a name, or of its last part: repository.key, X-Key, signing_key. */
static const char *const names[] = {"auth", "key", "pass", "pwd", "sig"};

/* What would be hidden by its last part: the event's name and the delivery's id at Bitbucket and GitLab. */
static const char *const known[] = {"x-event-key", "idempotency-key"};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool is_one_of(struct str text, const char *const *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (str_equal_c(text, table[i]))
			return true;
	}
	return false;
}

/* Behind the last '.', '-' or '_'. */
static struct str last_part(struct str name)
{
	size_t begin = name.len;

	while (begin > 0 && !str_contains(STR(".-_"), (struct str){&name.data[begin - 1], 1}))
		begin--;
	return str_from_index(name, begin);
}

bool secrecy_name(struct str name)
{
	struct arena arena = ARENA_INIT;
	struct str lower = str_lower(&arena, name);
	bool secret = is_one_of(last_part(lower), names, COUNT(names)) && !is_one_of(lower, known, COUNT(known));

	for (size_t i = 0; i < COUNT(words) && !secret; i++)
		secret = str_contains(lower, str_from(words[i]));
	arena_release(&arena);
	return secret;
}

bool secrecy_match(const struct match *match)
{
	return match->value_secret || (match_kinds[match->type].uses & MATCH_USES_SECRET);
}

/* Headers are one kind whether one is asked for or all of them, and so on. */
static enum source_kind tree_kind(enum source_kind kind)
{
	if (kind == SOURCE_ENTIRE_HEADERS)
		return SOURCE_HEADER;
	if (kind == SOURCE_ENTIRE_QUERY)
		return SOURCE_QUERY;
	return kind == SOURCE_ENTIRE_PAYLOAD ? SOURCE_PAYLOAD : kind;
}

static bool has_name(enum source_kind kind)
{
	return kind == SOURCE_HEADER || kind == SOURCE_QUERY || kind == SOURCE_PAYLOAD;
}

/* Whether some match of the rule compares this parameter with a secret. */
static bool is_compared(const struct rule *rule, enum source_kind kind, struct str name)
{
	const struct match *match = &rule->match;

	if (rule->kind == RULE_MATCH)
		return secrecy_match(match) && (match_kinds[match->type].uses & MATCH_USES_PARAMETER) &&
		       match->parameter.kind == kind && str_equal_nocase(match->parameter.name, name);
	for (size_t i = 0; i < rule->count; i++) {
		if (is_compared(rule->children[i], kind, name))
			return true;
	}
	return false;
}

static bool is_hidden(const struct rule *rule, enum source_kind kind, struct str name)
{
	return secrecy_name(name) || (rule && is_compared(rule, kind, name));
}

bool secrecy_source(const struct rule *rule, const struct source *source)
{
	return source->secret || (has_name(source->kind) && is_hidden(rule, source->kind, source->name));
}

static bool holds(struct str text, struct str secret)
{
	return secret.len >= SECRET_LENGTH_MIN && str_contains(text, secret);
}

static bool holds_one_of(struct str text, const struct text_list *secrets)
{
	bool found = false;
	for (size_t i = 0; i < secrets->count && !found; i++)
		found = holds(text, secrets->items[i]);
	return found;
}

/* Whether the text of one of the rule's secrets is in it. */
static bool holds_secret(const struct rule *rule, struct str text)
{
	if (!rule)
		return false;
	if (rule->kind == RULE_MATCH)
		return holds_one_of(text, &rule->match.secrets) ||
		       ((rule->match.value_secret || secrecy_source(NULL, &rule->match.parameter)) &&
		        holds(text, rule->match.value));
	for (size_t i = 0; i < rule->count; i++) {
		if (holds_secret(rule->children[i], text))
			return true;
	}
	return false;
}

struct redaction {
	struct arena *arena;
	const struct rule *rule;
	enum source_kind kind;
	bool done; /* something was hidden */
};

static struct value *redact(struct redaction *redaction, const struct value *value, struct str name);

static struct value *redact_part(struct redaction *redaction, const struct value *value, struct str above,
                                 struct str key)
{
	struct str name = key;
	if (above.len > 0)
		name = str_printf(redaction->arena, "%.*s.%.*s", STR_ARGS(above), STR_ARGS(key));
	return redact(redaction, value, name);
}

/* A copy of the value that the name leads to. */
static struct value *redact(struct redaction *redaction, const struct value *value, struct str name)
{
	struct arena *arena = redaction->arena;

	if (is_hidden(redaction->rule, redaction->kind, name) ||
	    (value->kind == VALUE_STRING && holds_secret(redaction->rule, value->as.text))) {
		redaction->done = true;
		return value_string(arena, REDACTED);
	}
	struct value *copy = arena_alloc(arena, sizeof(*copy));
	*copy = *value;
	if (value->kind == VALUE_MAP) {
		copy = value_map(arena);
		for (size_t i = 0; i < value->as.map.count; i++) {
			const struct value_entry *entry = &value->as.map.entries[i];
			value_map_add(arena, copy, entry->key, redact_part(redaction, entry->value, name, entry->key));
		}
	} else if (value->kind == VALUE_LIST) {
		copy = value_list(arena);
		for (size_t i = 0; i < value->as.list.count; i++)
			value_list_append(
				arena, copy,
				redact_part(redaction, value->as.list.items[i], name, str_printf(arena, "%zu", i)));
	}
	return copy;
}

/* What the source leads to, where that is a map or a list; else NULL. */
static const struct value *find_tree(const struct source *source, struct request *request)
{
	const struct value *found = NULL;

	switch (source->kind) {
	case SOURCE_ENTIRE_HEADERS:
		found = request_header_values(request);
		break;
	case SOURCE_ENTIRE_QUERY:
		found = request_query_values(request);
		break;
	case SOURCE_ENTIRE_PAYLOAD:
	case SOURCE_RAW_REQUEST_BODY:
		found = request_payload(request);
		break;
	case SOURCE_HEADER:
	case SOURCE_QUERY:
	case SOURCE_PAYLOAD:
		found = value_find(source_tree(source, request), source->name);
		break;
	case SOURCE_REQUEST:
	case SOURCE_EVENT:
	case SOURCE_STRING:
	case SOURCE_SECRET:
	case SOURCE_KIND_COUNT:
		break;
	}
	return found && (found->kind == VALUE_MAP || found->kind == VALUE_LIST) ? found : NULL;
}

bool secrecy_show(const struct rule *rule, const struct source *source, struct request *request, struct str *value)
{
	bool body = source->kind == SOURCE_RAW_REQUEST_BODY;
	struct redaction redaction = {
		.arena = request->arena,
		.rule = rule,
		.kind = body ? SOURCE_PAYLOAD : tree_kind(source->kind),
	};
	const struct value *tree;

	if (secrecy_source(rule, source))
		return false;
	tree = find_tree(source, request);
	if (tree) {
		struct value *copy = redact(&redaction, tree, has_name(source->kind) ? source->name : STR(""));
		if (body && redaction.done)
			return false;
		if (redaction.done)
			*value = value_text(request->arena, copy);
	}
	return !holds_secret(rule, *value);
}
