/*
 * What is wrong in files, as text for people or as JSON for editors: the report of `pocketci check`, and the answer to a
 * delivery whose hooks file is wrong.
 */
#ifndef POCKETCI_CONFIG_CHECK_REPORT_H
#define POCKETCI_CONFIG_CHECK_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct problems;

struct check_report {
	struct arena *arena;
	const struct problems *problems;
	const char *const *files; /* names that positions have, in the order of the report */
	size_t file_count;
	size_t hook_count;
};

/*
 * A line for each problem, by its place: "file:line:column: error: text". What is wrong with a file as a whole stands
 * at 1:1. The same problem is told once. With colour for a terminal that has it; with summary a last line that counts.
 */
void check_report_text(const struct check_report *report, bool colour, bool summary, struct buf *out);

/* The same as a JSON array of {file, line, column, severity, message}, and hook where it is in one. */
void check_report_json(const struct check_report *report, struct buf *out);

#endif
