/*
 * pocketci.yaml and flags → one structure. A row in the table of keys (config_keys.c) is a key of the file and, where
 * it says so, a flag.
 */
#ifndef POCKETCI_CONFIG_CONFIG_H
#define POCKETCI_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "config/keys.h"
#include "config/repository.h"

struct arena;
struct buf;
struct error;
struct problems;

struct config_header {
	struct str name, value;
};

struct config {
	struct str path; /* of the file that was read; empty where there was none */

	/* The reference's flags, by its names. */
	struct text_list hooks; /* files; paths are absolute everywhere in here, and every text is NUL-terminated */
	bool hotreload, template, verbose, debug, nopanic;
	struct str logfile, pidfile;
	struct str log_format; /* "text" or "json" */
	struct config_header *headers; /* -header, many */
	size_t header_count;
	struct text_list http_methods; /* comma-separated as a flag; trimmed, in upper case */
	struct str url_prefix;         /* "hooks"; without slashes at its ends */
	bool request_id_from_header;   /* -x-request-id */
	int64_t request_id_limit;      /* 0: no limit */
	int64_t max_multipart_mem;
	int64_t setuid, setgid; /* -1: stay */
	struct str socket;
	struct str ip;
	int64_t port; /* 0: none given */

	/* Ours. */
	struct str socket_owner, socket_group;
	unsigned socket_mode; /* 0660 */
	int64_t children_min, children_max;
	struct str state;    /* folder; see config_state */
	struct str base_url; /* without trailing slash; empty: unknown */
	struct str program;  /* path of `pocketci`; empty: beside the responder, else where it is installed */
	struct repositories repositories;
	struct named_secrets secrets; /* that hooks may name */
	struct text_list trusted_proxies;
	bool async;              /* deliveries to /hooks are answered before anything is fetched */
	int64_t timeout;         /* of a run whose hook says nothing, ms; -1 none; 1 h */
	int64_t stop_grace;      /* between TERM and KILL, ms; 10 s */
	int64_t request_timeout; /* for reading one request, ms; 60 s */
	struct {
		int64_t body;   /* bytes of a request body; 25 MiB */
		int64_t output; /* bytes of output kept for one reply; 100 MiB */
	} limits;
};

/* The defaults. */
void config_init(struct config *config);

/*
 * The file to read: explicit where given, else $POCKETCI_CONFIG, ~/.config/pocketci/pocketci.yaml (home from passwd),
 * /etc/pocketci/pocketci.yaml, pocketci.yaml beside the program. Absolute; empty where there is none. A file that was
 * named and is missing is an error when read.
 */
struct str config_find(struct arena *arena, const char *explicit_path);

/*
 * Reads it into *config (over what is there). A file that others can read is refused where it holds a secret's text,
 * with the place. Warnings are logged. ERROR_INVALID where the file is not as it should be or not there.
 */
bool config_read_file(struct arena *arena, struct config *config, const char *path, struct error *error);

/*
 * The same for a check: every problem of the file is noted, under this name, and an unknown key is an error.
 * *config holds what could be read. Returns whether no error was noted.
 */
bool config_check_file(struct arena *arena, struct config *config, const char *path, const char *name,
                       struct problems *problems);

/*
 * Reads flags, one dash or two, "-name value" or "-name=value"; booleans stand alone. *wanted says what -version or
 * -help ask for, and then nothing else is read. -config is found first, and its file is read before the flags count:
 * a flag replaces what the file says. argc may be 0 (as CGI). Errors name the flag, and the nearest one where it is
 * unknown.
 */
enum config_wanted { CONFIG_WANTS_RUN, CONFIG_WANTS_VERSION, CONFIG_WANTS_HELP };
bool config_load(struct arena *arena, struct config *config, int argc, char **argv, enum config_wanted *wanted,
                 struct error *error);

/* The help text: every flag with its summary. */
void config_write_help(struct buf *out, const char *program);

/*
 * The state folder, made (mode 0700) where it is missing: `state:`, else /var/lib/pocketci where it can be written,
 * else ~/.local/state/pocketci (home from passwd). ERROR_STORAGE, naming it and what to do, where it cannot be
 * written.
 */
bool config_state(struct arena *arena, const struct config *config, struct str *state, struct error *error);

/* The first of these folders that can be written, made where it is missing; else the error of the last one. */
bool config_state_among(struct arena *arena, const char *const *folders, size_t count, struct str *state,
                        struct error *error);

/* The table, for checks and the manual. Offsets of maps within (KEY_MAP) count from struct config, too. */
extern const struct key config_keys[];
extern const size_t config_key_count;

#endif
