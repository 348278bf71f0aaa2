/*
 * What of a request must not be shown: in traces, which are printed and stored, and in what `pocketci explain` tells. A
 * value is hidden where its name says that it is a secret (Authorization, X-Gitlab-Token, a query's access_token),
 * where a match of the hook's rule checks it against a secret, and where it holds the text of one.
 */
#ifndef POCKETCI_HOOK_SECRECY_H
#define POCKETCI_HOOK_SECRECY_H

#include <stdbool.h>

#include "base/str.h"

struct match;
struct request;
struct rule;
struct source;

/* Whether the name of a header, a parameter or a variable says that its value is a secret or a signature. */
bool secrecy_name(struct str name);

/* Whether the match compares its parameter with a secret; what it wants is then as secret as what came. */
bool secrecy_match(const struct match *match);

/* Whether a value of this source must not be shown. rule is the whole rule of the hook, or NULL. */
bool secrecy_source(const struct rule *rule, const struct source *source);

/*
 * What may be shown of a value that source_get gave: in a map, a list and the whole of headers, query or payload the
 * parts that are hidden read "redacted". False where nothing of it may be shown.
 */
bool secrecy_show(const struct rule *rule, const struct source *source, struct request *request, struct str *value);

#endif
