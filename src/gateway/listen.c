/*
 * Opening the socket that the web server connects to. Whatever way it comes in, it ends as a descriptor above 2 that is
 * non-blocking and close-on-exec; and a file is removed only where nobody answers on it and it is a socket.
 */
#include "gateway/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/number.h"
#include "config/config.h"

#define SYSTEMD_DESCRIPTOR 3 /* sd_listen_fds(3) */
#define DEFAULT_PORT 9000    /* what FastCGI servers listen on by custom */
#define UNCHANGED ((id_t)-1)

bool listen_is_listening(int descriptor)
{
	int listening = 0;
	socklen_t size = sizeof(listening);
	return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

/* --- A socket file of our own --- */

static bool make_address(struct str path, struct sockaddr_un *address, struct error *error)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (path.len >= sizeof(address->sun_path))
		return error_set(error, ERROR_INVALID, "the socket's path has %zu bytes; the system allows %zu: %.*s",
		                 path.len, sizeof(address->sun_path) - 1, STR_ARGS(path));
	if (str_has_nul(path))
		return error_set(error, ERROR_INVALID, "the socket's path holds a NUL byte");
	memcpy(address->sun_path, path.data, path.len);
	return true;
}

/* 0, or the errno value of a connection to it. A full queue of a server that is busy is EAGAIN. */
static int try_to_connect(const struct sockaddr_un *address)
{
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return errno;
	int number = connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	close(probe);
	return number;
}

/* Makes room for our socket file where a server that is gone has left one. */
static bool remove_stale(const struct sockaddr_un *address, struct error *error)
{
	const char *path = address->sun_path;
	struct stat there;
	if (lstat(path, &there) != 0)
		return errno == ENOENT || error_set_system(error, errno, "cannot look at the socket %s", path);
	if (!S_ISSOCK(there.st_mode))
		return error_set(error, ERROR_INVALID, "%s exists and is no socket; it is left alone", path);

	int number = try_to_connect(address);
	if (number == 0 || number == EAGAIN)
		return error_set(error, ERROR_BUSY, "the socket %s is already served by another process", path);
	if (number != ECONNREFUSED && number != ENOENT)
		return error_set_system(error, number, "cannot tell whether the socket %s is served", path);
	if (unlink(path) != 0 && errno != ENOENT)
		return error_set_system(error, errno, "cannot remove the socket %s that nobody serves", path);
	return true;
}

/* A user's or group's name, or its number. */
static bool find_id(struct str name, bool group, id_t *id, struct error *error)
{
	char text[256];
	snprintf(text, sizeof(text), "%.*s", STR_ARGS(name));
	const struct passwd *user_entry = group ? NULL : getpwnam(text);
	const struct group *group_entry = group ? getgrnam(text) : NULL;
	uint64_t number;

	if (user_entry != NULL)
		*id = user_entry->pw_uid;
	else if (group_entry != NULL)
		*id = group_entry->gr_gid;
	else if (number_parse_unsigned(name, 0, UNCHANGED - 1, &number))
		*id = (id_t)number;
	else
		return error_set(error, ERROR_INVALID, "socket-%s: there is no %s \"%s\"", group ? "group" : "owner",
		                 group ? "group" : "user", text);
	return true;
}

/* The file was made for its owner alone (umask); the mode opens it last. */
static bool give_access(const struct config *config, const char *path, struct error *error)
{
	id_t owner = UNCHANGED, group = UNCHANGED;

	if (config->socket_owner.len > 0 && !find_id(config->socket_owner, false, &owner, error))
		return false;
	if (config->socket_group.len > 0 && !find_id(config->socket_group, true, &group, error))
		return false;
	if ((owner != UNCHANGED || group != UNCHANGED) && lchown(path, owner, group) != 0)
		return error_set_system(error, errno, "cannot give the socket %s to its owner and group", path);
	if (chmod(path, config->socket_mode) != 0)
		return error_set_system(error, errno, "cannot set the mode of the socket %s", path);
	return true;
}

static bool bind_file(struct listener *listener, const struct sockaddr_un *address, struct error *error)
{
	struct stat made;
	mode_t before = umask(0177);
	int result = bind(listener->descriptor, (const struct sockaddr *)address, sizeof(*address));
	int number = errno;
	umask(before);
	if (result != 0)
		return error_set_system(error, number, "cannot make the socket %s", address->sun_path);

	memcpy(listener->file, address->sun_path, sizeof(listener->file));
	if (lstat(listener->file, &made) != 0)
		return error_set_system(error, errno, "cannot look at the socket %s", listener->file);
	listener->device = made.st_dev;
	listener->inode = made.st_ino;
	if (listen(listener->descriptor, SOMAXCONN) != 0)
		return error_set_system(error, errno, "cannot listen on the socket %s", listener->file);
	return true;
}

/*
 * Of several responders that start at once on one path, one at a time: a socket that another has bound and does not listen on yet
 * looks as if nobody served it. The lock is on the folder, so no file is left of it. -1 and an error.
 */
static int lock_folder_of(const struct sockaddr_un *address, struct error *error)
{
	char path[sizeof(address->sun_path)];
	memcpy(path, address->sun_path, sizeof(path));
	const char *folder = dirname(path);
	int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0) {
		error_set_system(error, errno, "cannot open the folder %s of the socket", folder);
		return -1;
	}
	while (flock(lock, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		error_set_system(error, errno, "cannot lock the folder %s of the socket", folder);
		file_close(&lock);
		break;
	}
	return lock;
}

