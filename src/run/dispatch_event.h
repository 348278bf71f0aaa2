/*
 * The event of a job, as the functions of a Dagger module are told of it.
 */
#ifndef POCKETCI_RUN_DISPATCH_EVENT_H
#define POCKETCI_RUN_DISPATCH_EVENT_H

#include <stdbool.h>

struct arena;
struct dagger_event;
struct error;
struct job;

/*
 * Fills *event, borrowed from the job or in the arena. changes_file is the file of changed files, or NULL where they are
 * not known. False where it cannot be read.
 */
bool dispatch_event_make(struct arena *arena, const struct job *job, const char *changes_file,
                         struct dagger_event *event, struct error *error);

/* Writes a new file of JSON: {"event_type", "changes", "repo", "payload"}, with null for what is not known. */
bool dispatch_event_write(struct arena *arena, const struct job *job, const struct dagger_event *event,
                          const char *path, struct error *error);

#endif
