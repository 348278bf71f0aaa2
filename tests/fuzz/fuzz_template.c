/*
 * Templates. Each one either gives output within its limits, or exactly one problem with a place inside of the text; the
 * same each time, and with text in front and behind that is no template just that text more.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "config/problem.h"
#include "hook/template.h"

#define OUTPUT_MAX ((size_t)16 * 1024 * 1024)

static void check_places(const struct problems *problems, const char *file, struct str text)
{
	for (size_t i = 0; i < problems->count; i++) {
		struct position position = problems->items[i].position;
		PROMISE(position.file == file && position.line > 0 && position.column > 0);
		PROMISE(position.line <= text.len + 1 && position.column <= text.len + 1);
		PROMISE(problems->items[i].text[0] != '\0');
	}
}

static struct arena arena;

#define FRONT "before\n"
#define BEHIND "\nbehind } {"

static void check_again(struct str text, bool good, const struct buf *first)
{
	struct problems problems = {.arena = &arena};
	struct template_output output = TEMPLATE_OUTPUT_INIT;

	PROMISE(template_run(&arena, text, "again", &output, &problems) == good);
	PROMISE(str_equal(buf_str(&output.text), buf_str(first)));
	template_output_release(&output);
}

static bool trims(struct str text)
{
	return str_contains(text, STR("{{-")) || str_contains(text, STR("-}}"));
}

static void check_around(struct str text, const struct buf *first)
{
	struct problems problems = {.arena = &arena};
	struct template_output output = TEMPLATE_OUTPUT_INIT;
	struct buf longer = BUF_INIT;

	buf_append_c(&longer, FRONT);
	buf_append_str(&longer, text);
	buf_append_c(&longer, BEHIND);
	PROMISE(template_run(&arena, buf_str(&longer), "around", &output, &problems));
	PROMISE(output.text.len == sizeof(FRONT) - 1 + first->len + sizeof(BEHIND) - 1);
	PROMISE(str_starts(buf_str(&output.text), STR(FRONT)) && str_ends(buf_str(&output.text), STR(BEHIND)));
	PROMISE(str_equal(str_head(str_from_index(buf_str(&output.text), sizeof(FRONT) - 1), first->len),
	                  buf_str(first)));
	template_output_release(&output);
	buf_release(&longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = {.arena = &arena};
	struct template_output output = TEMPLATE_OUTPUT_INIT;
	struct str text = fuzz_text(data, size);
	const char *file = "hooks.yaml";

	/* `cat` reads: no devices, please. */
	if (str_contains(text, STR("/dev")) || str_contains(text, STR("/proc")))
		return 0;
	bool good = template_run(&arena, text, file, &output, &problems);
	PROMISE(problems.errors == (good ? 0 : 1));
	PROMISE(output.text.len <= OUTPUT_MAX || !good);
	PROMISE(good || output.text.data[output.text.len] == '\0');
	check_places(&problems, file, text);
	if (good && !str_contains(text, STR("{{")))
		PROMISE(str_equal(buf_str(&output.text), text));
	/* Long runs cost much and say no more. */
	if (output.text.len < OUTPUT_MAX / 1024 && arena.used < OUTPUT_MAX / 64) {
		check_again(text, good, &output.text);
		/* A definition named "hooks" takes the place of the file; a "{" at the end would join what is behind. */
		if (good && !trims(text) && !str_contains(text, STR("hooks")) && !str_ends(text, STR("{")))
			check_around(text, &output.text);
	}
	template_output_release(&output);
	arena_reset(&arena);
	return 0;
}