static bool open_file(const struct config *config, struct listener *listener, struct error *error)
{
	struct sockaddr_un address;
	bool opened = false;

	if (!make_address(config->socket, &address, error))
		return false;
	snprintf(listener->where, sizeof(listener->where), "%s", address.sun_path);
	int lock = lock_folder_of(&address, error);
	if (lock < 0 || !remove_stale(&address, error))
		goto cleanup;
	listener->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->descriptor < 0)
		error_set_system(error, errno, "cannot make a socket");
	else
		opened = bind_file(listener, &address, error) && give_access(config, listener->file, error);

cleanup:
	file_close(&lock);
	return opened;
}

/* --- An address and port of our own --- */

static bool open_port(const struct config *config, struct listener *listener, struct error *error)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
	                               .ai_socktype = SOCK_STREAM};
	struct addrinfo *address = NULL;
	char ip[64], port[32];

	snprintf(ip, sizeof(ip), "%.*s", STR_ARGS(config->ip.len > 0 ? config->ip : STR("127.0.0.1")));
	snprintf(port, sizeof(port), "%lld", (long long)(config->port > 0 ? config->port : DEFAULT_PORT));
	bool six = strchr(ip, ':') != NULL;
	snprintf(listener->where, sizeof(listener->where), "%s%s%s:%s", six ? "[" : "", ip, six ? "]" : "", port);
	if (getaddrinfo(ip, port, &hints, &address) != 0)
		return error_set(error, ERROR_INVALID, "ip: \"%s\" is no IP address", ip);

	int number = 0;
	listener->descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->descriptor < 0 ||
	    setsockopt(listener->descriptor, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) != 0 ||
	    bind(listener->descriptor, address->ai_addr, address->ai_addrlen) != 0 ||
	    listen(listener->descriptor, SOMAXCONN) != 0)
		number = errno;
	freeaddrinfo(address);
	return number == 0 || error_set_system(error, number, "cannot listen on %s", listener->where);
}

/* --- A descriptor that somebody handed over --- */

/* Moves it above 2, so that it is in nobody's way: /dev/null takes the place of descriptor 0. */
static bool take_over(int descriptor, struct listener *listener, struct error *error)
{
	snprintf(listener->where, sizeof(listener->where), "descriptor %d", descriptor);
	if (!listen_is_listening(descriptor))
		return error_set(error, ERROR_INVALID, "descriptor %d was handed over and is no listening socket",
		                 descriptor);
	listener->descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
	if (listener->descriptor < 0)
		return error_set_system(error, errno, "cannot take over descriptor %d", descriptor);
	close(descriptor);
	return file_set_nonblocking(listener->descriptor, error);
}

static bool open_systemd(struct listener *listener, struct error *error)
{
	const char *count = getenv("LISTEN_FDS");
	uint64_t number = 0;

	if (count == NULL || !number_parse_unsigned(str_from(count), 1, 1, &number))
		return error_set(error, ERROR_INVALID, "systemd hands over %s sockets; one is wanted",
		                 count != NULL ? count : "no");
	return take_over(SYSTEMD_DESCRIPTOR, listener, error);
}

/* LISTEN_PID says for whom the descriptors are: whoever starts us may have inherited the variables. */
static bool is_for_us(void)
{
	const char *text = getenv("LISTEN_PID");
	uint64_t pid = 0;
	return text != NULL && number_parse_unsigned(str_from(text), 1, INT32_MAX, &pid) && (pid_t)pid == getpid();
}

static void forget_systemd(void)
{
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

/* --- Which of them --- */

static bool open_one(const struct config *config, struct listener *listener, struct error *error)
{
	listener->ours = config->socket.len > 0 || config->ip.len > 0 || config->port > 0;
	if (config->socket.len > 0)
		return open_file(config, listener, error);
	if (listener->ours)
		return open_port(config, listener, error);
	if (is_for_us())
		return open_systemd(listener, error);
	if (listen_is_listening(STDIN_FILENO))
		return take_over(STDIN_FILENO, listener, error);
	return error_set(error, ERROR_INVALID,
	                 "no socket to listen on: give -socket PATH (or socket: in pocketci.yaml), "
	                 "or start it by systemd, spawn-fcgi or mod_fcgid");
}

static void occupy_standard_input(void)
{
	int null = open("/dev/null", O_RDONLY);
	if (null > STDIN_FILENO) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
}

bool listen_open(const struct config *config, struct listener *listener, struct error *error)
{
	*listener = (struct listener){.descriptor = -1};
	bool opened = open_one(config, listener, error);
	forget_systemd();
	occupy_standard_input();
	if (!opened)
		listen_close(listener);
	return opened;
}

void listen_close(struct listener *listener)
{
	struct stat there;

	/* A port that a busy child holds for an hour could not be taken by the next server. */
	if (listener->ours && listener->descriptor >= 0 && listener->file[0] == '\0')
		shutdown(listener->descriptor, SHUT_RDWR);
	file_close(&listener->descriptor);
	if (listener->file[0] == '\0')
		return;
	if (lstat(listener->file, &there) == 0 && there.st_dev == listener->device && there.st_ino == listener->inode)
		unlink(listener->file);
	listener->file[0] = '\0';
}
