/*
 * Events that a forge sends as a form: one field, `payload`, with the JSON in it.
 */
#ifndef POCKETCI_PAYLOAD_FORM_PAYLOAD_H
#define POCKETCI_PAYLOAD_FORM_PAYLOAD_H

#include <stdbool.h>

#include "base/str.h"

struct request;

/*
 * The text of the field, in the request's arena. False where the body is no form, or holds any other field: a
 * signature over the one must not vouch for the others.
 */
bool form_payload(struct request *request, struct str *text);

#endif
