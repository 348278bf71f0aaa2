/* The forges, each in a file of its own. */
#ifndef POCKETCI_FORGE_FORGES_H
#define POCKETCI_FORGE_FORGES_H

struct forge;

extern const struct forge forge_forgejo;
extern const struct forge forge_gitea;
extern const struct forge forge_gogs;
extern const struct forge forge_github;
extern const struct forge forge_gitlab;
extern const struct forge forge_bitbucket_cloud;
extern const struct forge forge_bitbucket_data_center;
extern const struct forge forge_sourcehut;
extern const struct forge forge_azure_devops;

#endif
