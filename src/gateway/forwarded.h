/*
 * Who the client is where the web server stands behind proxies.
 */
#ifndef POCKETCI_GATEWAY_FORWARDED_H
#define POCKETCI_GATEWAY_FORWARDED_H

#include "base/str.h"

struct text_list;

/*
 * The client's address: `address` (REMOTE_ADDR) itself, unless it is one of the trusted addresses and ranges; then the
 * nearest entry of X-Forwarded-For, read from its right end, that is not trusted too. What an untrusted machine wrote further to the left never counts. An entry
 * that is no address ends the walk at the last one that was. Borrowed from either text.
 */
struct str forwarded_client(struct str address, struct str forwarded_for, const struct text_list *trusted);

#endif
