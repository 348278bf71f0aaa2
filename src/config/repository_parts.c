/*
 * What a URL may look like is an allow-list of characters, part by part: whatever git, ssh, a shell or a terminal
 * might understand in another way has no place in it. Messages quote nothing, since what is refused may be a
 * password.
 */
#include "config/repository_parts.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/number.h"
#include "base/utf8.h"
#include "config/repository.h"

#define HOST_MAX 253 /* RFC 1035 §2.3.4 */

static const struct repository_scheme schemes[] = {
	{"https", 443, true}, {"http", 80, true}, {"ssh", 22, true}, {"git", 9418, false}, {"file", 0, false},
};

static bool is_letter_or_digit(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_in(char byte, const char *set)
{
	return byte != '\0' && strchr(set, byte);
}

static bool refuse(struct error *error, const char *reason)
{
	return error_set(error, ERROR_INVALID, "%s", reason);
}

static bool check_user(struct str user, struct error *error)
{
	if (user.len == 0)
		return refuse(error, "nothing stands before the \"@\"");
	if (user.data[0] == '-')
		return refuse(error, "the user begins with \"-\"");
	for (size_t i = 0; i < user.len; i++) {
		if (user.data[i] == ':')
			return refuse(error, "a password stands in the URL: give it as the repository's token instead");
		if (!is_letter_or_digit(user.data[i]) && !is_in(user.data[i], "-._~+"))
			return refuse(error, "a character in the user that cannot stand there");
	}
	return true;
}

static bool check_address(struct str host, struct error *error)
{
	char address[INET6_ADDRSTRLEN], canonical[INET6_ADDRSTRLEN];
	struct in6_addr binary;
	size_t len = host.len - 2;

	if (host.len < 4 || host.data[host.len - 1] != ']' || len >= sizeof(address))
		return refuse(error, "an address in brackets that is no IPv6 address");
	memcpy(address, host.data + 1, len);
	address[len] = '\0';
	if (strlen(address) != len || inet_pton(AF_INET6, address, &binary) != 1)
		return refuse(error, "an address in brackets that is no IPv6 address");
	inet_ntop(AF_INET6, &binary, canonical, sizeof(canonical));
	if (!str_equal_nocase(str_from(canonical), str_from(address)))
		return error_set(error, ERROR_INVALID, "write the address as [%s]", canonical);
	return true;
}

static bool check_host(struct str host, struct error *error)
{
	struct str rest = host, label;

	if (host.len == 0)
		return refuse(error, "the host is missing");
	if (host.data[0] == '[')
		return check_address(host, error);
	if (host.len > HOST_MAX)
		return refuse(error, "the host is longer than a host can be");
	if (host.data[host.len - 1] == '.')
		return refuse(error, "the host ends with a dot");
	while (str_split_next(&rest, '.', &label)) {
		if (label.len == 0 || label.data[0] == '-')
			return refuse(error, "a part of the host is empty or begins with \"-\"");
		for (size_t i = 0; i < label.len; i++) {
			if (label.data[i] == '*')
				return refuse(error, "no wildcard may stand in the host");
			if (!is_letter_or_digit(label.data[i]) && !is_in(label.data[i], "-_"))
				return refuse(error, "a character in the host that cannot stand there");
		}
	}
	return true;
}

/* An escape may stand for a space and for what is no ASCII; everything else is written as it is, or not at all. */
static bool check_escape(struct str s, struct error *error)
{
	int byte = hex_byte(str_from_index(s, 1));

	if (byte < 0)
		return refuse(error, "a \"%\" without two hexadecimal digits behind it");
	return byte == ' ' || byte >= 0x80 || refuse(error, "a \"%\" escape that hides a character");
}

/* ASCII from an allow-list; beyond it no space, no control character, nothing that turns the order of a line. */
static bool may_stand_in_path(struct str character, uint32_t code)
{
	if (character.len == 1)
		return is_letter_or_digit(character.data[0]) || is_in(character.data[0], "-._~+@,=:!%");
	return code > 0xa0 && code < 0xe0000 && (code < 0x2000 || code > 0x206f) && code != 0x1680 && code != 0x3000 &&
	       code != 0xfeff;
}

static bool check_segment(struct str segment, bool wildcards, struct error *error)
{
	if (segment.len == 0)
		return refuse(error, "an empty segment (two slashes) in the path");
	if (str_equal_c(segment, ".") || str_equal_c(segment, ".."))
		return refuse(error, "\".\" or \"..\" in the path");
	for (size_t at = 0, len; at < segment.len; at += len) {
		struct str rest = str_from_index(segment, at);
		uint32_t character;
		len = utf8_next(rest, &character);
		bool wildcard = wildcards && rest.data[0] == '*';
		if (len == 0 || (!wildcard && !may_stand_in_path(str_head(rest, len), character)))
			return refuse(error, "a character in the path that cannot stand there");
		if (rest.data[0] == '%' && !check_escape(rest, error))
			return false;
	}
	return true;
}

/* Without a leading slash. */
static bool check_path(struct str path, bool wildcards, struct error *error)
{
	struct str segment;

	if (path.len == 0)
		return refuse(error, wildcards ? "the path is missing: write HOST/** for everything on a host"
		                               : "the path is missing");
	if (path.data[0] == '-' || path.data[0] == ':')
		return refuse(error, "the path begins with \"-\" or \":\"");
	while (str_split_next(&path, '/', &segment)) {
		if (!check_segment(segment, wildcards, error))
			return false;
	}
	return true;
}

static struct str without_slashes(struct str path)
{
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path = str_head(path, path.len - 1);
	return path;
}

/* ".git" alone is a folder's name, not an ending. */
static struct str without_git(struct str path)
{
	if (str_ends(path, STR(".git")) && path.len > 4 && path.data[path.len - 5] != '/')
		path = str_head(path, path.len - 4);
	return path;
}

/* Both forms are checked: "...git" is a name, but ".." is left of it. */
static bool take_path(struct repository_parts *parts, struct str path, bool wildcards, struct error *error)
{
	size_t root = parts->scheme && parts->scheme->port == 0 && path.len > 0 ? 1 : 0;

	parts->path = without_slashes(path);
	parts->path_no_git = without_git(parts->path);
	return check_path(str_from_index(parts->path, root), wildcards, error) &&
	       check_path(str_from_index(parts->path_no_git, root), wildcards, error);
}

/* host or host:port, with brackets around an IPv6 address */
static bool take_host(struct repository_parts *parts, struct str authority, struct error *error)
{
	size_t bracket = authority.len > 0 && authority.data[0] == '[' ? str_find(authority, ']') : 0;
	size_t colon = bracket + str_find(str_from_index(authority, bracket), ':');
	uint64_t port = parts->scheme ? parts->scheme->port : 0;

	parts->host = str_head(authority, colon);
	if (colon < authority.len && !number_parse_unsigned(str_from_index(authority, colon + 1), 1, 65535, &port))
		return refuse(error, "the port is no number from 1 to 65535");
	parts->port = (unsigned)port;
	return check_host(parts->host, error);
}

static bool take_authority(struct repository_parts *parts, struct str authority, struct error *error)
{
	size_t at = str_find_last(authority, '@');

	parts->user = STR("");
	if (at < authority.len) {
		parts->user = str_head(authority, at);
		authority = str_from_index(authority, at + 1);
		if (!check_user(parts->user, error))
			return false;
		if (parts->scheme && !parts->scheme->user)
			return refuse(error, "this scheme takes no user");
	}
	return take_host(parts, authority, error);
}

static const struct repository_scheme *scheme_find(struct str name)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (str_equal_nocase(name, str_from(schemes[i].name)))
			return &schemes[i];
	}
	return NULL;
}

