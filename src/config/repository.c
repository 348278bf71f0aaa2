/*
 * The canonical form of a repository's URL, and which entry of the allow-list covers it. Both sides are compared in
 * parts, never as texts, so that no user, port or path can pass for a host.
 */
#include "config/repository.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/number.h"
#include "config/repository_parts.h"

/* https and ssh on their own ports are the same repository by two ways. */
static struct str canonical_name(struct arena *arena, const struct repository_url *url)
{
	bool bare = url->port.len == 0 && (str_equal_c(url->scheme, "https") || str_equal_c(url->scheme, "ssh"));

	if (url->host.len == 0)
		return str_printf(arena, "%s://%.*s", url->scheme.data, STR_ARGS(url->path));
	return str_printf(arena, "%s%s%s%s%s/%.*s", bare ? "" : url->scheme.data, bare ? "" : "://", url->host.data,
	                  url->port.len > 0 ? ":" : "", url->port.data, STR_ARGS(url->path));
}

/*
 * The URL for git: what was written, but for the case of scheme and host, a port that says nothing, and slashes at
 * the end.
 */
static struct str canonical_text(struct arena *arena, const struct repository_url *url,
                                 const struct repository_parts *parts)
{
	if (url->host.len == 0)
		return str_printf(arena, "%s://%.*s", url->scheme.data, STR_ARGS(parts->path));
	if (parts->scp)
		return str_printf(arena, "%s@%s:%s%.*s", url->user.data, url->host.data, parts->scp_rooted ? "/" : "",
		                  STR_ARGS(parts->path));
	return str_printf(arena, "%s://%s%s%s%s%s/%.*s", url->scheme.data, url->user.data, url->user.len > 0 ? "@" : "",
	                  url->host.data, url->port.len > 0 ? ":" : "", url->port.data, STR_ARGS(parts->path));
}

bool repository_url_parse(struct arena *arena, struct str text, struct repository_url *url, struct error *error)
{
	struct repository_parts parts;

	if (!repository_parts_of_url(text, &parts, error))
		return error_prefix(error, "the repository's URL cannot be used");
	url->scheme = str_from(parts.scheme->name);
	url->user = str_copy(arena, parts.user);
	url->host = str_lower(arena, parts.host);
	url->port = parts.port == parts.scheme->port ? STR("") : str_printf(arena, "%u", parts.port);
	url->path = str_copy(arena, parts.path_no_git);
	url->text = canonical_text(arena, url, &parts);
	url->name = canonical_name(arena, url);
	return true;
}

/* reached[i]: the pattern so far covers the first i bytes of the text. */
static void glob_star(bool *reached, struct str text)
{
	bool before = reached[0], inside = false;

	reached[0] = false;
	for (size_t i = 1; i <= text.len; i++) {
		inside = (before || inside) && text.data[i - 1] != '/';
		before = reached[i];
		reached[i] = inside;
	}
}

static void glob_two_stars(bool *reached, struct str text)
{
	for (size_t i = 1; i <= text.len; i++)
		reached[i] = reached[i] || reached[i - 1];
}

static void glob_byte(bool *reached, struct str text, char byte)
{
	for (size_t i = text.len; i > 0; i--)
		reached[i] = reached[i - 1] && text.data[i - 1] == byte;
	reached[0] = false;
}

/* Takes as long as both lengths multiplied, whatever the pattern: nothing is tried twice. */
static bool glob_matches(struct str pattern, struct str text)
{
	bool reached[REPOSITORY_URL_MAX + 1] = {true};

	if (text.len > REPOSITORY_URL_MAX)
		return false;
	while (pattern.len > 0) {
		bool two = str_starts(pattern, STR("**"));
		if (two)
			glob_two_stars(reached, text);
		else if (pattern.data[0] == '*')
			glob_star(reached, text);
		else
			glob_byte(reached, text, pattern.data[0]);
		pattern = str_from_index(pattern, two ? 2 : 1);
	}
	return reached[text.len];
}

static bool same_port(const struct repository_parts *pattern, const struct repository_url *url)
{
	uint64_t port = pattern->scheme->port;

	return (url->port.len == 0 || number_parse_unsigned(url->port, 1, 65535, &port)) && port == pattern->port;
}

static bool same_scheme(const struct repository_parts *pattern, const struct repository_url *url)
{
	if (pattern->scheme)
		return str_equal_c(url->scheme, pattern->scheme->name) && same_port(pattern, url);
	return url->port.len == 0 && (str_equal_c(url->scheme, "https") || str_equal_c(url->scheme, "ssh"));
}

bool repository_pattern_matches(struct str pattern, const struct repository_url *url)
{
	struct error ignored = ERROR_INIT;
	struct repository_parts parts;

	return repository_parts_of_pattern(pattern, &parts, &ignored) && same_scheme(&parts, url) &&
	       str_equal_nocase(parts.host, url->host) && glob_matches(parts.path_no_git, url->path);
}

bool repository_pattern_check(struct str pattern, struct error *error)
{
	struct repository_parts parts;

	return repository_parts_of_pattern(pattern, &parts, error);
}

const struct repository *repositories_find(const struct repositories *repositories, const struct repository_url *url)
{
	for (size_t i = 0; i < repositories->count; i++) {
		if (repository_pattern_matches(repositories->items[i].match, url))
			return &repositories->items[i];
	}
	return NULL;
}
