/*
 * How a workspace gets at the mirror's objects: copies of its packs where they are small, else by reference.
 */
#ifndef POCKETCI_GIT_OBJECTS_H
#define POCKETCI_GIT_OBJECTS_H

#include <stdbool.h>

struct error;

/* What is copied at most, in all. */
#define OBJECTS_COPY_BYTES ((unsigned long long)32 << 20)
#define OBJECTS_COPY_FILES 50

/*
 * Gives the repository (the path of its .git, with objects/pack and objects/info in it) all objects that the mirror has
 * now. Past the limits above it writes objects/info/alternates instead, with the mirror's absolute path. Other
 * processes may add to the mirror meanwhile.
 */
bool objects_give(const char *mirror, const char *repository, struct error *error);

#endif
