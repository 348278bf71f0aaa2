/*
 * GitHub's events, in the form that Gitea, Forgejo and Gogs took over.
 */
#ifndef POCKETCI_FORGE_GITHUB_H
#define POCKETCI_FORGE_GITHUB_H

#include <stdbool.h>

struct reading;

/* As struct forge's read. */
bool github_read(struct reading *reading);

#endif
