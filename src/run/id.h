/*
 * The id of a run: 26 characters of Crockford's base32 in lower case, 48 bits of time in milliseconds and 80 random
 * bits. Ids sort by time and cannot be guessed.
 */
#ifndef POCKETCI_RUN_ID_H
#define POCKETCI_RUN_ID_H

#include <stdbool.h>

#include "base/str.h"

#define RUN_ID_SIZE 27 /* with the NUL */

void run_id_make(char id[static RUN_ID_SIZE]);
bool run_id_is_valid(struct str id);

#endif
