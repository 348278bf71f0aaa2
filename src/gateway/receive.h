/*
 * What the web server hands over → struct request: its parameters first (RFC 3875 §4.1), the body when a route wants
 * it.
 */
#ifndef POCKETCI_GATEWAY_RECEIVE_H
#define POCKETCI_GATEWAY_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct config;
struct error;
struct exchange;
struct request;

/*
 * Fills *request but for body: id, method, path, query, remote address, headers, content type. Text is borrowed from
 * the parameters or made in the exchange's arena. ERROR_INVALID where there is no method.
 */
bool receive_head(const struct exchange *exchange, const struct config *config, struct request *request,
                  struct error *error);

/*
 * Appends the body to *body, read to its end. ERROR_TOO_LARGE past cap bytes (nothing is read where Content-Length
 * says so already), ERROR_INVALID where it has not the length that Content-Length says, ERROR_TIMEOUT where it did not
 * come in time.
 */
bool receive_body(struct exchange *exchange, int64_t cap, struct buf *body, struct error *error);

/* Reads what is left of the body and drops it: to its end, but at most cap bytes. */
void receive_drain(struct exchange *exchange, int64_t cap);

#endif
