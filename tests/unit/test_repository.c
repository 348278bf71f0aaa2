/*
 * config/repository.h: the canonical form of every kind of URL, what is refused of hostile ones and why, patterns that
 * cover what they say and nothing beside it.
 */
#include "check.h"

#include "base/arena.h"
#include "base/error.h"
#include "config/repository.h"

struct url_case {
	const char *url, *scheme, *user, *host, *port, *path, *text, *name;
};

static const struct url_case good[] = {
	{"https://github.com/acme/app.git", "https", "", "github.com", "", "acme/app",
         "https://github.com/acme/app.git", "github.com/acme/app"},
	{"https://github.com/acme/app", "https", "", "github.com", "", "acme/app", "https://github.com/acme/app",
         "github.com/acme/app"},
	{"HTTPS://GitHub.COM/Acme/App", "https", "", "github.com", "", "Acme/App", "https://github.com/Acme/App",
         "github.com/Acme/App"},
	{"https://github.com:443/acme/app/", "https", "", "github.com", "", "acme/app", "https://github.com/acme/app",
         "github.com/acme/app"},
	{"https://github.com/acme/app.git//", "https", "", "github.com", "", "acme/app",
         "https://github.com/acme/app.git", "github.com/acme/app"},
	{"https://github.com/acme/app.git.git", "https", "", "github.com", "", "acme/app.git",
         "https://github.com/acme/app.git.git", "github.com/acme/app.git"},
	{"https://me@github.com/acme/app", "https", "me", "github.com", "", "acme/app",
         "https://me@github.com/acme/app", "github.com/acme/app"},
	{"https://git.example:8443/a/b/c/d", "https", "", "git.example", "8443", "a/b/c/d",
         "https://git.example:8443/a/b/c/d", "https://git.example:8443/a/b/c/d"},
	{"http://127.0.0.1:8080/app.git", "http", "", "127.0.0.1", "8080", "app", "http://127.0.0.1:8080/app.git",
         "http://127.0.0.1:8080/app"},
	{"http://host:0080/app", "http", "", "host", "", "app", "http://host/app", "http://host/app"},
	{"http://[::1]:8080/app", "http", "", "[::1]", "8080", "app", "http://[::1]:8080/app", "http://[::1]:8080/app"},
	{"https://[2001:DB8::1]/app", "https", "", "[2001:db8::1]", "", "app", "https://[2001:db8::1]/app",
         "[2001:db8::1]/app"},
	{"git://host/app", "git", "", "host", "", "app", "git://host/app", "git://host/app"},
	{"git://host:9418/app", "git", "", "host", "", "app", "git://host/app", "git://host/app"},
	{"ssh://git@github.com/acme/app.git", "ssh", "git", "github.com", "", "acme/app",
         "ssh://git@github.com/acme/app.git", "github.com/acme/app"},
	{"ssh://git@host:2222/acme/app", "ssh", "git", "host", "2222", "acme/app", "ssh://git@host:2222/acme/app",
         "ssh://host:2222/acme/app"},
	{"ssh://host/~me/app", "ssh", "", "host", "", "~me/app", "ssh://host/~me/app", "host/~me/app"},
	{"git@github.com:acme/app.git", "ssh", "git", "github.com", "", "acme/app", "git@github.com:acme/app.git",
         "github.com/acme/app"},
	{"git@GitHub.com:/acme/app.git/", "ssh", "git", "github.com", "", "acme/app", "git@github.com:/acme/app.git",
         "github.com/acme/app"},
	{"git@[::1]:acme/app", "ssh", "git", "[::1]", "", "acme/app", "git@[::1]:acme/app", "[::1]/acme/app"},
	{"file:///srv/git/app.git", "file", "", "", "", "/srv/git/app", "file:///srv/git/app.git",
         "file:///srv/git/app"},
	{"file:///srv/git/app/.git", "file", "", "", "", "/srv/git/app/.git", "file:///srv/git/app/.git",
         "file:///srv/git/app/.git"},
	{"FILE:///srv/Git", "file", "", "", "", "/srv/Git", "file:///srv/Git", "file:///srv/Git"},
	{"https://host/a.b/-c/_d/~e/f+g@h,i=j:k!l", "https", "", "host", "", "a.b/-c/_d/~e/f+g@h,i=j:k!l",
         "https://host/a.b/-c/_d/~e/f+g@h,i=j:k!l", "host/a.b/-c/_d/~e/f+g@h,i=j:k!l"},
	{"https://host/a%20b/%C3%A9", "https", "", "host", "", "a%20b/%C3%A9", "https://host/a%20b/%C3%A9",
         "host/a%20b/%C3%A9"},
	{"https://host/gr\xc3\xb6\xc3\x9f"
         "e",
         "https", "", "host", "",
         "gr\xc3\xb6\xc3\x9f"
         "e",
         "https://host/gr\xc3\xb6\xc3\x9f"
         "e",
         "host/gr\xc3\xb6\xc3\x9f"
         "e"},
	{"https://my_gitea/a/...", "https", "", "my_gitea", "", "a/...", "https://my_gitea/a/...", "my_gitea/a/..."},
};

