/*
 * gateway/listen.h: the ways to a socket, and what is never removed or taken from somebody else. Cases that need a
 * descriptor 0 or 3 of their own run in a process of their own.
 */
#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/file.h"
#include "config/config.h"
#include "gateway/listen.h"

static char folder[64];
static char path[100];

static int enter_folder(void **state)
{
	(void)state;
	make_temporary_folder(folder);
	snprintf(path, sizeof(path), "%s/socket", folder);
	umask(022);
	return 0;
}

static int leave_folder(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	return !file_remove_tree(folder, &error);
}

static struct config config_with_socket(const char *socket)
{
	struct config config = {0};
	config.socket = str_from(socket);
	config.socket_mode = 0660;
	return config;
}

static bool connects(const char *to)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", to);
	bool connected = connect(client, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(client);
	return connected;
}

/* A socket file whose server was killed. */
static void make_stale(const char *at)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", at);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	close(server);
}

static bool exists(const char *name)
{
	struct stat found;
	return lstat(name, &found) == 0;
}

static mode_t mode_of(const char *name)
{
	struct stat found;
	assert_int_equal(lstat(name, &found), 0);
	return found.st_mode & 07777;
}

static void assert_ready(int descriptor)
{
	assert_true(descriptor > 2);
	assert_true(listen_is_listening(descriptor));
	assert_true(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(descriptor, F_GETFL) & O_NONBLOCK);
}

static void assert_refused(const struct config *config, enum error_kind kind, const char *part)
{
	struct error error = ERROR_INIT;
	struct listener listener;
	assert_false(listen_open(config, &listener, &error));
	assert_int_equal(error.kind, kind);
	assert_contains(error.message, part);
	assert_int_equal(listener.descriptor, -1);
}

/* --- A file --- */

static void test_file(void **state)
{
	struct config config = config_with_socket(path);
	struct error error = ERROR_INIT;
	struct listener listener;
	(void)state;
	assert_true(listen_open(&config, &listener, &error));
	assert_ready(listener.descriptor);
	assert_string_equal(listener.where, path);
	assert_int_equal(mode_of(path), 0660);
	assert_true(connects(path));
	assert_int_equal(umask(022), 022);
	listen_close(&listener);
	assert_false(exists(path));
	listen_close(&listener); /* nothing left to do */
}

static void test_file_access(void **state)
{
	struct config config = config_with_socket(path);
	struct error error = ERROR_INIT;
	struct listener listener;
	struct stat found;
	char group[32];
	(void)state;
	snprintf(group, sizeof(group), "%u", (unsigned)getgid());
	config.socket_mode = 0600;
	config.socket_group = str_from(group);
	assert_true(listen_open(&config, &listener, &error));
	assert_int_equal(mode_of(path), 0600);
	listen_close(&listener);

	config.socket_owner = STR("no-such-user");
	assert_refused(&config, ERROR_INVALID, "socket-owner: there is no user \"no-such-user\"");
	assert_false(exists(path));
	config.socket_owner = STR("");
	config.socket_group = STR("no-such-group");
	assert_refused(&config, ERROR_INVALID, "socket-group: there is no group \"no-such-group\"");

	if (geteuid() != 0)
		return;
	config.socket_owner = STR("nobody");
	config.socket_group = STR("nogroup");
	assert_true(listen_open(&config, &listener, &error));
	assert_int_equal(lstat(path, &found), 0);
	assert_int_equal(found.st_uid, 65534);
	assert_int_equal(found.st_gid, getgrnam("nogroup")->gr_gid);
	listen_close(&listener);
}

static void test_stale_file_is_replaced(void **state)
{
	struct config config = config_with_socket(path);
	struct error error = ERROR_INIT;
	struct listener listener;
	(void)state;
	make_stale(path);
	assert_false(connects(path));
	assert_true(listen_open(&config, &listener, &error));
	assert_true(connects(path));
	listen_close(&listener);
}

static void test_served_file_is_left(void **state)
{
	struct config config = config_with_socket(path);
	struct error error = ERROR_INIT;
	struct listener first;
	(void)state;
	assert_true(listen_open(&config, &first, &error));
	assert_refused(&config, ERROR_BUSY, "already served by another process");
	assert_true(connects(path));

	/* Its queue may be full: still served. */
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int clients[8], full = 0;
	assert_int_equal(listen(first.descriptor, 1), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		full += connect(clients[i], (struct sockaddr *)&address, sizeof(address)) != 0;
	}
	assert_true(full > 0);
	assert_refused(&config, ERROR_BUSY, "already served by another process");
	for (size_t i = 0; i < COUNT_OF(clients); i++)
		close(clients[i]);
	listen_close(&first);
}

