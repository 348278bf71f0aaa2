/*
 * One request from its first parameter to the last byte of its response: receive, route, decide, run, reply. Never
 * fails: whatever is wrong becomes a response and a line in the log. The body is read to its end on every path, up to
 * the cap: unread bytes made web servers break 1 in 40 replies.
 */
#ifndef POCKETCI_GATEWAY_SERVE_H
#define POCKETCI_GATEWAY_SERVE_H

struct exchange;
struct service;

void serve(struct exchange *exchange, const struct service *service);

/* A CGI process whose configuration is wrong: 500 with one sentence that names no path. */
void serve_broken(struct exchange *exchange);

#endif
