/*
 * The TCP connections that libgit2 talks over, made by us: libgit2's own wait 40 ms at each request, since it writes a
 * request in pieces and leaves Nagle's algorithm on, and they fail where a signal comes in between.
 */
#ifndef POCKETCI_GIT_SOCKET_H
#define POCKETCI_GIT_SOCKET_H

/* For all connections from now on, the ones under TLS too. Returns 0 or libgit2's code. */
int socket_register(void);

#endif
