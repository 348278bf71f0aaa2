/*
 * The tool: one subcommand, then its exit status. In this order: descriptors, command, run.
 */
#include <fcntl.h>
#include <unistd.h>

#include "cli/cli.h"

/* Whatever is opened later must not become standard output or error, which others write to. */
static void reserve_standard_descriptors(void)
{
	int descriptor;
	do {
		descriptor = open("/dev/null", O_RDWR);
	} while (descriptor >= 0 && descriptor <= STDERR_FILENO);
	if (descriptor > STDERR_FILENO)
		close(descriptor);
}

int main(int argc, char **argv)
{
	reserve_standard_descriptors();
	if (argc < 2)
		return cli_misused("a command is missing; `pocketci help` lists them");

	const struct cli_command *command = cli_find(argv[1]);
	if (command)
		return command->run(argc - 1, argv + 1);

	const char *nearest = cli_nearest(argv[1]);
	if (nearest)
		return cli_misused("there is no command \"%s\"; did you mean \"%s\"?", argv[1], nearest);
	return cli_misused("there is no command \"%s\"; `pocketci help` lists them", argv[1]);
}
