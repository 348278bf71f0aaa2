/* GitHub's events. */
#ifndef POCKETCI_FORGE_GITHUB_H
#define POCKETCI_FORGE_GITHUB_H

#include <stdbool.h>

#include "base/str.h"

struct error;
struct event;
struct value;

/*
 * Fills the event but for forge and delivery. word is GitHub's name of the event, a valid one. ERROR_INVALID as
 * event_read says.
 */
bool github_read(const struct value *payload, struct str word, struct event *event, struct error *error);

#endif
