/*
 * Whether a forge vouches for a request: each has a way of its own, told by its row.
 *
 * A secret is what was typed in at the forge, but of two: for sourcehut it is "ed25519:" and the forge's public key in
 * base64, or "ed25519:sr.ht" for the key of sr.ht itself, and for Azure DevOps "USER:PASSWORD". What begins with
 * "ed25519:" is public, so no other forge ever takes it for a secret; what begins with "whsec_" is a signing key of
 * the Standard Webhooks scheme to GitLab.
 */
#ifndef POCKETCI_FORGE_VERIFY_H
#define POCKETCI_FORGE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct error;
struct forge_signature;
struct forge_table;
struct request;

enum forge_verdict {
	FORGE_RIGHT,
	FORGE_WRONG,   /* also where a header comes twice, or headers of two forges contradict each other */
	FORGE_ABSENT,  /* the forge's signature is not there, or none of the secrets is one for this forge */
	FORGE_UNKNOWN, /* the request is of no forge that is known here */
};

/*
 * Checks the request as the forge that sent it signs, with each of the secrets; one that is right suffices. Nothing is
 * parsed before, but a request with the credentials of Azure DevOps, whose payload alone tells that it is from there.
 * now is milliseconds since 1970 UTC. error is one sentence for every verdict but FORGE_RIGHT, and holds no secret and
 * no signature.
 */
enum forge_verdict forge_verify(struct request *request, const struct str *secrets, size_t count, int64_t now,
                                struct error *error);

/* The same by another table of forges than the one of table.c. */
enum forge_verdict forge_verify_by(const struct forge_table *table, struct request *request, const struct str *secrets,
                                   size_t count, int64_t now, struct error *error);

/* Whether it can be a secret: not empty, and behind "ed25519:" a key. ERROR_INVALID says why not, not the secret. */
bool forge_secret_is_valid(struct str secret, struct error *error);

/* The ways of signing, for the rows: struct forge_signature says when they are called. */
enum forge_verdict verify_hmac(const struct forge_signature *signature, struct request *request, struct str secret,
                               int64_t now, struct error *error);
enum forge_verdict verify_github(const struct forge_signature *signature, struct request *request, struct str secret,
                                 int64_t now, struct error *error);
enum forge_verdict verify_gitlab(const struct forge_signature *signature, struct request *request, struct str secret,
                                 int64_t now, struct error *error);
enum forge_verdict verify_ed25519(const struct forge_signature *signature, struct request *request, struct str secret,
                                  int64_t now, struct error *error);
enum forge_verdict verify_basic(const struct forge_signature *signature, struct request *request, struct str secret,
                                int64_t now, struct error *error);

#endif
