/* What standard output is, for commands that look better on a terminal. */
#ifndef POCKETCI_CLI_TERMINAL_H
#define POCKETCI_CLI_TERMINAL_H

#include <stdbool.h>

/* A terminal that knows colour, and nobody who refuses it: NO_COLOR (https://no-color.org), TERM=dumb. */
bool terminal_wants_colour(void);

#endif
