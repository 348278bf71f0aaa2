/*
 * A hook, as hooks.yaml defines it, in typed form. Everything lives in the arena of the set it was loaded into and is
 * never changed after.
 */
#ifndef POCKETCI_HOOK_HOOK_H
#define POCKETCI_HOOK_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "config/keys.h"
#include "config/problem.h"

struct address_range;
struct arena;
struct key_map;
struct regex;

/* Where a value comes from. */
enum source_kind {
	SOURCE_HEADER,
	SOURCE_QUERY, /* url, query */
	SOURCE_PAYLOAD,
	SOURCE_REQUEST, /* method, remote-addr */
	SOURCE_STRING,
	SOURCE_RAW_REQUEST_BODY,
	SOURCE_ENTIRE_PAYLOAD,
	SOURCE_ENTIRE_HEADERS,
	SOURCE_ENTIRE_QUERY,
	SOURCE_KIND_COUNT
};

struct source {
	enum source_kind kind;
	struct str name;         /* of a header in canonical form; of a string the text itself */
	struct str written_name; /* as the file has it: names environment variables */
	struct str envname;      /* empty: none */
	bool base64decode;
	struct position position;
};

struct source_list {
	struct source *items;
	size_t count;
};

enum rule_kind {
	RULE_AND,
	RULE_OR,
	RULE_NOT,
	RULE_MATCH,
	RULE_NEVER /* an empty rule never holds, as in the reference */
};

enum match_type {
	MATCH_VALUE,
	MATCH_REGEX,
	MATCH_HMAC_SHA1,
	MATCH_HMAC_SHA256,
	MATCH_HMAC_SHA512,
	MATCH_IP_WHITELIST,
	MATCH_SCALR_SIGNATURE,
	MATCH_TYPE_COUNT
};

/* What of it counts is said by the type's row in match.c. */
struct match {
	enum match_type type;
	struct source parameter;
	struct str value;
	struct str secret;
	bool value_secret;   /* value came from a place for secrets: it is never shown */
	struct regex *regex; /* compiled when loading */
	struct address_range *ranges;
	size_t range_count;
	struct str regex_text, range_text; /* as written */
};

struct rule {
	enum rule_kind kind;
	struct position position;
	struct rule **children; /* AND, OR: count of them; NOT: one */
	size_t count;
	struct match match; /* MATCH */
};

struct hook_header {
	struct str name, value;
};

/*
 * `checkout:` on a hook. Each of the three may be a fixed text (a SOURCE_STRING, checked when loading) or a value
 * from the request; NULL: the forge's event says.
 */
struct hook_checkout {
	bool enabled;
	struct source *repository, *ref, *commit;
};

struct hook {
	struct position position;
	struct str id;
	struct str execute_command;
	struct str command_working_directory;
	struct str response_message;
	struct hook_header *response_headers;
	size_t response_header_count;
	int64_t success_http_response_code; /* 0: not set */
	struct str incoming_payload_content_type;
	struct text_list http_methods; /* trimmed, upper-cased */
	bool include_command_output_in_response;
	bool include_command_output_in_response_on_error;
	struct source_list parse_parameters_as_json;
	struct source_list pass_arguments_to_command;
	struct source_list pass_environment_to_command;
	struct source_list pass_file_to_command;
	struct rule *trigger_rule;                        /* NULL: always */
	int64_t trigger_rule_mismatch_http_response_code; /* 0: not set */
	bool trigger_signature_soft_failures;

	/* Beyond the reference. */
	struct hook_checkout checkout;
	bool stream_command_output;   /* implies that the output is the response */
	bool stop_when_client_leaves; /* when-client-leaves: stop */
	int64_t timeout;              /* ms; -1 none; HOOK_TIMEOUT_DEFAULT: what pocketci.yaml says */
	int stop_signal;
	bool keep_processes;
	bool inherit_environment;
};

#define HOOK_TIMEOUT_DEFAULT INT64_MIN

/* An id that a file has, whether or not its hook could be used. */
struct hook_id {
	struct str id;
	struct position position; /* of the hook */
};

/* Zeroed, it is empty. */
struct hooks {
	struct hook **items;
	size_t count, capacity;

	struct hook_id *ids; /* no other hook may have one of these */
	size_t id_count, id_capacity;

	/* Paths of the files that all of this was read from, as they were named: the hooks files and what they name. */
	struct str *files;
	size_t file_count, file_capacity;
};

/* Notes that what is in *hooks depends on this file; the path is copied. One that is noted already stays once. */
void hooks_add_file(struct arena *arena, struct hooks *hooks, struct str path);

/* The hook of this very id, or NULL. */
const struct hook *hooks_find(const struct hooks *hooks, struct str id);

/* The table of keys of a hook, for checks and the manual. */
extern const struct key hook_keys[];
extern const size_t hook_key_count;
extern const struct key_map hook_map;

#endif