static void test_good_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		const struct url_case *c = &good[i];
		struct arena arena = ARENA_INIT;
		struct error error = ERROR_INIT;
		struct repository_url url, again;
		if (!repository_url_parse(&arena, str_from(c->url), &url, &error))
			fail_msg("%s: %s", c->url, error.message);
		assert_str(url.scheme, c->scheme);
		assert_str(url.user, c->user);
		assert_str(url.host, c->host);
		assert_str(url.port, c->port);
		assert_str(url.path, c->path);
		assert_str(url.text, c->text);
		assert_str(url.name, c->name);
		assert_int_equal(url.text.data[url.text.len], '\0');
		assert_int_equal(url.path.data[url.path.len], '\0');
		/* The text for git is canonical: it is taken, and stays. */
		assert_true(repository_url_parse(&arena, url.text, &again, &error));
		assert_str(again.text, c->text);
		assert_str(again.name, c->name);
		arena_release(&arena);
	}
}

static const struct {
	const char *url, *reason;
} bad[] = {
	{"", "neither a URL"},
	{"acme/app", "neither a URL"},
	{"/srv/git/app", "neither a URL"},
	{"../app", "neither a URL"},
	{"C:\\git\\app", "neither a URL"},
	{"host:app", "neither a URL"},
	{"./git@host:app", "neither a URL"},
	{"ext::sh -c 'id' x", "neither a URL"},
	{"ext::ssh://host/app", "neither a URL"},
	{"ext::ssh://a@host:app", "neither a URL"},
	{"fd::17/foo", "neither a URL"},
	{"a@ext::sh", "begins with \"-\" or \":\""},
	{"ftp://host/app", "the scheme is none of"},
	{"git+ssh://host/app", "the scheme is none of"},
	{"javascript://host/app", "the scheme is none of"},
	{"://host/app", "the scheme is none of"},
	{" https://host/app", "the scheme is none of"},
	{"-https://host/app", "the scheme is none of"},
	{"--upload-pack=touch /tmp/x", "neither a URL"},
	{"https://me:hunter2@host/app", "a password stands in the URL"},
	{"https://:hunter2@host/app", "a password stands in the URL"},
	{"https://a@b:hunter2@host/app", "a character in the user"},
	{"ssh://me:hunter2@host/app", "a password stands in the URL"},
	{"me:hunter2@host:app", "a password stands in the URL"},
	{"https://@host/app", "nothing stands before the \"@\""},
	{"@host:app", "nothing stands before the \"@\""},
	{"https://-me@host/app", "the user begins with \"-\""},
	{"-oProxyCommand=id@host:app", "the user begins with \"-\""},
	{"ssh://-oProxyCommand=id/app", "begins with \"-\""},
	{"ssh://git@-oProxyCommand=id/app", "begins with \"-\""},
	{"git@-oProxyCommand=id:app", "begins with \"-\""},
	{"git@host:-app", "the path begins with \"-\""},
	{"https://host/-app", "the path begins with \"-\""},
	{"file:///-app", "the path begins with \"-\""},
	{"git://me@host/app", "this scheme takes no user"},
	{"https://", "the host is missing"},
	{"https:///app", "the host is missing"},
	{"https://:8080/app", "the host is missing"},
	{"https://host", "the path is missing"},
	{"https://host/", "the path is missing"},
	{"https://host//", "an empty segment"},
	{"git@host:", "the path is missing"},
	{"git@:app", "the host is missing"},
	{"file://", "the path is missing"},
	{"file:///", "the path is missing"},
	{"file://host/srv/app", "file:// takes no host"},
	{"file://localhost/srv/app", "file:// takes no host"},
	{"file://../app", "file:// takes no host"},
	{"https://host:/app", "the port is no number"},
	{"https://host:0/app", "the port is no number"},
	{"https://host:65536/app", "the port is no number"},
	{"https://host:80x/app", "the port is no number"},
	{"https://host:-1/app", "the port is no number"},
	{"https://host:80:80/app", "the port is no number"},
	{"https://::1/app", "the port is no number"},
	{"https://[::1/app", "an address in brackets"},
	{"https://[]/app", "an address in brackets"},
	{"https://[evil.example]/app", "an address in brackets"},
	{"https://[::1%eth0]/app", "an address in brackets"},
	{"https://[::1]evil.example/app", "an address in brackets"},
	{"https://[0:0:0:0:0:0:0:1]/app", "write the address as [::1]"},
	{"https://host./app", "the host ends with a dot"},
	{"https://a..b/app", "a part of the host is empty"},
	{"https://.host/app", "a part of the host is empty"},
	{"https://a.-b/app", "begins with \"-\""},
	{"https://ho st/app", "a character in the host"},
	{"https://host\\@evil/app", "a character in the user"},
	{"https://host\\evil/app", "a character in the host"},
	{"https://host%2eevil/app", "a character in the host"},
	{"https://h\xc3\xb6st/app", "a character in the host"},
	{"https://host*/app", "no wildcard may stand in the host"},
	{"https://host/../app", "\".\" or \"..\" in the path"},
	{"https://host/a/./b", "\".\" or \"..\" in the path"},
	{"https://host/a/..", "\".\" or \"..\" in the path"},
	{"https://host/a//b", "an empty segment"},
	{"https://host//a", "an empty segment"},
	{"https://host/a/...git", "\".\" or \"..\" in the path"},
	{"https://host/..git/", "\".\" or \"..\" in the path"},
	{"git@host:...git", "\".\" or \"..\" in the path"},
	{"file:///srv/...git", "\".\" or \"..\" in the path"},
	{"git@host:../app", "\".\" or \"..\" in the path"},
	{"git@host://app", "the scheme is none of"},
	{"file:///srv/../etc", "\".\" or \"..\" in the path"},
	{"file:////srv", "an empty segment"},
	{"https://host/a%2fb", "a \"%\" escape that hides"},
	{"https://host/a/%2e%2e/b", "a \"%\" escape that hides"},
	{"https://host/a%00b", "a \"%\" escape that hides"},
	{"https://host/a%0ab", "a \"%\" escape that hides"},
	{"https://host/a%252fb", "a \"%\" escape that hides"},
	{"https://host/%61cme/app", "a \"%\" escape that hides"},
	{"https://host/%2dapp", "a \"%\" escape that hides"},
	{"https://host/a%5cb", "a \"%\" escape that hides"},
	{"https://host/a%7fb", "a \"%\" escape that hides"},
	{"https://host/a%", "without two hexadecimal digits"},
	{"https://host/a%2", "without two hexadecimal digits"},
	{"https://host/a%2/b", "without two hexadecimal digits"},
	{"https://host/a%zz", "without two hexadecimal digits"},
	{"https://host/a b", "a character in the path"},
	{"https://host/a\tb", "a character in the path"},
	{"https://host/a\nb", "a character in the path"},
	{"https://host/a\x7f", "a character in the path"},
	{"https://host/a\\b", "a character in the path"},
	{"https://host/a?b", "a character in the path"},
	{"https://host/a#b", "a character in the path"},
	{"https://host/a*", "a character in the path"},
	{"https://host/a;id", "a character in the path"},
	{"https://host/$(id)", "a character in the path"},
	{"https://host/`id`", "a character in the path"},
	{"https://host/a'b", "a character in the path"},
	{"https://host/a\"b", "a character in the path"},
	{"https://host/a<b", "a character in the path"},
	{"https://host/a\xff", "a character in the path"},
	{"https://host/a\xc2\x9b"
         "b",
         "a character in the path"},
	{"https://host/a\xc2\xa0"
         "b",
         "a character in the path"},
	{"https://host/a\xe2\x80\xae"
         "b",
         "a character in the path"},
	{"https://host/a\xe3\x80\x80"
         "b",
         "a character in the path"},
	{"https://host/a\xef\xbb\xbf"
         "b",
         "a character in the path"},
	{"https://host?x/app", "a character in the host"},
	{"https://host#x/app", "a character in the host"},
};

