/*
 * The socket that the web server connects to: systemd's descriptor 3, descriptor 0 as spawn-fcgi and mod_fcgid hand it
 * over, or our own.
 */
#ifndef POCKETCI_GATEWAY_LISTEN_H
#define POCKETCI_GATEWAY_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct config;
struct error;

struct listener {
	int descriptor;                                         /* non-blocking, close-on-exec, above 2 */
	bool ours;                                              /* not handed over: nobody else is to go on with it */
	char file[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* the socket file that we made; empty: none */
	dev_t device; /* which file that was, so that nobody else's is removed */
	ino_t inode;
	char where[160]; /* for the log: "/run/pocketci.sock", "127.0.0.1:9000", "descriptor 3" */
};

/*
 * Opens it; false and an error. In this order: -socket where given; -ip and -port where one of them is given (127.0.0.1
 * and 9000 stand in for the other); descriptor 3 where LISTEN_PID is us and LISTEN_FDS is 1 (these variables are then
 * removed); descriptor 0 where it listens. Descriptor 0 is /dev/null afterwards. A socket file that nobody answers on
 * is replaced; one that is served is an error, and so is a path that is no socket.
 */
bool listen_open(const struct config *config, struct listener *listener, struct error *error);

/*
 * Closes the descriptor, and removes the socket file where it is still the one that we made. A socket of our own takes no
 * new connection from then on, even where children still hold it.
 */
void listen_close(struct listener *listener);

/* Whether a descriptor is a socket that listens. */
bool listen_is_listening(int descriptor);

#endif
