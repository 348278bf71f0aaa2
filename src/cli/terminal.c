/* Asked once a command, before anything is written. */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Any text in NO_COLOR refuses but the empty one. */
bool terminal_wants_colour(void)
{
	const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
	return isatty(STDOUT_FILENO) && (!refused || !*refused) && terminal && *terminal &&
	       strcmp(terminal, "dumb") != 0;
}
