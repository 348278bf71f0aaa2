/*
 * Gitea, and Forgejo and Gogs, which share its beginnings: events in GitHub's form, signatures of their own. They sign
 * the JSON, even where they send it as a form, and send an empty signature where no secret is set.
 */
#include "forge/forge.h"
#include "forge/forges.h"
#include "forge/github.h"

const struct forge forge_forgejo = {
	.name = "forgejo",
	.event_header = "X-Forgejo-Event",
	.also = {"gitea", "gogs", "github"},
	.delivery_headers = {"X-Forgejo-Delivery"},
	.signature = {.check = verify_hmac, .headers = {"X-Forgejo-Signature"}, .prefix = "", .over_json = true},
	.read = github_read,
};

const struct forge forge_gitea = {
	.name = "gitea",
	.event_header = "X-Gitea-Event",
	.also = {"gogs", "github"},
	.delivery_headers = {"X-Gitea-Delivery"},
	.signature = {.check = verify_hmac, .headers = {"X-Gitea-Signature"}, .prefix = "", .over_json = true},
	.read = github_read,
};

const struct forge forge_gogs = {
	.name = "gogs",
	.event_header = "X-Gogs-Event",
	.also = {"github"},
	.delivery_headers = {"X-Gogs-Delivery"},
	.signature = {.check = verify_hmac, .headers = {"X-Gogs-Signature"}, .prefix = "", .over_json = true},
	.read = github_read,
};
