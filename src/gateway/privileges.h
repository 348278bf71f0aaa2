/*
 * Giving up root for good: -setuid and -setgid.
 */
#ifndef POCKETCI_GATEWAY_PRIVILEGES_H
#define POCKETCI_GATEWAY_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>

struct error;

/*
 * Becomes this user and group, with that user's supplementary groups and no others; HOME, USER and LOGNAME follow. Both
 * -1: stays what it is. Only one of them given is an error, and so is a way back that is left open.
 */
bool privileges_drop(int64_t user, int64_t group, struct error *error);

#endif
