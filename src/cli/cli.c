/*
 * The table of subcommands and the words that lead to them.
 */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

const struct cli_command cli_commands[] = {
	{"check", "[-strict] [-json] FILE ... | -schema",
         "tell all that is wrong in files of hooks and pocketci.yaml, or print the JSON Schema of hooks.yaml",
         cli_check},
	{"exec", "[-config FILE] [-verbose | -debug] [-log-format FORMAT]", "run one job, read from the socket that is descriptor 0",
         cli_exec},
	{"explain", "[-hooks FILE] [-config FILE] [-hook ID] [-json] ... REQUEST",
         "tell what a request that was saved would do, and why it would not", cli_explain},
	{"version", "", "print the version", cli_version},
	{"help", "", "print this", cli_help},
};

const size_t cli_command_count = sizeof(cli_commands) / sizeof(cli_commands[0]);

const struct cli_command *cli_find(const char *name)
{
	struct str word = str_from(name);
	/* Flags only where they stand for a command by custom: "-exec" is a mistake. */
	if (str_equal_c(word, "-h"))
		word = STR("help");
	while (word.len > 0 && word.data[0] == '-' && (str_ends(word, STR("-version")) || str_ends(word, STR("-help"))))
		word = str_from_index(word, 1);
	for (size_t i = 0; i < cli_command_count; i++) {
		if (str_equal_c(word, cli_commands[i].name))
			return &cli_commands[i];
	}
	return NULL;
}

const char *cli_nearest(const char *name)
{
	const char *nearest = NULL;
	unsigned least = 3; /* more edits than two make another word */
	for (size_t i = 0; i < cli_command_count; i++) {
		unsigned distance = str_distance(str_from(name), str_from(cli_commands[i].name));
		if (distance < least) {
			least = distance;
			nearest = cli_commands[i].name;
		}
	}
	return nearest;
}

int cli_misused(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("pocketci: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return error_exit_code(ERROR_INVALID);
}
