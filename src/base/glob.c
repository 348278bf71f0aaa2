/*
 * Matching without recursion: a mismatch goes back to the last `*`, and where that can take no more, to the last `**`.
 * An earlier one is never needed again, since the shortest text before a later `**` leaves the most behind it.
 */
#include "base/glob.h"

#include "base/error.h"
#include "base/utf8.h"

enum token_kind {
	TOKEN_BYTE,    /* this very byte */
	TOKEN_ANY,     /* ? */
	TOKEN_CLASS,   /* […] */
	TOKEN_STAR,    /* * */
	TOKEN_STARS,   /* ** */
	TOKEN_FOLDERS, /* **, slash, where a folder may begin */
};

struct token {
	enum token_kind kind;
	size_t end; /* where the next one begins */
	char byte;  /* of a TOKEN_BYTE */
};

/* Where matching goes on after a mismatch. */
struct retry {
	bool set;
	bool folders; /* only behind a slash */
	size_t pattern, name;
};

/* The index of the `]` that ends the class which begins at `from`, or pattern.len. One in the first place is meant. */
static size_t class_end(struct str pattern, size_t from)
{
	size_t at = from + 1;

	if (at < pattern.len && pattern.data[at] == '!')
		at++;
	for (size_t first = at; at < pattern.len; at++) {
		if (pattern.data[at] == ']' && at > first)
			return at;
	}
	return pattern.len;
}

static struct token read_stars(struct str pattern, size_t at)
{
	bool begins_folder = at == 0 || pattern.data[at - 1] == '/';

	if (at + 1 >= pattern.len || pattern.data[at + 1] != '*')
		return (struct token){.kind = TOKEN_STAR, .end = at + 1};
	if (begins_folder && at + 2 < pattern.len && pattern.data[at + 2] == '/')
		return (struct token){.kind = TOKEN_FOLDERS, .end = at + 3};
	return (struct token){.kind = TOKEN_STARS, .end = at + 2};
}

static struct token read_token(struct str pattern, size_t at)
{
	switch (pattern.data[at]) {
	case '*':
		return read_stars(pattern, at);
	case '?':
		return (struct token){.kind = TOKEN_ANY, .end = at + 1};
	case '[':
		return (struct token){.kind = TOKEN_CLASS, .end = class_end(pattern, at) + 1};
	case '\\':
		return (struct token){.kind = TOKEN_BYTE, .end = at + 2, .byte = pattern.data[at + 1]};
	default:
		return (struct token){.kind = TOKEN_BYTE, .end = at + 1, .byte = pattern.data[at]};
	}
}

/* Whether the class that begins at `from` holds the byte. */
static bool class_holds(struct str pattern, size_t from, char byte)
{
	size_t at = from + 1, end = class_end(pattern, from);
	bool negated = pattern.data[at] == '!', found = false;

	for (at += negated; at < end; at++) {
		char first = pattern.data[at], last = first;
		if (at + 2 < end && pattern.data[at + 1] == '-') {
			last = pattern.data[at + 2];
			at += 2;
		}
		found = found || (byte >= first && byte <= last);
	}
	return found != negated;
}

/* How many bytes of the name, which is not at its end, the token takes; 0: it does not match. */
static size_t take(struct str pattern, size_t at, const struct token *token, struct str name)
{
	if (token->kind == TOKEN_BYTE)
		return name.data[0] == token->byte;
	if (name.data[0] == '/')
		return 0;
	uint32_t ignored;
	size_t character = utf8_next(name, &ignored);
	if (character == 0) /* no UTF-8: a byte is a character */
		character = 1;
	if (token->kind == TOKEN_ANY)
		return character;
	/* A class lists ASCII only, so that what is longer is in none of them but in every negated one. */
	return class_holds(pattern, at, character == 1 ? name.data[0] : '\0') ? character : 0;
}

/* How far the two have been compared, and where to go on after a mismatch. */
struct matching {
	struct str pattern, name;
	size_t at, taken;
	struct retry star, stars;
};

