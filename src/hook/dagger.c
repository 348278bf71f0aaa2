/*
 * The arguments of `dagger call` with the values of a request. What a stranger wrote never becomes a reference that
 * dagger follows on this host: `cmd:` runs a program, `file:` and a path read a file.
 */
#include "hook/dagger.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "forge/event.h"
#include "hook/fork.h"
#include "hook/source.h"
#include "payload/request.h"
#include "run/dagger_name.h"
#include "run/job.h"

/* The cancel of dagger takes up to 10 s inside; what it does not clean up then stays in the engine. */
#define STOP_GRACE_MIN_MS (20 * 1000)

/* What dagger follows: providers of secrets, addresses of folders, files, sockets and services. In any case. */
static const char *const schemes[] = {
	"cmd:",    "env:",     "file:", "op:",  "vault:", "libsecret:", "aws:",   "gcp:",
	"http://", "https://", "git:",  "git@", "ssh://", "unix:",      "tcp://", "udp://",
};

static bool has_scheme(struct str text)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct str scheme = str_from(schemes[i]);
		if (str_equal_nocase(str_head(text, scheme.len), scheme))
			return true;
	}
	return false;
}

/* Absolute, of a home folder, or with a part that is . at its beginning or .. anywhere. */
static bool is_path(struct str text)
{
	struct str part;
	bool first = true;

	if (str_starts(text, STR("/")) || str_starts(text, STR("~")))
		return true;
	while (str_split_next(&text, '/', &part)) {
		if (str_equal_c(part, "..") || (first && str_equal_c(part, ".")))
			return true;
		first = false;
	}
	return false;
}

static struct str without_quote(struct str text)
{
	return str_starts(text, STR("\"")) ? str_from_index(text, 1) : text;
}

/* An argument that is a list takes a text with commas apart, as CSV with quotes. */
bool dagger_text_is_reference(struct str text)
{
	struct str rest = text, part;

	if (has_scheme(text) || is_path(text))
		return true;
	while (str_split_next(&rest, ',', &part)) {
		part = without_quote(part);
		if (has_scheme(part) || is_path(part))
			return true;
	}
	return false;
}

struct filling {
	const struct hook *hook;
	struct request *request;
	const struct job *job;
	struct buf text;
	size_t given; /* values that were there */
	struct error *error;
};

/* Appends one value; false where it may not be handed on. */
static bool fill_value(struct filling *filling, const struct dagger_part *part, const struct source *source)
{
	struct error missing = ERROR_INIT;
	struct str value;

	if (source_get(source, filling->request, &value, &missing) != SOURCE_FOUND) {
		log_warning("hook \"%.*s\": a value of %.*s is left out: %s", STR_ARGS(filling->hook->id),
		            STR_ARGS(part->text), missing.message);
		return true;
	}
	if (filling->job->fork && !fork_may_see(filling->hook, source, filling->request, &value)) {
		log_warning("hook \"%.*s\": a value of %.*s is left out: it is secret, and the run is of a fork",
		            STR_ARGS(filling->hook->id), STR_ARGS(part->text));
		return true;
	}
	if (source->kind != SOURCE_STRING && dagger_text_is_reference(value))
		return error_set(filling->error, ERROR_INVALID,
		                 "dagger: the value for %.*s (%s) may be taken for the place of a secret, a file or a "
		                 "folder, which a request must not name",
		                 STR_ARGS(str_head(part->text, part->text.len - 1)),
		                 source_describe(source, filling->request).data);
	if (part->list)
		dagger_name_append_item(&filling->text, value, filling->given == 0);
	else
		buf_append_str(&filling->text, value);
	filling->given++;
	return true;
}

/* The argument that a part makes, added to the job unless nothing of it was given. */
static bool fill(struct filling *filling, const struct dagger_part *part, struct job *job)
{
	struct arena *arena = filling->request->arena;

	if (part->secret && job->fork)
		return true;
	if (part->values.count == 0) {
		job->arguments[job->argument_count++] = part->text;
		return true;
	}
	buf_clear(&filling->text);
	buf_append_str(&filling->text, part->text);
	filling->given = 0;
	for (size_t i = 0; i < part->values.count; i++) {
		if (!fill_value(filling, part, &part->values.items[i]))
			return false;
	}
	if (filling->given > 0)
		job->arguments[job->argument_count++] = str_copy(arena, buf_str(&filling->text));
	return true;
}

/* What the functions of a module are told apart by: the branch of a push, the ref of a tag, else what was done. */
static struct str filter_of(struct request *request)
{
	struct error error = ERROR_INIT;
	const struct event *event = event_current(request, &error);

	if (!event)
		return STR("");
	if (str_equal_c(event->type, "push"))
		return event->branch;
	return str_equal_c(event->type, "tag") ? event->ref : event->action;
}

bool dagger_arguments(const struct hook *hook, struct request *request, struct job *job, struct error *error)
{
	const struct hook_dagger *dagger = hook->dagger;
	struct filling filling = {.hook = hook, .request = request, .job = job, .text = BUF_INIT, .error = error};
	bool good = true;

	job->arguments = arena_array(request->arena, dagger->part_count + 1, sizeof(*job->arguments));
	job->arguments[0] = STR("dagger");
	job->argument_count = 1;
	for (size_t i = 0; i < dagger->part_count && good; i++)
		good = fill(&filling, &dagger->parts[i], job);
	buf_release(&filling.text);

	job->dagger = true;
	if (job->stop_grace < STOP_GRACE_MIN_MS)
		job->stop_grace = STOP_GRACE_MIN_MS;
	if (dagger->dispatch) {
		job->dispatch = dagger->module;
		job->filter = filter_of(request);
	}
	return good;
}

const struct dagger_part *dagger_part_of(const struct hook_dagger *dagger, struct str argument, size_t *at)
{
	while (*at < dagger->part_count) {
		const struct dagger_part *part = &dagger->parts[(*at)++];
		if (part->values.count > 0 ? str_starts(argument, part->text) : str_equal(argument, part->text))
			return part;
	}
	return NULL;
}
