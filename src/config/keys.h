/*
 * Maps in files that people write, read by tables: a row a key. The tables are data: they feed the reading, the
 * messages, the command line, the manual's lists and the checks.
 */
#ifndef POCKETCI_CONFIG_KEYS_H
#define POCKETCI_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/problem.h"
#include "config/yaml.h"

struct arena;
struct error;

enum key_type {
	KEY_TEXT,      /* struct str, NUL-terminated: what the reference makes of a scalar (yaml_scalar_text) */
	KEY_BOOL,      /* bool: a plain YAML 1.1 boolean; in quotes it is a text, here as in the reference */
	KEY_NUMBER,    /* int64_t between minimum and maximum */
	KEY_SIZE,      /* int64_t, bytes: number_parse_size */
	KEY_DURATION,  /* int64_t, milliseconds: number_parse_duration; "none" is -1 */
	KEY_MODE,      /* unsigned: 0660 */
	KEY_TEXT_LIST, /* struct text_list; one text alone is a list of one */
	KEY_MAP,       /* a map within, read by the table `keys`; its offsets count from this row's */
	KEY_CUSTOM,    /* whatever read() makes of it */
	KEY_IGNORED,   /* taken and without effect; the summary says why */
	KEY_REFUSED,   /* known, and an error: the summary is the sentence. A plain false asks for nothing and passes */
};

/* Whether a hooks file that came out of a repository may use the key. */
enum key_trust { KEY_SERVER_ONLY, KEY_REPOSITORY, KEY_REPOSITORY_BOUNDED };

struct text_list {
	struct str *items;
	size_t count;
};

struct key_reader; /* what a read() is given */
struct key_shape;  /* hook/shape.h */

struct key {
	const char *name; /* kebab-case, as documented */
	enum key_type type;
	enum key_trust repository;
	bool required;
	const char *instead;      /* of a required key: the first row of those of which exactly one must be there */
	size_t offset;            /* of the field in the structure */
	int64_t minimum, maximum; /* KEY_NUMBER, KEY_SIZE, KEY_DURATION but none; both 0: any */
	const char *const *words; /* KEY_TEXT: the only texts allowed, NULL-terminated; NULL: any */
	bool (*read)(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);
	const char *summary; /* one line for --help, the manual, the schema */

	const struct key_shape *shape; /* KEY_CUSTOM: what read() takes, for the schema */

	const struct key *keys; /* KEY_MAP */
	size_t key_count;
	bool (*check)(struct str text, struct error *error); /* a text, each of a list; the message says why not */
	bool path;                                           /* texts are files: absolute against reader->folder */
	bool commas;                                         /* KEY_TEXT_LIST: a text is a list with commas */

	const char *flag;     /* its name on the command line; NULL: none */
	const char *argument; /* what --help calls its value: "FILE" */
	bool many;            /* each time the flag is given adds to the list; KEY_CUSTOM: read() adds */
};

struct key_reader {
	struct arena *arena; /* everything made lives here */
	struct problems *problems;
	bool strict;        /* an unknown key is an error, not a warning */
	bool repository;    /* the file came out of a repository: key.repository counts */
	void *context;      /* for read functions */
	const char *thing;  /* "hook \"deploy\"", for messages; may be NULL */
	const char *folder; /* absolute; relative paths are taken against it. NULL: they stay as they are */
};

/*
 * Reads the map into *fields, by a table of count rows (at most 100). Every problem is noted and reading goes on with
 * the next key: a wrong type, a missing required key (but not beside the error that another key was probably meant to
 * be it), two of those that stand in each other's place, an unknown key with the nearest known one. Keys match without
 * regard to case. Fields of absent keys keep what they have, and a key without a value (null) counts as absent, as in
 * the reference. Returns whether no error was noted.
 */
bool keys_read(struct key_reader *reader, const struct yaml_node *map, const struct key *table, size_t count,
               void *fields);

/* Reads one value by one row, as keys_read does for each key; for a read function that takes a list of texts, say. */
bool keys_read_value(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *fields);

/* The row of this name, or NULL. */
const struct key *keys_find(const struct key *table, size_t count, struct str name);

/*
 * Reads one text as the key's type says, from a command line ("-children 4,32", "-verbose"); problems name the flag.
 * A read function gets a quoted scalar without a place, and a row whose name is the flag with its dash.
 */
bool keys_read_text(struct key_reader *reader, const struct key *key, struct str text, void *fields);

/* Notes an error, with reader->thing in front. Returns false. */
bool keys_problem(struct key_reader *reader, struct position position, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Notes a warning, the same way. */
void keys_warn(struct key_reader *reader, struct position position, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Notes "KEY: expected …, found a list". Returns false. */
bool keys_expected(struct key_reader *reader, const struct key *key, const struct yaml_node *node, const char *what);

/* A path as it is kept: absolute where reader->folder says against what. */
struct str keys_path(const struct key_reader *reader, struct str path);

#endif