static void assert_refused(struct str text, const char *reason)
{
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct repository_url url;
	if (repository_url_parse(&arena, text, &url, &error))
		fail_msg("\"%.*s\" was taken", STR_ARGS(text));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_contains(error.message, "the repository's URL cannot be used: ");
	if (!strstr(error.message, reason))
		print_error("%.*s:\n", STR_ARGS(text));
	assert_contains(error.message, reason);
	assert_null(strstr(error.message, "hunter2"));
	arena_release(&arena);
}

static void test_bad_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_refused(str_from(bad[i].url), bad[i].reason);
	assert_refused(STR("https://host/a\0b"), "a character in the path");
	assert_refused(STR("https://ho\0st/a"), "a character in the host");
	assert_refused(STR("git@ho\0st:a"), "a character in the host");
}

static void test_lengths(void **state)
{
	char url[REPOSITORY_URL_MAX + 1];
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct repository_url parsed;
	(void)state;
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://host/", 13);
	assert_true(repository_url_parse(&arena, (struct str){url, REPOSITORY_URL_MAX}, &parsed, &error));
	assert_int_equal(parsed.path.len, REPOSITORY_URL_MAX - 13);
	assert_true(repository_pattern_matches(STR("host/**"), &parsed));
	assert_refused((struct str){url, REPOSITORY_URL_MAX + 1}, "longer than a repository's URL may be");
	memset(url, 'h', 400);
	memcpy(url, "https://", 8);
	memcpy(url + 8 + 253, "/app", 4);
	assert_true(repository_url_parse(&arena, (struct str){url, 8 + 253 + 4}, &parsed, &error));
	memset(url + 8, 'h', 300);
	memcpy(url + 8 + 254, "/app", 4);
	assert_refused((struct str){url, 8 + 254 + 4}, "longer than a host can be");
	arena_release(&arena);
}

