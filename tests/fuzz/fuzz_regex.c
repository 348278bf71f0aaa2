/*
 * Regular expressions. The first line is the expression, the rest the text. Every expression either says why it is refused
 * or can be searched for, within limits.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/utf8.h"
#include "hook/regex.h"

/* Compiling costs more than linear time in some classes; files bound their length. */
#define PATTERN_MAX 500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct error error = ERROR_INIT;
	struct str input = fuzz_text(data, size);
	size_t end = str_find(input, '\n');
	struct str text = str_from_index(input, end < input.len ? end + 1 : end);
	struct regex *regex = regex_compile(&arena, str_head(input, end < PATTERN_MAX ? end : PATTERN_MAX), &error);
	bool found = false;

	PROMISE(regex != NULL || (error.kind == ERROR_INVALID && error.message[0] != '\0'));
	PROMISE(utf8_valid(str_from(error.message)));
	if (regex && !regex_search(regex, text, &found, &error))
		PROMISE(!found && str_starts(str_from(error.message), STR("the search was given up: ")));
	arena_reset(&arena);
	return 0;
}
