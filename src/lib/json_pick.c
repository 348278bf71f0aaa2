/*
 * Picking is done on the lexical pass alone: a value that is wanted is copied as it stands, one that is not is passed
 * over token by token.
 */
#include "lib/json_pick.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "lib/json.h"
#include "lib/json_scan.h"

struct path {
	struct str parts[JSON_PICK_DEPTH];
	unsigned count;
};

struct pick {
	struct json_scan scan;
	struct buf *out;
	struct path paths[JSON_PICK_MAX];
	unsigned path_count;
};

static bool is_token(const struct pick *pick, char byte)
{
	return pick->scan.text.data[pick->scan.token] == byte;
}

static struct str token_text(const struct pick *pick)
{
	return str_head(str_from_index(pick->scan.text, pick->scan.token), pick->scan.position - pick->scan.token);
}

/* The next token, which must be this one. */
static bool take(struct pick *pick, char byte)
{
	return json_scan_token(&pick->scan) && is_token(pick, byte);
}

/* Passes over the value whose first token was taken. */
static bool skip_value(struct pick *pick)
{
	size_t depth = pick->scan.depth;

	if (is_token(pick, '}') || is_token(pick, ']') || is_token(pick, ',') || is_token(pick, ':'))
		return false;
	if (!is_token(pick, '{') && !is_token(pick, '['))
		return true;
	while (pick->scan.depth >= depth) {
		if (!json_scan_token(&pick->scan))
			return false;
	}
	return true;
}

static void read_paths(struct pick *pick, const char *const *paths)
{
	for (; paths[pick->path_count]; pick->path_count++) {
		struct path *path = &pick->paths[pick->path_count];
		struct str rest = str_from(paths[pick->path_count]);
		for (path->count = 0; str_split_next(&rest, '.', &path->parts[path->count]); path->count++)
			;
	}
}

/* Of these paths (a bit each) those that go through this name; *whole: one of them ends here. */
static uint64_t follow(const struct pick *pick, uint64_t paths, unsigned level, struct str name, bool *whole)
{
	uint64_t followed = 0;

	*whole = false;
	for (unsigned i = 0; i < pick->path_count; i++) {
		const struct path *path = &pick->paths[i];
		if (!(paths >> i & 1) || !str_equal(path->parts[level], name))
			continue;
		followed |= UINT64_C(1) << i;
		*whole = *whole || path->count == level + 1;
	}
	return followed;
}

static bool pick_map(struct pick *pick, uint64_t paths, unsigned level);

/* One member, whose name was taken; *written: there is one in the map already. */
static bool pick_member(struct pick *pick, uint64_t paths, unsigned level, bool *written)
{
	struct str name = token_text(pick);
	bool whole;

	if (name.data[0] != '"' || str_find(name, '\\') < name.len)
		return false;
	paths = follow(pick, paths, level, str_head(str_from_index(name, 1), name.len - 2), &whole);
	if (!take(pick, ':') || !json_scan_token(&pick->scan))
		return false;
	if (paths == 0)
		return skip_value(pick);
	buf_append_c(pick->out, *written ? "," : "");
	*written = true;
	buf_append_str(pick->out, name);
	buf_append_byte(pick->out, ':');
	if (!whole && is_token(pick, '{'))
		return pick_map(pick, paths, level + 1);
	size_t start = pick->scan.token;
	if (!skip_value(pick))
		return false;
	buf_append(pick->out, pick->scan.text.data + start, pick->scan.position - start);
	return true;
}

/* A map whose { was taken. As deep as the longest path. */
static bool pick_map(struct pick *pick, uint64_t paths, unsigned level)
{
	bool written = false, good = json_scan_token(&pick->scan), empty = good && is_token(pick, '}');

	buf_append_byte(pick->out, '{');
	while (good && !empty) {
		good = pick_member(pick, paths, level, &written) && json_scan_token(&pick->scan);
		if (good && is_token(pick, '}'))
			break;
		good = good && is_token(pick, ',') && json_scan_token(&pick->scan);
	}
	buf_append_byte(pick->out, '}');
	return good;
}

bool json_pick(struct str text, const struct json_limits *limits, const char *const *paths, struct buf *out)
{
	struct pick pick;
	struct buf ignored = BUF_INIT;

	pick.out = out;
	pick.path_count = 0;
	read_paths(&pick, paths);
	json_scan_init(&pick.scan, text, limits, &ignored);
	bool picked = take(&pick, '{') && pick_map(&pick, UINT64_MAX, 0);
	buf_release(&ignored);
	return picked;
}