/* --- Patterns ----------------------------------------------------------------------------------------------------- */

static const struct {
	const char *pattern, *url;
	bool matches;
} matches[] = {
	{"github.com/acme/app", "https://github.com/acme/app", true},
	{"github.com/acme/app", "https://github.com/acme/app.git", true},
	{"github.com/acme/app.git", "https://github.com/acme/app", true},
	{"github.com/acme/app", "git@github.com:acme/app.git", true},
	{"github.com/acme/app", "ssh://git@github.com/acme/app", true},
	{"GitHub.com/acme/app", "https://GITHUB.com/acme/app", true},
	{"github.com/acme/app", "https://github.com/ACME/app", false},
	{"github.com/acme/app", "http://github.com/acme/app", false},
	{"github.com/acme/app", "git://github.com/acme/app", false},
	{"github.com/acme/app", "https://github.com:8443/acme/app", false},
	{"github.com/acme/app", "ssh://git@github.com:2222/acme/app", false},
	{"github.com/acme/app", "https://github.com/acme/apps", false},
	{"github.com/acme/app", "https://github.com/acme/app/sub", false},
	{"github.com/acme/app", "https://github.com/acme", false},
	{"github.com/acme/app", "https://github.com.evil.example/acme/app", false},
	{"github.com/acme/app", "https://evil-github.com/acme/app", false},
	{"github.com/acme/app", "https://evil.example/github.com/acme/app", false},
	{"github.com/acme/app", "https://github.com@evil.example/acme/app", false},
	{"github.com/acme/*", "https://github.com/acme/app", true},
	{"github.com/acme/*", "https://github.com/acme/a", true},
	{"github.com/acme/*", "https://github.com/acme/a/b", false},
	{"github.com/acme/*", "https://github.com/acme", false},
	{"github.com/acme/*", "https://github.com/acme-evil/app", false},
	{"github.com/acme/*", "https://github.com/evil/acme/app", false},
	{"github.com/*", "https://github.com/acme/app", false},
	{"github.com/*/*", "https://github.com/acme/app", true},
	{"github.com/*/app", "https://github.com/acme/app", true},
	{"github.com/*/app", "https://github.com/a/b/app", false},
	{"github.com/**", "https://github.com/acme/app", true},
	{"github.com/**", "https://github.com/a/b/c/d", true},
	{"github.com/acme/**", "https://github.com/acme/a/b", true},
	{"github.com/acme/**", "https://github.com/acme", false},
	{"github.com/**/app", "https://github.com/a/b/app", true},
	{"github.com/**/app", "https://github.com/a/b/apps", false},
	{"github.com/acme/web-*", "https://github.com/acme/web-shop", true},
	{"github.com/acme/web-*", "https://github.com/acme/web-", false},
	{"github.com/acme/*-web", "https://github.com/acme/shop-web", true},
	{"github.com/acme/*a*b*", "https://github.com/acme/xaxbx", true},
	{"github.com/acme/*a*b*", "https://github.com/acme/xbxax", false},
	{"github.com/acme/***", "https://github.com/acme/a", true},
	{"github.com/acme/**b", "https://github.com/acme/b", true},
	{"https://github.com/acme/*", "https://github.com/acme/app", true},
	{"https://github.com/acme/*", "git@github.com:acme/app", false},
	{"https://github.com:443/acme/*", "https://github.com/acme/app", true},
	{"https://github.com:8443/acme/*", "https://github.com:8443/acme/app", true},
	{"https://github.com:8443/acme/*", "https://github.com/acme/app", false},
	{"ssh://github.com/acme/*", "git@github.com:acme/app", true},
	{"ssh://host:2222/**", "ssh://git@host:2222/acme/app", true},
	{"http://127.0.0.1:8080/**", "http://127.0.0.1:8080/a/b", true},
	{"http://127.0.0.1:8080/**", "http://127.0.0.1:8081/a/b", false},
	{"http://127.0.0.1:8080/**", "https://127.0.0.1:8080/a/b", false},
	{"HTTP://HOST/*", "http://host/app", true},
	{"http://[::1]:8080/*", "http://[::1]:8080/app", true},
	{"git://host/*", "git://host:9418/app", true},
	{"file:///srv/git/**", "file:///srv/git/app.git", true},
	{"file:///srv/git/*", "file:///srv/git/app", true},
	{"file:///srv/git/*", "file:///srv/gitx/app", false},
	{"file:///srv/git/app.git", "file:///srv/git/app", true},
	/* what cannot be used covers nothing */
	{"", "https://github.com/acme/app", false},
	{"*", "https://github.com/acme/app", false},
	{"**", "https://github.com/acme/app", false},
	{"*/acme/app", "https://github.com/acme/app", false},
	{"github.com/", "https://github.com/acme/app", false},
};

