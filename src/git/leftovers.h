/*
 * What a process that was killed in a fetch leaves in a mirror: half a pack, lock files of refs.
 */
#ifndef POCKETCI_GIT_LEFTOVERS_H
#define POCKETCI_GIT_LEFTOVERS_H

/*
 * Removes them. Only for who holds the mirror's lock and knows that its last holder did not let go of it by itself.
 * Pins are left alone: they are written by one run each.
 */
void leftovers_remove(const char *mirror);

#endif