/* The index of "://", or text.len. */
static size_t scheme_end(struct str text)
{
	size_t colon = str_find(text, ':');

	return str_starts(str_from_index(text, colon), STR("://")) ? colon : text.len;
}

/* What stands behind "scheme://". */
static bool take_rest(struct repository_parts *parts, struct str rest, bool wildcards, struct error *error)
{
	size_t slash = str_find(rest, '/');
	struct str authority = str_head(rest, slash);

	if (parts->scheme->port == 0) {
		if (authority.len > 0)
			return refuse(error, "file:// takes no host: write file:///PATH");
		parts->user = parts->host = STR("");
		return take_path(parts, rest, wildcards, error);
	}
	return take_authority(parts, authority, error) &&
	       take_path(parts, str_from_index(rest, slash < rest.len ? slash + 1 : slash), wildcards, error);
}

static bool take_scheme(struct repository_parts *parts, struct str text, size_t end, bool wildcards,
                        struct error *error)
{
	parts->scheme = scheme_find(str_head(text, end));
	if (!parts->scheme)
		return refuse(error, "the scheme is none of https, http, ssh, git and file");
	return take_rest(parts, str_from_index(text, end + 3), wildcards, error);
}

/* user@host:path, as scp and git take it; a slash before the colon would make it a path. */
static bool take_scp(struct repository_parts *parts, struct str text, struct error *error)
{
	size_t at = str_find(text, '@');
	size_t bracket = at + str_find(str_from_index(text, at), ']');
	size_t from = at + 1 < text.len && text.data[at + 1] == '[' && bracket < text.len ? bracket : at;
	size_t colon = from + str_find(str_from_index(text, from), ':');

	if (at == text.len || colon == text.len || str_find(text, '/') < colon)
		return refuse(error, "neither a URL (https://HOST/PATH) nor USER@HOST:PATH");
	parts->scheme = scheme_find(STR("ssh"));
	parts->scp = true;
	if (!take_authority(parts, str_head(text, colon), error))
		return false;
	struct str path = str_from_index(text, colon + 1);
	parts->scp_rooted = str_starts(path, STR("/"));
	return take_path(parts, str_from_index(path, parts->scp_rooted ? 1 : 0), false, error);
}

