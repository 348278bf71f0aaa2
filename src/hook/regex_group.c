/*
 * Groups and flags. Nothing is captured, and a flag holds from where it stands to the end of the group around it.
 */
#include "hook/regex_syntax.h"

#include "base/buf.h"

static bool open_group(struct regex_translation *t, size_t at)
{
	if (t->depth == REGEX_DEPTH_MAX)
		return regex_fail(&t->parser, at, "groups nest deeper than %d", REGEX_DEPTH_MAX);
	t->levels[++t->depth] = (struct regex_level){at, t->parser.flags, t->parser.folding, 1};
	buf_append_c(t->parser.out, "(?:");
	t->repeatable = t->repeated = false;
	return true;
}

bool regex_close_group(struct regex_translation *t)
{
	if (t->depth == 0)
		return regex_fail(&t->parser, t->parser.at - 1, "there is no ( for this )");
	const struct regex_level *inner = &t->levels[t->depth--];
	struct regex_level *outer = &t->levels[t->depth];

	buf_append_byte(t->parser.out, ')');
	t->parser.flags = inner->flags;
	t->parser.folding = inner->folding;
	if (outer->repeats < inner->repeats)
		outer->repeats = inner->repeats;
	regex_finish_atom(t, inner->repeats);
	return true;
}

/* What other dialects write behind "(?", longest first, and RE2 does not have. */
static const struct {
	const char *begin, *name;
} foreign_groups[] = {
	{"<=", "look-behind"}, {"<!", "look-behind"}, {"P=", "a back-reference"}, {"P>", "recursion"},
	{"=", "look-ahead"},   {"!", "look-ahead"},   {">", "an atomic group"},   {"|", "a branch reset"},
	{"#", "a comment"},    {"(", "a condition"},  {"&", "recursion"},         {"R", "recursion"},
	{"C", "a callout"},    {"+", "recursion"},    {"'", "a name in quotes"},  {"0", "recursion"},
	{"1", "recursion"},    {"*", "look-around"},
};

static bool fail_group(const struct regex_translation *t, size_t at)
{
	struct str text = str_from_index(t->parser.pattern, at + 2);
	for (size_t i = 0; i < sizeof(foreign_groups) / sizeof(foreign_groups[0]); i++) {
		if (str_starts(text, str_from(foreign_groups[i].begin)))
			return regex_fail(&t->parser, at, "(?%s is %s, which RE2 does not have",
			                  foreign_groups[i].begin, foreign_groups[i].name);
	}
	return regex_fail(&t->parser, at, "unknown flags: i, m, s and U are those of RE2");
}

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'))
			return false;
	}
	return name.len > 0;
}

/* "(?P<name>" or "(?<name>"; the name is behind `skip` bytes. The name itself says nothing. */
static bool read_named_group(struct regex_translation *t, size_t at, size_t skip)
{
	struct str name = str_from_index(t->parser.pattern, at + skip);
	size_t end = str_find(name, '>');
	if (end == name.len || !is_name(str_head(name, end)))
		return regex_fail(&t->parser, at, "a group's name is made of letters, digits and _, and ends with >");
	t->parser.at = at + skip + end + 1;
	return open_group(t, at);
}

static unsigned flag_bit(uint32_t letter)
{
	switch (letter) {
	case 'i':
		return REGEX_FOLD;
	case 'm':
		return REGEX_MULTILINE;
	case 's':
		return REGEX_DOTALL;
	default:
		return 0; /* U: greediness */
	}
}

/* "(?i)", "(?i-s:"; `at` of the parser is behind "(?". */
static bool read_flags(struct regex_translation *t, size_t at)
{
	unsigned flags = t->parser.flags;
	bool negative = false, seen = false;

	while (t->parser.at < t->parser.pattern.len) {
		uint32_t letter = regex_next(&t->parser);
		if (letter == 'i' || letter == 'm' || letter == 's' || letter == 'U') {
			flags = negative ? flags & ~flag_bit(letter) : flags | flag_bit(letter);
			seen = true;
		} else if (letter == '-' && !negative) {
			negative = true;
			seen = false;
		} else if ((letter == ':' || letter == ')') && (seen || !negative)) {
			if (letter == ':' && !open_group(t, at))
				return false;
			t->parser.flags = flags;
			return true;
		} else {
			break;
		}
	}
	return fail_group(t, at);
}

bool regex_open_group(struct regex_translation *t)
{
	size_t at = t->parser.at++;
	struct str rest = regex_rest(&t->parser);

	if (str_starts(rest, STR("*")))
		return regex_fail(&t->parser, at, "(* begins a verb, which RE2 does not have");
	if (!str_starts(rest, STR("?")))
		return open_group(t, at);
	if (str_starts(rest, STR("?P<")))
		return read_named_group(t, at, 4);
	if (str_starts(rest, STR("?<")) && !str_starts(rest, STR("?<=")) && !str_starts(rest, STR("?<!")))
		return read_named_group(t, at, 3);
	t->parser.at++;
	return read_flags(t, at);
}
