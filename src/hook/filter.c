/*
 * From an event to whether a hook is for it, and why not. What stands in an event is a stranger's text: sentences quote
 * its type, branch and tag alone, which were checked when the event was read.
 */
#include "hook/filter.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/glob.h"
#include "forge/event.h"
#include "hook/hook.h"

/* clang-format off */
const char *const filter_types[] = {
	"push",
	"tag",
	"delete",
	"pull-request",
	"release",
	"ping",
	NULL,
};
/* clang-format on */

/* What a hook without `on` is for: what only those cause who may write to the repository. */
static const char *const usual_types[] = {"push", "tag", "release"};

/* What "pull-request" alone means: there are new commits to look at. */
static const char *const usual_actions[] = {"opened", "updated", "reopened"};

static const char *const skip_marks[] = {"[skip ci]", "[ci skip]", "[no ci]"};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool is_one_of(struct str text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (str_equal_c(text, words[i]))
			return true;
	}
	return false;
}

static bool has_keys(const struct hook_filter *filter)
{
	return filter->on.count > 0 || filter->branches.count > 0 || filter->tags.count > 0 || filter->paths.count > 0;
}

bool filter_applies(const struct hook *hook)
{
	const struct hook_checkout *checkout = &hook->checkout;

	return has_keys(&hook->filter) ||
	       (checkout->enabled && !checkout->repository && !checkout->ref && !checkout->commit);
}

/* --- on ----------------------------------------------------------------------------------------------------------- */

static bool is_usual_action(const struct event *event)
{
	return !str_equal_c(event->type, "pull-request") ||
	       is_one_of(event->action, usual_actions, COUNT(usual_actions));
}

static bool is_common_type(struct str word)
{
	for (const char *const *type = filter_types; *type; type++) {
		if (str_equal_nocase(word, str_from(*type)))
			return true;
	}
	return false;
}

/*
 * "push", "pull-request", "pull-request.merged", or a forge's own word. The forges' word for a tag is "push" as well, and
 * so is that for a branch that is deleted: a common type means no more than itself.
 */
static bool word_fits(struct str word, const struct event *event)
{
	if (str_equal_nocase(word, event->type))
		return is_usual_action(event);
	if (is_common_type(word))
		return false;
	if (str_equal_nocase(word, event->word))
		return true;
	struct str type = str_head(word, str_find(word, '.'));
	return type.len < word.len && str_equal_nocase(type, event->type) &&
	       str_equal_nocase(str_from_index(word, type.len + 1), event->action);
}

static bool is_on(const struct hook_filter *filter, const struct event *event)
{
	if (filter->on.count == 0)
		return is_one_of(event->type, usual_types, COUNT(usual_types));
	for (size_t i = 0; i < filter->on.count; i++) {
		if (word_fits(filter->on.items[i], event))
			return true;
	}
	return false;
}

bool filter_names(const struct hook *hook, const struct event *event)
{
	return hook->filter.on.count > 0 && is_on(&hook->filter, event);
}

static struct str describe_type(const struct event *event, struct arena *arena)
{
	if (str_equal_c(event->type, "pull-request") && event->action.len > 0)
		return str_printf(arena, "%.*s.%.*s", STR_ARGS(event->type), STR_ARGS(event->action));
	return event->type;
}

/* --- branches and tags -------------------------------------------------------------------------------------------- */

static bool is_selected(const struct text_list *wanted, const struct text_list *other, struct str name)
{
	if (wanted->count == 0)
		return other->count == 0;
	return glob_list_selects(wanted->items, wanted->count, name);
}

/* NULL where the event's branch or tag is wanted, or it has none. */
static const char *refuse_ref(const struct hook_filter *filter, const struct event *event, struct arena *arena)
{
	if (event->tag.len > 0)
		return is_selected(&filter->tags, &filter->branches, event->tag)
		               ? NULL
		               : arena_printf(arena, "tag %.*s is not among its tags", STR_ARGS(event->tag));
	if (event->branch.len > 0 && !is_selected(&filter->branches, &filter->tags, event->branch))
		return arena_printf(arena, "branch %.*s is not among its branches", STR_ARGS(event->branch));
	return NULL;
}