bool repository_parts_of_url(struct str text, struct repository_parts *parts, struct error *error)
{
	size_t end = scheme_end(text);

	*parts = (struct repository_parts){0};
	if (text.len > REPOSITORY_URL_MAX)
		return refuse(error, "longer than a repository's URL may be");
	return end < text.len ? take_scheme(parts, text, end, false, error) : take_scp(parts, text, error);
}

/* host/path */
static bool take_bare(struct repository_parts *parts, struct str text, struct error *error)
{
	size_t slash = str_find(text, '/');
	struct str host = str_head(text, slash);

	if (str_find(host, '@') < host.len)
		return refuse(error, "a pattern names no user: write HOST/PATH, such as github.com/acme/*");
	if (!take_host(parts, host, error))
		return false;
	if (parts->port != 0)
		return refuse(error, "a port needs a scheme before it: write https://HOST:PORT/PATH");
	return take_path(parts, str_from_index(text, slash < text.len ? slash + 1 : slash), true, error);
}

bool repository_parts_of_pattern(struct str text, struct repository_parts *parts, struct error *error)
{
	size_t end = scheme_end(text);

	*parts = (struct repository_parts){0};
	if (text.len == 0)
		return refuse(error, "the pattern is empty: write HOST/PATH, such as github.com/acme/*");
	if (text.len > REPOSITORY_URL_MAX)
		return refuse(error, "longer than a repository's URL may be");
	if (text.data[text.len - 1] == '/')
		return refuse(error, "the pattern ends with a slash: write a \"*\" behind it for all that is there");
	if (end == text.len)
		return take_bare(parts, text, error);
	if (!take_scheme(parts, text, end, true, error))
		return false;
	return parts->user.len == 0 || refuse(error, "a pattern names no user: write SCHEME://HOST/PATH");
}