static void test_what_is_no_socket_is_left(void **state)
{
	struct config config = config_with_socket(path);
	struct error error = ERROR_INIT;
	char target[100];
	(void)state;
	assert_true(file_create(path, STR("precious"), 0600, &error));
	assert_refused(&config, ERROR_INVALID, "exists and is no socket");
	assert_true(exists(path));
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(&config, ERROR_INVALID, "exists and is no socket");
	rmdir(path);
	snprintf(target, sizeof(target), "%s/target", folder);
	make_stale(target);
	assert_int_equal(symlink(target, path), 0);
	assert_refused(&config, ERROR_INVALID, "exists and is no socket");
	assert_true(exists(target));
}

static void test_paths_that_cannot_be(void **state)
{
	char text[400];
	struct config config;
	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '/';
	text[108] = '\0'; /* sun_path has 108 bytes, one of them for the NUL */
	config = config_with_socket(text);
	assert_refused(&config, ERROR_INVALID, "the socket's path has 108 bytes; the system allows 107");
	config.socket = (struct str){"/tmp/a\0b", 8};
	assert_refused(&config, ERROR_INVALID, "NUL");
	snprintf(text, sizeof(text), "%s/none/socket", folder);
	config = config_with_socket(text);
	assert_refused(&config, ERROR_SYSTEM, "No such file or directory");
}

/* 107 bytes fit. */
static void test_longest_path(void **state)
{
	struct error error = ERROR_INIT;
	struct listener listener;
	char text[108];
	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, folder, strlen(folder));
	text[strlen(folder)] = '/';
	text[107] = '\0';
	struct config config = config_with_socket(text);
	assert_true(listen_open(&config, &listener, &error));
	assert_true(connects(text));
	assert_string_equal(listener.where, text);
	listen_close(&listener);
	assert_false(exists(text));
}

/* Somebody removed our file and put another in its place: not ours to remove. */
static void test_close_removes_only_its_own(void **state)
{
	struct config config = config_with_socket(path);
	struct error error = ERROR_INIT;
	struct listener old, new;
	(void)state;
	assert_true(listen_open(&config, &old, &error));
	assert_int_equal(unlink(path), 0);
	assert_true(listen_open(&config, &new, &error));
	listen_close(&old);
	assert_true(connects(path));
	listen_close(&new);
	assert_false(exists(path));
}

/* --- A port --- */

static int free_port(int family)
{
	struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
	socklen_t size = sizeof(address);
	int probe = socket(family, SOCK_STREAM, 0);
	if (probe < 0 || bind(probe, (struct sockaddr *)&address, sizeof(address)) != 0)
		return -1;
	getsockname(probe, (struct sockaddr *)&address, &size);
	close(probe);
	return ntohs(((struct sockaddr_in *)&address)->sin_port); /* at the same place for IPv6 */
}

