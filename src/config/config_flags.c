/*
 * The command line: flags found in the table of keys, in the manner of Go's flag package. It is walked three times:
 * for what must be known before the file is read, to forget what the file says of lists that flags replace, and to
 * set.
 */
#include "config/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "config/config_read.h"

enum flag_kind { FLAG_KEY, FLAG_CONFIG, FLAG_VERSION, FLAG_HELP };

/* Flags that are no keys. */
struct own_flag {
	const char *name;
	enum flag_kind kind;
	const char *argument; /* NULL: none */
	const char *summary;
};

static const struct own_flag own_flags[] = {
	{"config", FLAG_CONFIG, "FILE", "the configuration (default: see FILES in the manual)"},
	{"version", FLAG_VERSION, NULL, "show the version and leave"},
	{"help", FLAG_HELP, NULL, "show this text and leave"},
	{"h", FLAG_HELP, NULL, "the same"},
};

#define OWN_FLAG_COUNT (sizeof(own_flags) / sizeof(own_flags[0]))

/* A flag as it was given. */
struct flag {
	enum flag_kind kind;
	const struct key *key; /* FLAG_KEY */
	struct str value;
};

struct walk {
	int argc;
	char **argv;
	int at;
};

/* The row with this flag, in the table and in the maps within, or NULL. */
static const struct key *flag_row(const struct key *table, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].flag && str_equal_c(name, table[i].flag))
			return &table[i];
		const struct key *within = flag_row(table[i].keys, table[i].key_count, name);
		if (within)
			return within;
	}
	return NULL;
}

static void nearer(const char *candidate, struct str name, const char **best, unsigned *least)
{
	unsigned distance = str_distance(str_from(candidate), name);

	if (distance < *least) {
		*least = distance;
		*best = candidate;
	}
}

static void nearest_row(const struct key *table, size_t count, struct str name, const char **best, unsigned *least)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].flag && table[i].type != KEY_REFUSED)
			nearer(table[i].flag, name, best, least);
		nearest_row(table[i].keys, table[i].key_count, name, best, least);
	}
}

static bool unknown_flag(struct str name, struct error *error)
{
	unsigned least = name.len <= 4 ? 2 : 4;
	const char *best = NULL;

	for (size_t i = 0; i < OWN_FLAG_COUNT; i++)
		nearer(own_flags[i].name, name, &best, &least);
	nearest_row(config_keys, config_key_count, name, &best, &least);
	return error_set(error, ERROR_INVALID, "unknown flag -%.*s%s%s%s", STR_ARGS(str_head(name, 64)),
	                 best ? ": did you mean -" : ": -help lists all there are", best ? best : "", best ? "?" : "");
}

/* Finds what the name stands for, and how its value is called; NULL for one that stands alone. */
static bool find_flag(struct str name, struct flag *flag, const char **argument, struct error *error)
{
	for (size_t i = 0; i < OWN_FLAG_COUNT; i++) {
		if (str_equal_c(name, own_flags[i].name)) {
			flag->kind = own_flags[i].kind;
			*argument = own_flags[i].argument;
			return true;
		}
	}
	flag->kind = FLAG_KEY;
	flag->key = flag_row(config_keys, config_key_count, name);
	if (!flag->key)
		return unknown_flag(name, error);
	*argument = flag->key->argument;
	return true;
}

static bool stray(const struct walk *walk, struct error *error)
{
	return error_set(error, ERROR_INVALID,
	                 "\"%.64s\" is no flag: flags begin with -, and a switch is set with -NAME or -NAME=false",
	                 walk->argv[walk->at]);
}

/* The name and, behind "=", the value; false where the argument is no flag. */
static bool split_flag(const char *argument, struct str *name, struct str *value, bool *has_value)
{
	struct str rest = str_from(argument);

	if (rest.len < 2 || rest.data[0] != '-')
		return false;
	rest = str_from_index(rest, rest.data[1] == '-' ? 2 : 1);
	size_t equals = str_find(rest, '=');
	*name = str_head(rest, equals);
	*has_value = equals < rest.len;
	*value = str_from_index(rest, equals + (*has_value ? 1 : 0));
	return name->len > 0 && name->data[0] != '-';
}

