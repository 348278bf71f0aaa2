/*
 * pocketci help: the table of subcommands, as text.
 */
#include <stdio.h>

#include "cli/cli.h"

int cli_help(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("usage: pocketci COMMAND [ARGUMENT ...]\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *command = &cli_commands[i];
		printf("  %-8s %s\n", command->name, command->summary);
		if (command->arguments[0] != '\0')
			printf("           pocketci %s %s\n", command->name, command->arguments);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
