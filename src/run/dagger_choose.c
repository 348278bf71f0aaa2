/*
 * Words are compared in camel case, so that pull_request, pull-request and PullRequest are one.
 */
#include "run/dagger_choose.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/glob.h"
#include "run/dagger_module.h"
#include "run/dagger_name.h"

enum { TIERS = 4 };

struct choosing {
	struct arena *arena;
	const struct dagger_event *event;
	const struct dagger_offer *offers;
	size_t offer_count;
	unsigned tier; /* from 1 */
};

/* Empty where the tier has no name of its own. */
static struct str tier_name(const struct choosing *choosing)
{
	struct arena *arena = choosing->arena;
	const struct dagger_event *event = choosing->event;
	struct str filter = dagger_name_camel(arena, event->filter);
	struct str forge = str_join(arena, STR("On"), dagger_name_camel(arena, event->vendor));
	struct str type = str_join(arena, forge, dagger_name_camel(arena, event->event));

	switch (choosing->tier) {
	case 1:
		return filter.len > 0 ? str_join(arena, type, filter) : STR("");
	case 2:
		return type;
	case 3:
		return forge;
	default:
		return STR("Dispatch");
	}
}

/* --- Fitting ------------------------------------------------------------------------------------------------------ */

static bool list_holds(const struct choosing *choosing, struct str list, struct str wanted, bool words)
{
	struct str part;
	if (words)
		wanted = dagger_name_camel(choosing->arena, wanted);
	while (str_split_next(&list, ',', &part)) {
		part = str_trim(part);
		if (str_equal(words ? dagger_name_camel(choosing->arena, part) : part, wanted))
			return true;
	}
	return false;
}

/* Patterns that cannot be meant match nothing. */
static bool matches_change(const struct dagger_event *event, struct str patterns)
{
	struct str part;
	while (str_split_next(&patterns, ',', &part)) {
		struct error ignored = ERROR_INIT;
		part = str_trim(part);
		if (!glob_check(part, &ignored))
			continue;
		for (size_t i = 0; i < event->change_count; i++) {
			if (glob_matches(part, event->changes[i]))
				return true;
		}
	}
	return false;
}

static bool argument_fits(const struct choosing *choosing, const struct dagger_argument *argument, struct str option)
{
	const struct dagger_event *event = choosing->event;
	struct str wanted = argument->default_value;

	if (wanted.len == 0)
		return true;
	if (str_equal_c(option, "vendor"))
		return list_holds(choosing, wanted, event->vendor, true);
	if (str_equal_c(option, "event"))
		return list_holds(choosing, wanted, event->event, true);
	if (str_equal_c(option, "filter"))
		return list_holds(choosing, wanted, event->filter, false);
	/* Where the changes are not known it is better to run once too often. */
	return !str_equal_c(option, "on-changes") || !event->changes_known || matches_change(event, wanted);
}

static bool function_fits(const struct choosing *choosing, const struct dagger_function *function, struct str tier)
{
	if (!str_ends(dagger_name_camel(choosing->arena, function->name), tier))
		return false;
	for (size_t i = 0; i < function->argument_count; i++) {
		const struct dagger_argument *argument = &function->arguments[i];
		if (!argument_fits(choosing, argument, dagger_name_option(choosing->arena, argument->name)))
			return false;
	}
	return true;
}

/* --- Calling ------------------------------------------------------------------------------------------------------ */

static struct str join_changes(const struct choosing *choosing)
{
	const struct dagger_event *event = choosing->event;
	struct buf text = BUF_INIT;
	for (size_t i = 0; i < event->change_count; i++)
		dagger_name_append_item(&text, event->changes[i], i == 0);
	struct str joined = str_copy(choosing->arena, buf_str(&text));
	buf_release(&text);
	return joined;
}

/* What an argument gets; false where nobody gives it. */
static bool find_value(const struct choosing *choosing, struct str option, struct str *value)
{
	const struct dagger_event *event = choosing->event;
	const struct {
		const char *option;
		bool given;
		struct str value;
	} own[] = {
		{"filter", choosing->tier >= 2 && event->filter.len > 0, event->filter},
		{"event", choosing->tier >= 3, event->event},
		{"vendor", choosing->tier >= 4, event->vendor},
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (own[i].given && str_equal_c(option, own[i].option)) {
			*value = own[i].value;
			return true;
		}
	}
	if (event->changes_known && str_equal_c(option, "on-changes")) {
		*value = join_changes(choosing);
		return true;
	}
	for (size_t i = 0; i < choosing->offer_count; i++) {
		if (str_equal(option, choosing->offers[i].option)) {
			*value = choosing->offers[i].value;
			return true;
		}
	}
	return false;
}

static struct dagger_call make_call(const struct choosing *choosing, const struct dagger_function *function)
{
	struct arena *arena = choosing->arena;
	struct dagger_call call = {
		.function = function,
		.name = dagger_name_option(arena, function->name),
		.arguments = arena_array(arena, function->argument_count, sizeof(*call.arguments)),
		.missing = STR(""),
	};

	for (size_t i = 0; i < function->argument_count; i++) {
		const struct dagger_argument *argument = &function->arguments[i];
		struct str option = dagger_name_option(arena, argument->name), value;
		if (find_value(choosing, option, &value))
			call.arguments[call.argument_count++] =
				str_printf(arena, "--%.*s=%.*s", STR_ARGS(option), STR_ARGS(value));
		else if (argument->required && call.missing.len == 0)
			call.missing = argument->name;
	}
	return call;
}

struct dagger_calls dagger_choose(struct arena *arena, const struct dagger_module *module,
                                  const struct dagger_event *event, const struct dagger_offer *offers,
                                  size_t offer_count)
{
	struct choosing choosing = {.arena = arena, .event = event, .offers = offers, .offer_count = offer_count};
	struct dagger_calls calls = {arena_array(arena, module->function_count, sizeof(*calls.items)), 0};

	for (choosing.tier = 1; choosing.tier <= TIERS && calls.count == 0; choosing.tier++) {
		struct str name = tier_name(&choosing);
		for (size_t i = 0; name.len > 0 && i < module->function_count; i++) {
			if (function_fits(&choosing, &module->functions[i], name))
				calls.items[calls.count++] = make_call(&choosing, &module->functions[i]);
		}
	}
	return calls;
}
