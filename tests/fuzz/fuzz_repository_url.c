/*
 * Clone URLs as payloads name them, on the first line, against a pattern on the second. What is taken is canonical, says
 * nothing to git or ssh but what it seems to say, and only what was allowed is covered.
 */
#include "fuzz.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/utf8.h"
#include "config/repository.h"

static void check_text(struct str text)
{
	PROMISE(text.data[text.len] == '\0' && utf8_valid(text) && text.len <= REPOSITORY_URL_MAX);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		PROMISE(byte > ' ' && byte != 0x7f && !strchr("\\\"'`$;&|<>(){}*?#", byte));
	}
}

static void check_path(struct str path)
{
	struct str segment;

	PROMISE(path.len > 0 && path.data[0] != '-' && !str_ends(path, STR("/")));
	if (path.data[0] == '/')
		path = str_from_index(path, 1);
	while (str_split_next(&path, '/', &segment))
		PROMISE(segment.len > 0 && !str_equal_c(segment, ".") && !str_equal_c(segment, ".."));
}

static void check_canonical(struct arena *arena, const struct repository_url *url)
{
	struct error error = ERROR_INIT;
	struct repository_url again;

	PROMISE(repository_url_parse(arena, url->text, &again, &error));
	PROMISE(str_equal(again.text, url->text) && str_equal(again.name, url->name) &&
	        str_equal(again.path, url->path));
	PROMISE(str_equal(again.host, url->host) && str_equal(again.port, url->port) &&
	        str_equal(again.user, url->user));
}

static void check_url(struct arena *arena, const struct repository_url *url)
{
	check_text(url->text);
	check_text(url->name);
	check_path(url->path);
	PROMISE((url->host.len == 0) == str_equal_c(url->scheme, "file"));
	PROMISE(!str_starts(url->host, STR("-")) && !str_starts(url->user, STR("-")) &&
	        !str_starts(url->text, STR("-")));
	PROMISE(!str_contains(url->host, STR("@")) && !str_contains(url->user, STR(":")));
	check_canonical(arena, url);
}

/* Only a pattern that can be used covers anything, and only on the host that it names. */
static void check_pattern(struct str pattern, const struct repository_url *url)
{
	struct error error = ERROR_INIT;

	if (!repository_pattern_matches(pattern, url))
		return;
	PROMISE(repository_pattern_check(pattern, &error));
	struct str rest = pattern;
	size_t scheme = 0;
	while (scheme < rest.len && !str_starts(str_from_index(rest, scheme), STR("://")))
		scheme++;
	if (scheme < rest.len)
		rest = str_from_index(rest, scheme + 3);
	PROMISE(str_equal_nocase(str_head(rest, url->host.len), url->host));
	PROMISE(rest.len > url->host.len && (rest.data[url->host.len] == '/' || rest.data[url->host.len] == ':'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = fuzz_text(data, size), rest = text;
	size_t line = str_find(text, '\n');
	static struct arena arena;
	struct error error = ERROR_INIT, wrong = ERROR_INIT;
	struct repository_url url;

	rest = str_from_index(rest, line < text.len ? line + 1 : line);
	PROMISE(repository_pattern_check(rest, &wrong) || wrong.kind == ERROR_INVALID);
	if (repository_url_parse(&arena, str_head(text, line), &url, &error)) {
		check_url(&arena, &url);
		check_pattern(rest, &url);
	} else {
		PROMISE(error.kind == ERROR_INVALID && error.message[0] != '\0');
	}
	arena_reset(&arena);
	return 0;
}
