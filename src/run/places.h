/*
 * Places for processes that are nobody's descendants, in memory that they share with those who start them, so that no more
 * of them live at once than there are places. A place belongs to a process, and is free again where that was killed.
 */
#ifndef POCKETCI_RUN_PLACES_H
#define POCKETCI_RUN_PLACES_H

#include <stdint.h>

struct places;

/* Shared with every process forked later. Ends the process where there is no memory. */
struct places *places_new(int count);
/* NULL is accepted. */
void places_free(struct places *places);

/*
 * A place, now this process's, or -1. Where none is free it waits as long as places become free, at most `longest` ms; where
 * for `still` ms none did, since they are held by what lasts, it does not.
 */
int places_take(struct places *places, int64_t still, int64_t longest);

/* The place becomes this process's: it was taken by the one that forked it. */
void places_inherit(struct places *places, int place);

/* Of whoever has it: the place is free. */
void places_leave(struct places *places, int place);

#endif
