/*
 * pocketci version: one line, the same word as `pocketci.fcgi -version` prints.
 */
#include <stdio.h>

#include "cli/cli.h"

int cli_version(int argc, char **argv)
{
	if (argc > 1)
		return cli_misused("version takes no arguments, but \"%s\" was given", argv[1]);
	printf("pocketci %s\n", POCKETCI_VERSION);
	return fflush(stdout) == 0 ? 0 : 1;
}