static void test_port(void **state)
{
	struct config config = {.port = free_port(AF_INET)};
	struct error error = ERROR_INIT;
	struct listener listener;
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	char where[64];
	(void)state;
	assert_true(listen_open(&config, &listener, &error));
	assert_ready(listener.descriptor);
	assert_int_equal(getsockname(listener.descriptor, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(ntohl(address.sin_addr.s_addr), INADDR_LOOPBACK); /* nobody else's unless asked for */
	assert_int_equal(ntohs(address.sin_port), config.port);
	snprintf(where, sizeof(where), "127.0.0.1:%d", (int)config.port);
	assert_string_equal(listener.where, where);
	assert_refused(&config, ERROR_SYSTEM, "Address already in use");

	/* A child that still has the descriptor does not keep the port. */
	int child = dup(listener.descriptor);
	listen_close(&listener);
	assert_false(listen_is_listening(child));
	assert_true(listen_open(&config, &listener, &error));
	listen_close(&listener);
	close(child);

	config.ip = STR("localhost");
	assert_refused(&config, ERROR_INVALID, "\"localhost\" is no IP address");
}

static void test_port_of_ipv6(void **state)
{
	int port = free_port(AF_INET6);
	struct config config = {.ip = STR("::1"), .port = port};
	struct error error = ERROR_INIT;
	struct listener listener;
	char where[64];
	(void)state;
	if (port < 0)
		skip();
	if (!listen_open(&config, &listener, &error) && strstr(error.message, "Cannot assign") != NULL)
		skip();
	snprintf(where, sizeof(where), "[::1]:%d", port);
	assert_string_equal(listener.where, where);
	listen_close(&listener);
}

/* --- Descriptors that are handed over --- */

static int unix_listener(const char *at)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", at);
	bind(server, (struct sockaddr *)&address, sizeof(address));
	listen(server, 5);
	return server;
}

struct handover {
	int descriptor; /* where the listener is; -1: none */
	bool listens;   /* there is a listener at all, not some other file */
	const char *pid, *count; /* LISTEN_PID ("" is ours), LISTEN_FDS */
	const char *expected; /* where, or a part of the error */
};

static void arrange(const struct handover *handover)
{
	char pid[32];
	close(STDIN_FILENO);
	open("/dev/null", O_RDONLY);
	close_range(3, ~0U, 0);
	int listener = handover->listens ? unix_listener(path) : open("/dev/null", O_RDONLY);
	if (handover->descriptor >= 0 && handover->descriptor != listener)
		dup2(listener, handover->descriptor);
	if (handover->descriptor != listener)
		close(listener);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (handover->pid != NULL)
		setenv("LISTEN_PID", handover->pid[0] != '\0' ? handover->pid : pid, 1);
	if (handover->count != NULL)
		setenv("LISTEN_FDS", handover->count, 1);
	setenv("LISTEN_FDNAMES", "pocketci.socket", 1);
}

static int take_over(void *argument)
{
	const struct handover *handover = argument;
	struct config config = {0};
	struct error error = ERROR_INIT;
	struct listener listener;
	struct stat input, null;
	arrange(handover);
	bool opened = listen_open(&config, &listener, &error);
	if (strstr(opened ? listener.where : error.message, handover->expected) == NULL) {
		fprintf(stderr, "# %s\n", opened ? listener.where : error.message);
		return 1;
	}
	if (getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDS") != NULL || getenv("LISTEN_FDNAMES") != NULL)
		return 2;
	if (fstat(STDIN_FILENO, &input) != 0 || stat("/dev/null", &null) != 0 || input.st_rdev != null.st_rdev)
		return 3;
	if (!opened)
		return listener.descriptor == -1 ? 0 : 4;
	if (listener.descriptor < 3 || !listen_is_listening(listener.descriptor) ||
	    (fcntl(listener.descriptor, F_GETFD) & FD_CLOEXEC) == 0 ||
	    (fcntl(listener.descriptor, F_GETFL) & O_NONBLOCK) == 0)
		return 5;
	listen_close(&listener);
	return exists(path) ? 0 : 6; /* whoever handed it over goes on with it */
}

static void test_handover(void **state)
{
	static struct handover cases[] = {
		{0, true, NULL, NULL, "descriptor 0"},
		{3, true, "", "1", "descriptor 3"},
		{3, true, "1", "1", "no socket to listen on"}, /* for another process */
		{0, true, "1", "1", "descriptor 0"},
		{3, true, NULL, "1", "no socket to listen on"},
		{3, true, "", NULL, "hands over no sockets"},
		{3, true, "", "2", "hands over 2 sockets; one is wanted"},
		{3, true, "", "x", "hands over x sockets; one is wanted"},
		{3, false, "", "1", "descriptor 3 was handed over and is no listening socket"},
		{0, false, NULL, NULL, "no socket to listen on"},
		{-1, true, NULL, NULL, "no socket to listen on: give -socket PATH"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unlink(path);
		assert_int_equal(status_in_child(take_over, &cases[i]), 0);
	}
}

int main(void)
{
#define IN_FOLDER(function) cmocka_unit_test_setup_teardown(function, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_file),
		IN_FOLDER(test_file_access),
		IN_FOLDER(test_stale_file_is_replaced),
		IN_FOLDER(test_served_file_is_left),
		IN_FOLDER(test_what_is_no_socket_is_left),
		IN_FOLDER(test_paths_that_cannot_be),
		IN_FOLDER(test_longest_path),
		IN_FOLDER(test_close_removes_only_its_own),
		IN_FOLDER(test_port),
		IN_FOLDER(test_port_of_ipv6),
		IN_FOLDER(test_handover),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
