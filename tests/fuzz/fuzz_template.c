/*
 * Templates. Each one either gives output within its limits, or exactly one problem with a place inside of the text.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
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
	template_output_release(&output);
	arena_release(&arena);
	return 0;
}