/* The next flag; false at the end of the arguments, and with an error where one is wrong. */
static bool walk_next(struct walk *walk, struct flag *flag, struct error *error)
{
	const char *argument = NULL;
	struct str name;
	bool has_value;

	if (walk->at >= walk->argc)
		return false;
	if (!split_flag(walk->argv[walk->at], &name, &flag->value, &has_value))
		return stray(walk, error);
	if (!find_flag(name, flag, &argument, error))
		return false;
	walk->at++;
	if (has_value)
		return true;
	flag->value = STR("true");
	if (!argument)
		return true;
	if (walk->at >= walk->argc)
		return error_set(error, ERROR_INVALID, "-%.*s needs a value: -%.*s %s", STR_ARGS(name), STR_ARGS(name),
		                 argument);
	flag->value = str_from(walk->argv[walk->at++]);
	return true;
}

/* Which file is to be read, and whether anything is to be done but to tell. */
static bool look_ahead(struct walk walk, const char **file, enum config_wanted *wanted, struct error *error)
{
	struct flag flag;

	*file = NULL;
	*wanted = CONFIG_WANTS_RUN;
	while (*wanted == CONFIG_WANTS_RUN && walk_next(&walk, &flag, error)) {
		if (flag.kind == FLAG_CONFIG)
			*file = flag.value.data;
		else if (flag.kind == FLAG_VERSION)
			*wanted = CONFIG_WANTS_VERSION;
		else if (flag.kind == FLAG_HELP)
			*wanted = CONFIG_WANTS_HELP;
	}
	if (*file && !**file)
		return error_set(error, ERROR_INVALID, "-config needs the path of a file");
	return error->kind == ERROR_NONE;
}

/* Flags replace what the file says, also where each of them adds to a list. */
static void forget_lists(struct walk walk, struct config *config)
{
	struct error ignored = ERROR_INIT;
	struct flag flag;

	while (walk_next(&walk, &flag, &ignored)) {
		if (flag.kind != FLAG_KEY || !flag.key->many)
			continue;
		if (flag.key->type == KEY_TEXT_LIST)
			*(struct text_list *)(void *)((char *)config + flag.key->offset) = (struct text_list){NULL, 0};
		else
			config->header_count = 0;
	}
}

static bool read_flags(struct walk walk, struct arena *arena, struct config *config, struct error *error)
{
	char *here = get_current_dir_name();
	struct problems problems = {.arena = arena};
	struct key_reader reader = {
		.arena = arena, .problems = &problems, .folder = here ? arena_strdup(arena, here) : NULL};
	struct flag flag;

	free(here);
	while (walk_next(&walk, &flag, error)) {
		if (flag.kind == FLAG_KEY)
			keys_read_text(&reader, flag.key, flag.value, config);
	}
	return problems_report(&problems, error);
}

bool config_load(struct arena *arena, struct config *config, int argc, char **argv, enum config_wanted *wanted,
                 struct error *error)
{
	const struct walk walk = {argc, argv, 1};
	struct error first = ERROR_INIT; /* told apart from "no more flags" */
	const char *file;

	if (!look_ahead(walk, &file, wanted, &first)) {
		*error = first;
		return false;
	}
	if (*wanted != CONFIG_WANTS_RUN)
		return true;

	struct str path = config_find(arena, file);
	if (path.len > 0 && !config_read_file(arena, config, path.data, error))
		return false;
	forget_lists(walk, config);
	if (!read_flags(walk, arena, config, error))
		return false;
	config_settle(arena, config);
	if ((config->setuid < 0) != (config->setgid < 0))
		return error_set(error, ERROR_INVALID, "setuid and setgid must be given together");
	return true;
}

static void write_flag(struct buf *out, const char *name, const char *argument, const char *summary)
{
	buf_printf(out, "  -%s%s%s\n        %s\n", name, argument ? " " : "", argument ? argument : "", summary);
}

static void write_flags(struct buf *out, const struct key *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].flag && table[i].type != KEY_REFUSED)
			write_flag(out, table[i].flag, table[i].argument, table[i].summary);
		write_flags(out, table[i].keys, table[i].key_count);
	}
}

void config_write_help(struct buf *out, const char *program)
{
	buf_printf(out, "Usage: %s [FLAG ...]\n\n", program);
	buf_append_c(out,
	             "One dash or two, -NAME VALUE or -NAME=VALUE. The keys of pocketci.yaml have the same names.\n\n");
	for (size_t i = 0; i < OWN_FLAG_COUNT; i++)
		write_flag(out, own_flags[i].name, own_flags[i].argument, own_flags[i].summary);
	write_flags(out, config_keys, config_key_count);
}
