/*
 * The subcommands of `pocketci`: a row a command, one file a command.
 */
#ifndef POCKETCI_CLI_CLI_H
#define POCKETCI_CLI_CLI_H

#include <stddef.h>

#include "base/str.h"

struct cli_command {
	const char *name;
	const char *arguments;             /* for the help: "[-config FILE]"; "" where it takes none */
	const char *summary;               /* one line for the help and the manual */
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand; returns the exit status */
};

/* The table, in the order of the help. */
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

/* The command of this name, or NULL. `-version` and `--help` and their like count as their commands. */
const struct cli_command *cli_find(const char *name);

/* The name of the command that this one was probably meant to be, or NULL. */
const char *cli_nearest(const char *name);

/* One line on standard error: "pocketci: text". Returns the exit status of a wrong command line, 2. */
int cli_misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

int cli_check(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_exec(int argc, char **argv);
int cli_version(int argc, char **argv);
int cli_help(int argc, char **argv);

#endif