/* --- [skip ci] ---------------------------------------------------------------------------------------------------- */

/* The mark in the head commit's message, or NULL. */
static const char *find_skip_mark(const struct event *event, struct arena *arena)
{
	bool commits = str_equal_c(event->type, "push") || str_equal_c(event->type, "pull-request");
	struct str message = commits ? str_lower(arena, event->message) : STR("");

	for (size_t i = 0; i < COUNT(skip_marks); i++) {
		if (str_contains(message, str_from(skip_marks[i])))
			return skip_marks[i];
	}
	return NULL;
}

/* --- The whole ---------------------------------------------------------------------------------------------------- */

static struct str refuse(const struct hook *hook, struct arena *arena, const char *why)
{
	return str_printf(arena, "nothing to do: hook \"%.*s\": %s", STR_ARGS(hook->id), why);
}

static const char *find_reason(const struct hook_filter *filter, const struct event *event, struct arena *arena)
{
	if (event->forge.len == 0) /* without keys it is the checkout that says what it lacks */
		return has_keys(filter) ? "the request is no event of a forge that is known here" : NULL;
	if (!is_on(filter, event) && str_equal_c(event->type, "delete"))
		return arena_printf(arena, "%.*s was deleted", STR_ARGS(event->ref));
	if (!is_on(filter, event))
		return arena_printf(arena, "it is not for events of type %.*s", STR_ARGS(describe_type(event, arena)));
	const char *ref = refuse_ref(filter, event, arena);
	if (ref)
		return ref;
	const char *mark = find_skip_mark(event, arena);
	return mark ? arena_printf(arena, "the message of the head commit has %s", mark) : NULL;
}

enum filter_answer filter_event(const struct hook *hook, const struct event *event, struct arena *arena,
                                struct str *why)
{
	*why = STR("");
	const char *reason = find_reason(&hook->filter, event, arena);
	if (!reason)
		return FILTER_WANTED;
	if (str_equal_c(event->type, "ping")) {
		struct str listens = filter_describe(hook, arena);
		*why = str_printf(arena, "pong: hook \"%.*s\" listens to %.*s", STR_ARGS(hook->id), STR_ARGS(listens));
		return FILTER_PING;
	}
	*why = refuse(hook, arena, reason);
	return FILTER_UNWANTED;
}

bool filter_needs_paths(const struct hook *hook, const struct event *event)
{
	bool commits =
		(str_equal_c(event->type, "push") && event->branch.len > 0) || str_equal_c(event->type, "pull-request");
	return hook->filter.paths.count > 0 && commits;
}

bool filter_paths(const struct hook *hook, const struct str *paths, size_t count)
{
	return glob_list_selects_any(hook->filter.paths.items, hook->filter.paths.count, paths, count);
}

static void list(struct buf *out, const char *before, const struct text_list *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		buf_printf(out, "%s%.*s", i > 0 ? ", " : before, STR_ARGS(texts->items[i]));
}

struct str filter_describe(const struct hook *hook, struct arena *arena)
{
	const struct hook_filter *filter = &hook->filter;
	struct buf text = BUF_INIT;

	list(&text, "", &filter->on);
	for (size_t i = 0; filter->on.count == 0 && i < COUNT(usual_types); i++)
		buf_printf(&text, "%s%s", i > 0 ? ", " : "", usual_types[i]);
	list(&text, " on branches ", &filter->branches);
	list(&text, filter->branches.count > 0 ? " and tags " : " on tags ", &filter->tags);
	list(&text, " where files change among ", &filter->paths);
	struct str copy = str_copy(arena, buf_str(&text));
	buf_release(&text);
	return copy;
}
