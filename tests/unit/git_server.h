/*
 * Servers for the upstream of git_fixture.h, on ports of 127.0.0.1 that the kernel gives: git daemon, git http-backend,
 * and an HTTP server that answers what a test wants. They end with the fixture.
 */
#ifndef POCKETCI_TESTS_UNIT_GIT_SERVER_H
#define POCKETCI_TESTS_UNIT_GIT_SERVER_H

#include "git_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Answers one connection, in a process of its own, and ends it. */
typedef void serve_function(int connection, const void *argument);

/* Listens on 127.0.0.1 until the fixture goes. Returns the port. */
static inline unsigned serve(struct git_fixture *fixture, serve_function *function, const void *argument)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(listen(listener, 16), 0);
	assert_true(fixture->server_count < COUNT_OF(fixture->servers));

	pid_t child = fork();
	if (child == 0) {
		setpgid(0, 0);
		signal(SIGCHLD, SIG_IGN);
		for (;;) {
			int connection = accept4(listener, NULL, NULL, 0);
			if (connection >= 0 && fork() == 0) {
				signal(SIGCHLD, SIG_DFL);
				function(connection, argument);
				_exit(0);
			}
			close(connection);
		}
	}
	setpgid(child, child);
	close(listener);
	fixture->servers[fixture->server_count++] = child;
	return ntohs(address.sin_port);
}

static inline void serve_git(int connection, const void *argument)
{
	const char *folder = argument;
	char base[128];
	snprintf(base, sizeof(base), "--base-path=%s", folder);
	dup2(connection, STDIN_FILENO);
	dup2(connection, STDOUT_FILENO);
	execlp("git", "git", "daemon", "--inetd", "--export-all", base, (char *)NULL);
}

/* A request's head, as far as these tests look at it. */
struct http_request {
	char text[8192];
	char method[8], path[512], query[256];
};

static inline void http_read(int connection, struct http_request *request)
{
	size_t len = 0;
	while (len + 1 < sizeof(request->text) && read(connection, request->text + len, 1) == 1)
		if (++len >= 4 && memcmp(request->text + len - 4, "\r\n\r\n", 4) == 0)
			break;
	request->text[len] = '\0';
	request->query[0] = '\0';
	sscanf(request->text, "%7s %511[^? ]?%255[^ ]", request->method, request->path, request->query);
}

static inline void http_header(const struct http_request *request, const char *name, char *value, size_t size)
{
	const char *at = strcasestr(request->text, name);
	value[0] = '\0';
	if (at)
		snprintf(value, size, "%.*s", (int)strcspn(at + strlen(name), "\r"), at + strlen(name));
}

struct http_server {
	const char *folder;        /* with the repositories */
	const char *authorization; /* the value that is wanted, or NULL */
	const char *log;           /* a file for the Authorization of each request, or NULL */
	const char *fixed;         /* this answer to everything, or NULL */
	size_t stall_after;        /* bytes of an answer to a POST after which nothing comes any more; 0: never */
};

static inline void http_write(int connection, const char *text)
{
	if (write(connection, text, strlen(text)) < 0)
		_exit(1);
}

/* git http-backend behind it writes to where *output says. */
static inline void http_backend(const struct http_request *request, const struct http_server *server)
{
	char value[256];
	setenv("GIT_PROJECT_ROOT", server->folder, 1);
	setenv("GIT_HTTP_EXPORT_ALL", "1", 1);
	setenv("REQUEST_METHOD", request->method, 1);
	setenv("PATH_INFO", request->path, 1);
	setenv("QUERY_STRING", request->query, 1);
	setenv("REMOTE_ADDR", "127.0.0.1", 1);
	http_header(request, "\r\nContent-Type: ", value, sizeof(value));
	setenv("CONTENT_TYPE", value, 1);
	http_header(request, "\r\nContent-Length: ", value, sizeof(value));
	if (value[0] != '\0')
		setenv("CONTENT_LENGTH", value, 1);
	execlp("git", "git", "http-backend", (char *)NULL);
}

static inline void stall(int connection, size_t after)
{
	char byte;
	while (after-- > 0 && read(STDIN_FILENO, &byte, 1) == 1)
		if (write(connection, &byte, 1) != 1)
			break;
	for (;;)
		pause();
}

static inline void serve_http(int connection, const void *argument)
{
	const struct http_server *server = argument;
	struct http_request request;
	char authorization[256];
	http_read(connection, &request);
	http_header(&request, "\r\nAuthorization: ", authorization, sizeof(authorization));
	if (server->log) {
		int log = open(server->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		dprintf(log, "%s\n", authorization);
		close(log);
	}
	if (server->fixed) {
		http_write(connection, server->fixed);
		return;
	}
	if (server->authorization && strcmp(authorization, server->authorization) != 0) {
		http_write(connection, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
		                       "Content-Length: 0\r\nConnection: close\r\n\r\n");
		return;
	}
	int ends[2] = {-1, -1};
	if (server->stall_after > 0 && strcmp(request.method, "POST") == 0 && pipe(ends) == 0 && fork() > 0) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[1]);
		stall(connection, server->stall_after);
	}
	/* Its head has a Status line only where something is wrong, which these tests do not ask it. */
	dup2(ends[1] >= 0 ? ends[1] : connection, STDOUT_FILENO);
	dup2(connection, STDIN_FILENO);
	http_write(STDOUT_FILENO, "HTTP/1.1 200 OK\r\nConnection: close\r\n");
	http_backend(&request, server);
}

static inline struct repository_url url_by_git(struct git_fixture *fixture)
{
	return url_from(fixture, "git://127.0.0.1:%u/up.git", serve(fixture, serve_git, fixture->folder));
}

/* The server has a copy of the description, since it is another process. */
static inline struct repository_url url_by_http(struct git_fixture *fixture, const struct http_server *server)
{
	return url_from(fixture, "http://127.0.0.1:%u/up.git", serve(fixture, serve_http, server));
}

#endif
