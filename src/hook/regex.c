/*
 * Regular expressions: compiled by PCRE2 from a translation of what was written, searched under limits.
 * A search gives what RE2 would give, or an error: past a limit it never says "no match".
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "hook/regex.h"

#include <pcre2.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "hook/regex_syntax.h"

/*
 * Steps of one search, and as many more for each byte of the text, so that a large body can be looked through at all: ^(a+)+$ against a
 * long text ends after 10 ms (PCRE2's own limit, 10^7: 160 ms).
 */
#define MATCH_LIMIT 1000000U
#define MATCH_LIMIT_PER_BYTE 4U
/* KiB for the points to come back to. */
#define HEAP_LIMIT (32U * 1024)
/* Nested groups; the translation adds a few to those that were written. */
#define NESTING_LIMIT 300U

#define COMPILE_OPTIONS \
	(PCRE2_UTF | PCRE2_ANCHORED | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C)

struct regex {
	pcre2_code *code;
};

/* PCRE2 asks for memory by these, so that an expression lives and ends with its arena. */
static void *take_memory(PCRE2_SIZE size, void *arena)
{
	return arena_alloc(arena, size);
}

static void keep_memory(void *memory, void *arena)
{
	(void)memory;
	(void)arena;
}

/*
 * PCRE2 begins to count anew where it tries the next place in the text, so that a search could take steps times length:
 * x.*y over 300 KB took minutes. Anchored behind a lazy .* the places are steps of one match, and the limit holds for all of them.
 */
#define SEARCH_BEGIN "(?s:.*?)(?:"
#define SEARCH_END ")"

static pcre2_code *compile(struct arena *arena, struct str translated, int *number)
{
	PCRE2_SIZE offset;
	pcre2_general_context *general = pcre2_general_context_create(take_memory, keep_memory, arena);
	pcre2_compile_context *context = pcre2_compile_context_create(general);

	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(context, NESTING_LIMIT);
	return pcre2_compile((PCRE2_SPTR)translated.data, translated.len, COMPILE_OPTIONS, number, &offset, context);
}

static bool set_pcre2_error(struct error *error, const char *what, int number)
{
	PCRE2_UCHAR text[200];
	if (pcre2_get_error_message(number, text, sizeof(text)) < 0)
		return error_set(error, ERROR_INVALID, "%s: error %d", what, number);
	return error_set(error, ERROR_INVALID, "%s: %s", what, (const char *)text);
}

struct regex *regex_compile(struct arena *arena, struct str pattern, struct error *error)
{
	struct regex *regex = NULL;
	struct buf translated = BUF_INIT;
	int number;

	buf_append_c(&translated, SEARCH_BEGIN);
	if (!regex_translate(pattern, &translated, error))
		goto cleanup;
	buf_append_c(&translated, SEARCH_END);
	pcre2_code *code = compile(arena, buf_str(&translated), &number);
	if (!code) {
		set_pcre2_error(error, "the expression cannot be compiled", number);
		goto cleanup;
	}
	regex = arena_alloc(arena, sizeof(*regex));
	regex->code = code;

cleanup:
	buf_release(&translated);
	return regex;
}

bool regex_script_exists(struct str name)
{
	struct arena arena = ARENA_INIT;
	int number;
	pcre2_code *code = compile(&arena, str_printf(&arena, "\\p{sc:%.*s}", STR_ARGS(name)), &number);
	arena_release(&arena);
	return code != NULL;
}

/* Each byte that is not UTF-8 counts as one U+FFFD, as it does for Go. */
static struct str replace_invalid(struct str text, struct buf *copy)
{
	while (text.len > 0) {
		uint32_t character;
		size_t len = utf8_next(text, &character);
		if (len == 0)
			buf_append_c(copy, "\xEF\xBF\xBD");
		else
			buf_append(copy, text.data, len);
		text = str_from_index(text, len == 0 ? 1 : len);
	}
	return buf_str(copy);
}

static uint32_t match_limit(size_t length)
{
	uint64_t limit = MATCH_LIMIT + (uint64_t)MATCH_LIMIT_PER_BYTE * length;
	return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

/* A match data block for each search: kept ones would keep the memory of the hardest search they have seen. */
static int search(const struct regex *regex, struct str text)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int result = PCRE2_ERROR_NOMEMORY;

	if (context && data) {
		pcre2_set_match_limit(context, match_limit(text.len));
		pcre2_set_heap_limit(context, HEAP_LIMIT);
		result = pcre2_match(regex->code, (PCRE2_SPTR)text.data, text.len, 0, 0, data, context);
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return result;
}

bool regex_search(const struct regex *regex, struct str text, bool *found, struct error *error)
{
	struct buf copy = BUF_INIT;
	int result = search(regex, utf8_valid(text) ? text : replace_invalid(text, &copy));
	buf_release(&copy);

	*found = result >= 0;
	if (result >= 0 || result == PCRE2_ERROR_NOMATCH)
		return true;
	return set_pcre2_error(error, "the search was given up", result);
}
