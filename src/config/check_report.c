/*
 * Problems come in the order in which they were found, which is not that of the file: what only a whole hook tells is
 * found last. Here they are put in the order of their places.
 */
#include "config/check_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/problem.h"
#include "lib/json_out.h"

struct entry {
	const struct problem *problem;
	size_t file; /* index in the report's files */
	size_t found;
	unsigned line, column;
};

struct entries {
	struct entry *items;
	size_t count;
};

static int order(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int by_place(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int result = order(a->file, b->file);

	if (result == 0)
		result = order(a->line, b->line);
	if (result == 0)
		result = order(a->column, b->column);
	return result != 0 ? result : order(a->found, b->found);
}

static size_t index_of_file(const struct check_report *report, const char *file)
{
	size_t index = 0;

	while (index < report->file_count && (!file || strcmp(report->files[index], file) != 0))
		index++;
	return index;
}

static const char *file_of(const struct check_report *report, const struct entry *entry)
{
	const char *file = entry->problem->position.file;
	return problem_printable(report->arena, file ? file : "pocketci");
}

static const char *severity_of(const struct entry *entry)
{
	return entry->problem->warning ? "warning" : "error";
}

static bool is_same(const struct entry *a, const struct entry *b)
{
	return a->file == b->file && a->line == b->line && a->column == b->column &&
	       strcmp(a->problem->text, b->problem->text) == 0;
}

/* Whether an entry of the same place says the same. */
static bool is_told(const struct entries *entries, const struct entry *entry)
{
	for (size_t i = entries->count; i > 0 && entries->items[i - 1].line == entry->line; i--) {
		if (is_same(&entries->items[i - 1], entry))
			return true;
	}
	return false;
}

static struct entries sort(const struct check_report *report)
{
	const struct problems *problems = report->problems;
	struct entries entries = {arena_array(report->arena, problems->count, sizeof(struct entry)), 0};

	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->items[i];
		bool whole = problem->position.line == 0;
		entries.items[i] = (struct entry){
			.problem = problem,
			.file = index_of_file(report, problem->position.file),
			.found = i,
			.line = whole ? 1 : problem->position.line,
			.column = whole ? 1 : problem->position.column,
		};
	}
	if (problems->count > 0)
		qsort(entries.items, problems->count, sizeof(struct entry), by_place);
	for (size_t i = 0; i < problems->count; i++) {
		struct entry entry = entries.items[i];
		if (!is_told(&entries, &entry))
			entries.items[entries.count++] = entry;
	}
	return entries;
}

/* "3 errors" */
static void append_count(struct buf *out, size_t count, const char *what)
{
	buf_printf(out, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static void append_summary(const struct check_report *report, const struct entries *entries, struct buf *out)
{
	size_t warnings = 0, untold = report->problems->errors;

	for (size_t i = 0; i < report->problems->count; i++)
		untold -= !report->problems->items[i].warning;
	for (size_t i = 0; i < entries->count; i++)
		warnings += entries->items[i].problem->warning;
	append_count(out, report->file_count, "file");
	buf_append_c(out, ", ");
	append_count(out, report->hook_count, "hook");
	buf_append_c(out, ": ");
	append_count(out, entries->count - warnings + untold, "error");
	buf_append_c(out, ", ");
	append_count(out, warnings, "warning");
	if (untold > 0)
		buf_printf(out, " (%zu errors are not shown)", untold);
	buf_append_byte(out, '\n');
}

void check_report_text(const struct check_report *report, bool colour, bool summary, struct buf *out)
{
	struct entries entries = sort(report);

	for (size_t i = 0; i < entries.count; i++) {
		const struct entry *entry = &entries.items[i];
		const char *severity_colour = entry->problem->warning ? "\033[1;35m" : "\033[1;31m";
		buf_printf(out, "%s%s:%u:%u:%s %s%s:%s %s\n", colour ? "\033[1m" : "", file_of(report, entry),
		           entry->line, entry->column, colour ? "\033[0m" : "", colour ? severity_colour : "",
		           severity_of(entry), colour ? "\033[0m" : "", entry->problem->text);
	}
	if (summary)
		append_summary(report, &entries, out);
}

void check_report_json(const struct check_report *report, struct buf *text)
{
	struct entries entries = sort(report);
	struct json_out out = {.text = text};

	json_out_list_begin(&out);
	for (size_t i = 0; i < entries.count; i++) {
		const struct entry *entry = &entries.items[i];
		json_out_flat(&out);
		json_out_map_begin(&out);
		json_out_key_text(&out, "file", entry->problem->position.file);
		json_out_key(&out, "line");
		json_out_number(&out, entry->line);
		json_out_key(&out, "column");
		json_out_number(&out, entry->column);
		json_out_key_text(&out, "severity", severity_of(entry));
		json_out_key_text(&out, "message", entry->problem->text);
		if (entry->problem->hook)
			json_out_key_text(&out, "hook", entry->problem->hook);
		json_out_map_end(&out);
	}
	json_out_list_end(&out);
}
