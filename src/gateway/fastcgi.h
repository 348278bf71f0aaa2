/*
 * FastCGI by libfcgi's FCGX interface; its only caller.
 *
 * We accept connections ourselves and hand each to FCGX_Accept_r as the connection that is already open (ipcFd, with
 * keepConnection set so that it is not closed at once): then it is close-on-exec, has a deadline before the first byte
 * is read, and libfcgi's accept, which spins after a signal, is never entered. The connection is closed after each
 * request, even where the web server asks to keep it: kept ones pin a child each.
 *
 * One request at a time in a process: the deadline for reading is kept by SIGALRM, whose handler finds the connection
 * in a variable of this file, and shuts it down for reading.
 */
#ifndef POCKETCI_GATEWAY_FASTCGI_H
#define POCKETCI_GATEWAY_FASTCGI_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct error;
struct exchange;

/* Once a process, before children fork. Undoes libfcgi's own signal handlers: SIGPIPE is ignored afterwards. */
bool fastcgi_start(struct error *error);

/*
 * Takes the next connection of a non-blocking listener and reads the request's parameters. NULL without an error: no
 * connection was there any more (another child took it). NULL with one: ERROR_SYSTEM where no connection can be taken
 * at all; ERROR_TIMEOUT or ERROR_INVALID where this one sent no whole request in request_timeout ms (-1: no limit),
 * broke, or asks for another role: it is closed. The exchange lives until fastcgi_finish; its body must come before
 * the same deadline. A web server that takes no byte of the response for request_timeout is gone.
 */
struct exchange *fastcgi_accept(int listener, struct arena *arena, int64_t request_timeout, struct error *error);

/* Ends the response and closes the connection. */
void fastcgi_finish(struct exchange *exchange);

#endif
