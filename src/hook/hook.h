/*
 * A hook, as hooks.yaml defines it, in typed form. Everything lives in the arena of the set it was loaded into and is
 * never changed after.
 */
#ifndef POCKETCI_HOOK_HOOK_H
#define POCKETCI_HOOK_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"
#include "base/identity.h"
#include "base/str.h"
#include "config/keys.h"
#include "config/problem.h"

struct address_range;
struct arena;
struct hook_dagger;
struct key_map;
struct regex;

/* Where a value comes from. */
enum source_kind {
	SOURCE_HEADER,
	SOURCE_QUERY, /* url, query */
	SOURCE_PAYLOAD,
	SOURCE_REQUEST, /* method, remote-addr */
	SOURCE_EVENT,   /* a field of the forge's event: event_names */
	SOURCE_STRING,
	SOURCE_RAW_REQUEST_BODY,
	SOURCE_ENTIRE_PAYLOAD,
	SOURCE_ENTIRE_HEADERS,
	SOURCE_ENTIRE_QUERY,
	SOURCE_SECRET, /* of pocketci.yaml, read when loading */
	SOURCE_KIND_COUNT
};

struct source {
	enum source_kind kind;
	struct str name;         /* of a header in canonical form; of a string or a secret the text itself */
	struct str written_name; /* as the file has it: names environment variables */
	struct str envname;      /* empty: none */
	bool base64decode;
	bool secret; /* name holds one, or what was kept elsewhere: it reaches the command and is shown nowhere */
	bool has_default;
	struct str default_value; /* what it is where the parameter is not there */
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
	MATCH_FORGE_SIGNATURE,
	MATCH_STANDARD_WEBHOOKS,
	MATCH_EXISTS,
	MATCH_LESS,
	MATCH_GREATER,
	MATCH_TYPE_COUNT
};

/* What of it counts is said by the type's row in match.c. */
struct match {
	enum match_type type;
	struct source parameter;
	struct str value;
	bool value_secret;        /* value was kept elsewhere: neither it nor what is compared with it may be shown */
	struct decimal number;    /* value, of less and greater */
	struct text_list secrets; /* any one may be right; of standard-webhooks the keys that they stand for */
	struct regex *regex;      /* compiled when loading */
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

/* Which events of a forge a hook is for: hook/filter.h. A list that is empty says nothing. */
struct hook_filter {
	struct text_list on, branches, tags, paths;
};

/* One entry of pass-uploads-to-command: a file of a multipart body, and the variable that holds its path. */
struct hook_upload {
	struct str name;
	struct str envname; /* empty: HOOK_UPLOAD_ and the name */
};

struct hook_uploads {
	bool all; /* whatever comes; else these */
	struct hook_upload *items;
	size_t count;
};

/* One entry of exit-codes. */
struct hook_exit_code {
	int64_t code;   /* 1 to 255 */
	int64_t status; /* of HTTP */
};

struct hook_exit_codes {
	struct hook_exit_code *items;
	size_t count;
};

struct hook {
	struct position position;
	struct str id;
	struct str execute_command; /* empty: script, */
	struct str script;          /* run, or */
	struct hook_dagger *dagger; /* hook/dagger.h, else NULL; one of the three is there */
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
	struct hook_filter filter;
	struct hook_checkout checkout;
	struct source *input; /* pass-stdin-to-command; NULL: empty */
	struct hook_uploads uploads;
	struct hook_exit_codes exit_codes;
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
	struct file_identity *identities; /* of the files, in their order: what each was before it was read */
	size_t identity_capacity;
};

/*
 * Notes that what is in *hooks depends on this file; the path is copied. One that is noted already stays once. To be
 * called before the file is read, so that a change while it is read is seen.
 */
void hooks_add_file(struct arena *arena, struct hooks *hooks, struct str path);

/* The same for a file that was read already: what it was before that. */
void hooks_add_file_as(struct arena *arena, struct hooks *hooks, struct str path, struct file_identity identity);

/* The hook of this very id, or NULL. */
const struct hook *hooks_find(const struct hooks *hooks, struct str id);

/* The table of keys of a hook, for checks and the manual. */
extern const struct key hook_keys[];
extern const size_t hook_key_count;
extern const struct key_map hook_map;

#endif
