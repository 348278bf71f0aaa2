/*
 * What a sender may have signed in the place of the body that arrived: the body as it was before something on the way
 * changed it, or a part of it. For signature_hint.c.
 */
#ifndef POCKETCI_HOOK_SIGNATURE_BODY_H
#define POCKETCI_HOOK_SIGNATURE_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

struct request;
struct value;

/* {.request = request, .text = BUF_INIT}; the rest is its own. text is released by who made it. */
struct signature_bodies {
	struct request *request;
	struct buf text;
	size_t index;
	bool parsed;
	const struct value *tree;
};

/*
 * The next body to try, valid until the next call, and what to say of it behind "it would be right over "; false where
 * there is none left. What has to be written for it is made of bodies up to SIGNATURE_HINT_BODY_MAX only.
 */
bool signature_bodies_next(struct signature_bodies *bodies, struct str *body, const char **hint);

#endif