/* Takes one token further; false on a mismatch. */
static bool go_on(struct matching *m)
{
	if (m->at == m->pattern.len)
		return false;
	struct token token = read_token(m->pattern, m->at);
	if (token.kind == TOKEN_STAR) {
		m->star = (struct retry){true, false, token.end, m->taken};
	} else if (token.kind == TOKEN_STARS || token.kind == TOKEN_FOLDERS) {
		m->stars = (struct retry){true, token.kind == TOKEN_FOLDERS, token.end, m->taken};
		m->star.set = false;
	} else {
		struct str rest = str_from_index(m->name, m->taken);
		size_t bytes = rest.len > 0 ? take(m->pattern, m->at, &token, rest) : 0;
		if (bytes == 0)
			return false;
		m->taken += bytes;
	}
	m->at = token.end;
	return true;
}

/* Moves to the next text that the `*` or `**` may take; false where there is none. */
static bool take_more(struct retry *retry, struct str name)
{
	bool done = false;

	while (retry->set && retry->name < name.len && !done) {
		retry->name++;
		done = !retry->folders || name.data[retry->name - 1] == '/';
	}
	return done;
}

static bool go_back(struct matching *m)
{
	const struct retry *retry = &m->star;
	bool slash = m->star.set && m->star.name < m->name.len && m->name.data[m->star.name] == '/';

	if (slash || !take_more(&m->star, m->name)) {
		m->star.set = false;
		retry = &m->stars;
		if (!take_more(&m->stars, m->name))
			return false;
	}
	m->at = retry->pattern;
	m->taken = retry->name;
	return true;
}

bool glob_matches(struct str pattern, struct str name)
{
	struct matching m = {.pattern = pattern, .name = name};

	while (m.at < pattern.len || m.taken < name.len) {
		if (!go_on(&m) && !go_back(&m))
			return false;
	}
	return true;
}

bool glob_list_selects(const struct str *patterns, size_t count, struct str name)
{
	bool selected = true;

	for (size_t i = 0; i < count; i++)
		selected = selected && str_starts(patterns[i], STR("!"));
	for (size_t i = 0; i < count; i++) {
		bool excludes = str_starts(patterns[i], STR("!"));
		if (glob_matches(str_from_index(patterns[i], excludes), name))
			selected = !excludes;
	}
	return selected;
}

bool glob_list_selects_any(const struct str *patterns, size_t count, const struct str *names, size_t name_count)
{
	for (size_t i = 0; i < name_count; i++) {
		if (glob_list_selects(patterns, count, names[i]))
			return true;
	}
	return false;
}

static bool check_class(struct str pattern, size_t from, struct error *error)
{
	size_t end = class_end(pattern, from);

	if (end == pattern.len)
		return error_set(error, ERROR_INVALID,
		                 "a [ without its ]; write \\[ where the character itself is meant");
	for (size_t at = from + 1; at < end; at++) {
		if ((unsigned char)pattern.data[at] >= 0x80)
			return error_set(error, ERROR_INVALID, "between [ and ] only ASCII characters can be listed");
	}
	for (size_t at = from + 1 + (pattern.data[from + 1] == '!'); at + 2 < end; at++) {
		if (pattern.data[at + 1] != '-')
			continue;
		if (pattern.data[at] > pattern.data[at + 2])
			return error_set(error, ERROR_INVALID, "the range %.3s runs backwards", pattern.data + at);
		at += 2;
	}
	return true;
}

bool glob_check(struct str pattern, struct error *error)
{
	pattern = str_from_index(pattern, str_starts(pattern, STR("!")));
	if (pattern.len == 0)
		return error_set(error, ERROR_INVALID, "the pattern is empty");
	if (pattern.len > GLOB_PATTERN_MAX)
		return error_set(error, ERROR_INVALID, "the pattern is longer than %d bytes", GLOB_PATTERN_MAX);
	if (str_starts(pattern, STR("/")))
		return error_set(error, ERROR_INVALID, "the pattern begins with a slash, which no name does");
	if (str_ends(pattern, STR("/")))
		return error_set(error, ERROR_INVALID,
		                 "the pattern ends with a slash; write %.*s** for all that is below",
		                 STR_ARGS(pattern));
	for (size_t at = 0; at < pattern.len; at = read_token(pattern, at).end) {
		if (pattern.data[at] == '\\' && at + 1 == pattern.len)
			return error_set(error, ERROR_INVALID, "a backslash with nothing behind it");
		if (pattern.data[at] == '[' && !check_class(pattern, at, error))
			return false;
	}
	return true;
}
