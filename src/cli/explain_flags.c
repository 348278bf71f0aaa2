/* The command line of explain: a row a flag. One dash or two, "-name VALUE" or "-name=VALUE", as everywhere. */
#include "cli/explain.h"

enum flag_kind { FLAG_SWITCH, FLAG_TEXT, FLAG_LIST };

static const struct flag {
	const char *name;
	enum flag_kind kind;
	size_t offset;
} table[] = {
	{"hooks", FLAG_LIST, offsetof(struct explain_flags, hooks)},
	{"template", FLAG_SWITCH, offsetof(struct explain_flags, template)},
	{"strict", FLAG_SWITCH, offsetof(struct explain_flags, strict)},
	{"config", FLAG_TEXT, offsetof(struct explain_flags, config)},
	{"hook", FLAG_TEXT, offsetof(struct explain_flags, hook)},
	{"json", FLAG_SWITCH, offsetof(struct explain_flags, json)},
	{"sign", FLAG_SWITCH, offsetof(struct explain_flags, sign)},
	{"event", FLAG_TEXT, offsetof(struct explain_flags, event)},
	{"header", FLAG_LIST, offsetof(struct explain_flags, headers)},
	{"method", FLAG_TEXT, offsetof(struct explain_flags, method)},
	{"content-type", FLAG_TEXT, offsetof(struct explain_flags, content_type)},
	{"remote-addr", FLAG_TEXT, offsetof(struct explain_flags, remote_address)},
	{"query", FLAG_TEXT, offsetof(struct explain_flags, query)},
};

struct walk {
	struct explain_flags *flags;
	int argc;
	char **argv;
	int at;
	struct error *error;
};

static const struct flag *find(struct str name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (str_equal_c(name, table[i].name))
			return &table[i];
	}
	return NULL;
}

static void set(struct walk *walk, const struct flag *flag, const char *value)
{
	void *field = (char *)walk->flags + flag->offset;

	if (flag->kind == FLAG_TEXT) {
		*(const char **)field = value;
	} else if (flag->kind == FLAG_LIST) {
		struct text_list *list = field; /* has room for every argument */
		list->items[list->count++] = str_from(value);
	} else {
		*(bool *)field = true;
	}
}

static bool read_flag(struct walk *walk)
{
	struct str word = str_from(walk->argv[walk->at]);
	struct str rest = str_from_index(word, str_starts(word, STR("--")) ? 2 : 1);
	struct str name = str_head(rest, str_find(rest, '='));
	const struct flag *flag = find(name);
	const char *value = name.len < rest.len ? rest.data + name.len + 1 : NULL;

	if (!flag)
		return error_set(walk->error, ERROR_INVALID, "explain does not know \"%.100s\"; see `pocketci help`",
		                 word.data);
	if (flag->kind == FLAG_SWITCH && value)
		return error_set(walk->error, ERROR_INVALID, "-%s stands alone", flag->name);
	if (flag->kind != FLAG_SWITCH && !value && walk->at + 1 < walk->argc)
		value = walk->argv[++walk->at];
	if (flag->kind != FLAG_SWITCH && !value)
		return error_set(walk->error, ERROR_INVALID, "-%s needs a value", flag->name);
	set(walk, flag, value);
	return true;
}

static bool take_request(struct walk *walk)
{
	if (walk->flags->request)
		return error_set(walk->error, ERROR_INVALID,
		                 "explain takes one request, and both \"%.100s\" and \"%.100s\" "
		                 "were given",
		                 walk->flags->request, walk->argv[walk->at]);
	walk->flags->request = walk->argv[walk->at];
	return true;
}

bool explain_flags_read(struct arena *arena, struct explain_flags *flags, int argc, char **argv, struct error *error)
{
	struct walk walk = {.flags = flags, .argc = argc, .argv = argv, .at = 1, .error = error};
	bool only_files = false;

	*flags = (struct explain_flags){0};
	flags->hooks.items = arena_array(arena, (size_t)argc, sizeof(struct str));
	flags->headers.items = arena_array(arena, (size_t)argc, sizeof(struct str));
	for (; walk.at < argc; walk.at++) {
		struct str word = str_from(argv[walk.at]);
		if (!only_files && str_equal_c(word, "--"))
			only_files = true;
		else if (!(only_files || !str_starts(word, STR("-")) || word.len == 1 ? take_request(&walk)
		                                                                      : read_flag(&walk)))
			return false;
	}
	return flags->request != NULL ||
	       error_set(
		       error, ERROR_INVALID,
		       "explain needs a request: the path of a file with it or with its payload, or - for standard input");
}
