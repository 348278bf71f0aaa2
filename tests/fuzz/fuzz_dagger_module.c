/*
 * Replies of `dagger query`, whose names a module's author chose: what is called is a name, and each argument begins with
 * the option that it is for.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/error.h"
#include "run/dagger_choose.h"
#include "run/dagger_module.h"
#include "run/dagger_name.h"

static void check_call(const struct dagger_call *call)
{
	PROMISE(call->name.len > 0 && call->name.data[0] != '-' && !str_contains(call->name, STR(" ")));
	PROMISE(call->argument_count <= call->function->argument_count);
	for (size_t i = 0; i < call->argument_count; i++) {
		struct str option = str_head(call->arguments[i], str_find(call->arguments[i], '='));
		PROMISE(option.len < call->arguments[i].len && str_starts(option, STR("--")));
		PROMISE(str_equal(option, STR("--src")) || dagger_name_is_valid(str_from_index(option, 2)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const filters[] = {"main", ""};
	const struct str change = STR("src/a,b");
	const struct dagger_offer offers[] = {{STR("src"), STR(".")}, {STR("api-token"), STR("env:T")}};
	struct arena arena = ARENA_INIT;
	struct error error = ERROR_INIT;
	struct dagger_module module = {.name = STR("")};
	bool good = dagger_module_read(&arena, fuzz_text(data, size), &module, &error);

	PROMISE(good == (error.kind == ERROR_NONE));
	for (size_t i = 0; good && i < 2; i++) {
		const struct dagger_event event = {STR("github"), STR("push"), str_from(filters[i]), true, &change, 1};
		struct dagger_calls calls = dagger_choose(&arena, &module, &event, offers, 2);
		PROMISE(calls.count <= module.function_count && module.function_count <= DAGGER_FUNCTIONS_MAX);
		for (size_t k = 0; k < calls.count; k++) {
			check_call(&calls.items[k]);
			PROMISE(k == 0 ||
			        str_compare(calls.items[k - 1].function->name, calls.items[k].function->name) <= 0);
		}
	}
	arena_release(&arena);
	return 0;
}
