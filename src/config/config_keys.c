/*
 * The table of pocketci.yaml and of the flags: a key is here and nowhere else. The flags' names are the reference's
 * where it has them.
 */
#include "config/config.h"

#include "config/config_read.h"

#define FIELD(name) .offset = offsetof(struct config, name)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define GIB ((int64_t)1024 * 1024 * 1024)
#define TLS_IN_FRONT "the web server in front of pocketci does TLS; INSTALL shows how"

/* clang-format off */

static const struct key limit_keys[] = {
	{.name = "body", .flag = "limit-body", .argument = "SIZE", .type = KEY_SIZE, FIELD(limits.body),
	 .minimum = 1, .maximum = GIB,
	 .summary = "the largest request body; a larger one is refused with 413 (default 25MiB)"},
	{.name = "output", .flag = "limit-output", .argument = "SIZE", .type = KEY_SIZE, FIELD(limits.output),
	 .minimum = 1, .maximum = 2 * GIB,
	 .summary = "how much of a command's output one reply keeps (default 100MiB)"},
};

static const char *const log_formats[] = {"text", "json", NULL};

const struct key config_keys[] = {
	/* What is served. */
	{.name = "hooks", .flag = "hooks", .argument = "FILE", .type = KEY_TEXT_LIST,
	 FIELD(hooks), .path = true, .many = true,
	 .summary = "a file of hooks, YAML or JSON; many may be given"},
	{.name = "hotreload", .flag = "hotreload", .type = KEY_BOOL, FIELD(hotreload),
	 .summary = "accepted; files of hooks are always watched"},
	{.name = "template", .flag = "template", .type = KEY_BOOL, FIELD(template),
	 .summary = "files of hooks are templates first, as in Go's text/template: hooks.yaml(5) tells"},
	{.name = "urlprefix", .flag = "urlprefix", .argument = "PREFIX", .type = KEY_TEXT, FIELD(url_prefix),
	 .check = config_check_url_prefix,
	 .summary = "the first part of the hooks' URLs: /PREFIX/ID (default hooks)"},
	{.name = "http-methods", .flag = "http-methods", .argument = "METHODS", .type = KEY_TEXT_LIST,
	 FIELD(http_methods),
	 .commas = true,
	 .summary = "methods allowed where a hook says nothing, separated by commas (default all)"},
	{.name = "header", .flag = "header", .argument = "NAME=VALUE", .type = KEY_CUSTOM,
	 .read = config_read_headers, .many = true,
	 .summary = "a header of every response; many may be given, in the file as a list of {name, value}"},
	{.name = "base-url", .flag = "base-url", .argument = "URL", .type = KEY_TEXT, FIELD(base_url),
	 .check = config_check_base_url,
	 .summary = "the URL under which people reach this server, for links to runs"},
	{.name = "repositories", .type = KEY_CUSTOM, FIELD(repositories), .read = config_read_repositories,
	 .summary = "the repositories that may be checked out: a list of {match, token, username, ssh-key, secret}"},
	{.name = "secrets", .type = KEY_CUSTOM, FIELD(secrets), .read = config_read_secrets,
	 .summary = "secrets that hooks may name: NAME: {env, file or credential}"},

	/* Where it is served, and by whom. */
	{.name = "socket", .flag = "socket", .argument = "PATH", .type = KEY_TEXT, FIELD(socket), .path = true,
	 .summary = "the Unix socket for the web server's FastCGI requests"},
	{.name = "socket-mode", .flag = "socket-mode", .argument = "MODE", .type = KEY_MODE, FIELD(socket_mode),
	 .summary = "the socket's mode (default 0660)"},
	{.name = "socket-owner", .flag = "socket-owner", .argument = "USER", .type = KEY_TEXT, FIELD(socket_owner),
	 .summary = "the socket's owner"},
	{.name = "socket-group", .flag = "socket-group", .argument = "GROUP", .type = KEY_TEXT, FIELD(socket_group),
	 .summary = "the socket's group, such as the web server's"},
	{.name = "ip", .flag = "ip", .argument = "ADDRESS", .type = KEY_TEXT, FIELD(ip),
	 .summary = "the address for FastCGI requests over TCP (default 127.0.0.1)"},
	{.name = "port", .flag = "port", .argument = "NUMBER", .type = KEY_NUMBER,
	 FIELD(port), .minimum = 0, .maximum = 65535,
	 .summary = "the port for FastCGI requests over TCP"},
	{.name = "children", .flag = "children", .argument = "MIN,MAX", .type = KEY_CUSTOM,
	 .read = config_read_children,
	 .summary = "how many requests are served at once: processes kept, and at most (default 4,32)"},
	{.name = "setuid", .flag = "setuid", .argument = "UID", .type = KEY_NUMBER, FIELD(setuid),
	 .minimum = 0, .maximum = UINT32_MAX - 1LL,
	 .summary = "the user to become once the socket is open; only together with setgid"},
	{.name = "setgid", .flag = "setgid", .argument = "GID", .type = KEY_NUMBER, FIELD(setgid),
	 .minimum = 0, .maximum = UINT32_MAX - 1LL,
	 .summary = "the group to become once the socket is open; only together with setuid"},
	{.name = "pidfile", .flag = "pidfile", .argument = "FILE", .type = KEY_TEXT, FIELD(pidfile), .path = true,
	 .summary = "where to write the process id"},
	{.name = "trusted-proxies", .flag = "trusted-proxies", .argument = "RANGES", .type = KEY_TEXT_LIST,
	 FIELD(trusted_proxies),
	 .commas = true, .check = config_check_address_range,
	 .summary = "addresses or ranges whose X-Forwarded-For is believed, separated by commas"},

	/* What it does. */
	{.name = "state", .flag = "state", .argument = "FOLDER", .type = KEY_TEXT, FIELD(state), .path = true,
	 .summary = "mirrors, workspaces and logs (default /var/lib/pocketci, else ~/.local/state/pocketci)"},
	{.name = "program", .flag = "program", .argument = "FILE", .type = KEY_TEXT, FIELD(program), .path = true,
	 .summary = "the program pocketci (default: beside this one, else where it was installed)"},
	{.name = "async", .flag = "async", .type = KEY_BOOL, FIELD(async),
	 .summary = "answer deliveries for hooks of a repository with 202 at once"},
	{.name = "proxy-async", .flag = "proxy-async", .type = KEY_BOOL, FIELD(async),
	 .summary = "the same"},
	{.name = "timeout", .flag = "timeout", .argument = "TIME", .type = KEY_DURATION, FIELD(timeout),
	 .minimum = 1, .maximum = INT64_MAX,
	 .summary = "how long a run may take whose hook says nothing, or none (default 1h)"},
	{.name = "stop-grace", .flag = "stop-grace", .argument = "TIME", .type = KEY_DURATION, FIELD(stop_grace),
	 .summary = "how long a command has between TERM and KILL (default 10s)"},
	{.name = "request-timeout", .flag = "request-timeout", .argument = "TIME", .type = KEY_DURATION,
	 FIELD(request_timeout),
	 .minimum = 1, .maximum = INT64_MAX,
	 .summary = "how long a request may take to arrive (default 60s)"},
	{.name = "limits", .type = KEY_MAP, .keys = limit_keys, .key_count = COUNT(limit_keys),
	 .summary = "sizes: {body, output}"},
	{.name = "max-multipart-mem", .flag = "max-multipart-mem", .argument = "SIZE", .type = KEY_SIZE,
	 FIELD(max_multipart_mem),
	 .summary = "how much of a multipart body is kept in memory (default 1MiB)"},

	/* What it tells. */
	{.name = "verbose", .flag = "verbose", .type = KEY_BOOL, FIELD(verbose),
	 .summary = "log each request and run"},
	{.name = "debug", .flag = "debug", .type = KEY_BOOL, FIELD(debug),
	 .summary = "log more, for those who look for a fault"},
	{.name = "logfile", .flag = "logfile", .argument = "FILE", .type = KEY_TEXT, FIELD(logfile), .path = true,
	 .summary = "the log, instead of standard error; implies verbose"},
	{.name = "log-format", .flag = "log-format", .argument = "FORMAT", .type = KEY_TEXT, FIELD(log_format),
	 .words = log_formats,
	 .summary = "text (the default), or json: each line of the log an object"},
	{.name = "x-request-id", .flag = "x-request-id", .type = KEY_BOOL, FIELD(request_id_from_header),
	 .summary = "take a request's id from its header X-Request-Id, if it has one"},
	{.name = "x-request-id-limit", .flag = "x-request-id-limit", .argument = "NUMBER", .type = KEY_NUMBER,
	 FIELD(request_id_limit),
	 .minimum = 0, .maximum = INT32_MAX,
	 .summary = "cut X-Request-Id to so many characters (default 0: no limit)"},
	{.name = "nopanic", .flag = "nopanic", .type = KEY_BOOL, FIELD(nopanic),
	 .summary = "start although files of hooks cannot be loaded"},

	/* The reference's, which are the web server's here. */
	{.name = "secure", .flag = "secure", .type = KEY_REFUSED, .summary = TLS_IN_FRONT},
	{.name = "cert", .flag = "cert", .argument = "FILE", .type = KEY_REFUSED, .summary = TLS_IN_FRONT},
	{.name = "key", .flag = "key", .argument = "FILE", .type = KEY_REFUSED, .summary = TLS_IN_FRONT},
	{.name = "tls-min-version", .flag = "tls-min-version", .argument = "VERSION", .type = KEY_REFUSED,
	 .summary = TLS_IN_FRONT},
	{.name = "cipher-suites", .flag = "cipher-suites", .argument = "SUITES", .type = KEY_REFUSED,
	 .summary = TLS_IN_FRONT},
	{.name = "list-cipher-suites", .flag = "list-cipher-suites", .type = KEY_REFUSED, .summary = TLS_IN_FRONT},
};

/* clang-format on */

const size_t config_key_count = COUNT(config_keys);