static void test_matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(matches); i++) {
		struct arena arena = ARENA_INIT;
		struct error error = ERROR_INIT;
		struct repository_url url;
		assert_true(repository_url_parse(&arena, str_from(matches[i].url), &url, &error));
		if (repository_pattern_matches(str_from(matches[i].pattern), &url) != matches[i].matches)
			fail_msg("%s, %s: not %d", matches[i].pattern, matches[i].url, matches[i].matches);
		arena_release(&arena);
	}
}

static void test_checks(void **state)
{
	static const struct {
		const char *pattern, *reason; /* NULL: good */
	} cases[] = {
		{"github.com/acme/*", NULL},
		{"github.com/**", NULL},
		{"https://host:8443/*/x", NULL},
		{"file:///srv/**", NULL},
		{"git://[::1]/app", NULL},
		{"", "the pattern is empty"},
		{"github.com", "the path is missing: write HOST/** for everything on a host"},
		{"github.com/", "the pattern ends with a slash"},
		{"https://github.com", "the path is missing"},
		{"*", "no wildcard may stand in the host"},
		{"*.example/app", "no wildcard may stand in the host"},
		{"https://*/app", "no wildcard may stand in the host"},
		{"github.com:8443/acme/*", "a port needs a scheme before it"},
		{"https://github.com:*/app", "the port is no number"},
		{"git@github.com:acme/*", "a pattern names no user: write HOST/PATH"},
		{"ssh://git@github.com/acme/*", "a pattern names no user: write SCHEME://HOST/PATH"},
		{"ftp://host/*", "the scheme is none of"},
		{"/srv/git/*", "the host is missing"},
		{"file://srv/*", "file:// takes no host"},
		{"github.com/acme/../x", "\".\" or \"..\" in the path"},
		{"github.com/acme/...git", "\".\" or \"..\" in the path"},
		{"github.com//x", "an empty segment"},
		{"github.com/a%2fb", "a \"%\" escape that hides"},
		{"github.com/acme/{a,b}", "a character in the path"},
		{"github.com/acme/[ab]", "a character in the path"},
		{"github.com/acme/a?", "a character in the path"},
		{"github.com/acme/ *", "a character in the path"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = ERROR_INIT;
		assert_int_equal(repository_pattern_check(str_from(cases[i].pattern), &error), cases[i].reason == NULL);
		assert_contains(error.message, cases[i].reason ? cases[i].reason : "");
		assert_int_equal(error.kind, cases[i].reason ? ERROR_INVALID : ERROR_NONE);
	}
}

/* Wildcards that would make a backtracking matcher try for years. */
static void test_many_wildcards(void **state)
{
	char text[1000] = "https://host/", pattern[1000] = "host/";
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct repository_url url;
	(void)state;
	memset(text + strlen(text), 'a', 900);
	for (size_t i = 0; i < 200; i++)
		memcpy(pattern + 5 + 3 * i, i % 2 == 0 ? "**a" : "*aa", 3);
	assert_true(repository_url_parse(&arena, str_from(text), &url, &error));
	assert_true(repository_pattern_matches(str_from(pattern), &url));
	pattern[5 + 3 * 200] = 'b';
	assert_false(repository_pattern_matches(str_from(pattern), &url));
	arena_release(&arena);
}

static void test_find(void **state)
{
	struct repository items[] = {{.match = STR("github.com/acme/app")},
	                             {.match = STR("github.com/acme/*")},
	                             {.match = STR("github.com/**")}};
	const struct repositories list = {items, COUNT_OF(items)}, none = {NULL, 0};
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct repository_url url;
	(void)state;
	assert_true(repository_url_parse(&arena, STR("git@github.com:acme/app"), &url, &error));
	assert_ptr_equal(repositories_find(&list, &url), &items[0]);
	assert_null(repositories_find(&none, &url));
	assert_true(repository_url_parse(&arena, STR("https://github.com/acme/b"), &url, &error));
	assert_ptr_equal(repositories_find(&list, &url), &items[1]);
	assert_true(repository_url_parse(&arena, STR("https://example.com/acme/b"), &url, &error));
	assert_null(repositories_find(&list, &url));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good_urls), TEST(test_bad_urls),       TEST(test_lengths), TEST(test_matches),
		TEST(test_checks),    TEST(test_many_wildcards), TEST(test_find),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
