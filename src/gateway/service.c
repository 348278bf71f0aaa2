/*
 * Configuration and hooks, loaded together or not at all: whoever has a struct service has one that can serve.
 */
#include "gateway/service.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/problem.h"
#include "gateway/kept_hooks.h"
#include "gateway/portable.h"
#include "hook/file.h"

/* How often a CGI process reads files that change while it does. */
#define AT_REST_TRIES 5

static bool no_hooks(const struct config *config, struct error *error)
{
	const char *file = config->path.len > 0 ? config->path.data : "/etc/pocketci/pocketci.yaml";
	return error_set(error, ERROR_INVALID,
	                 "no hooks: name a file of hooks with -hooks FILE, or with a line \"hooks: FILE\" in %s; or, for hooks "
	                 "that stand in their repositories, list those under repositories there, each with its secret",
	                 file);
}

/* Where there are no files of hooks they may stand in the repositories. */
static bool is_portable_alone(const struct config *config)
{
	return config->hooks.count == 0 && portable_is_on(config);
}

/* A configuration outlives the service that loaded it where hooks alone are loaded anew. */
struct config_memory {
	struct arena arena;
	unsigned users;
};

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);
	if (memory == NULL)
		memory_exhausted(size);
	return memory;
}

static struct service *service_new(struct config_memory *config_memory)
{
	struct service *service = allocate(sizeof(*service));

	service->arena = (struct arena)ARENA_INIT;
	service->config_memory = config_memory;
	config_memory->users++;
	return service;
}

static struct service *service_with_config(int argc, char **argv, struct error *error)
{
	struct service *service = service_new(allocate(sizeof(struct config_memory)));
	struct arena *arena = &service->config_memory->arena;

	*arena = (struct arena)ARENA_INIT;
	config_init(&service->config);
	if (!config_load(arena, &service->config, argc, argv, &service->wanted, error)) {
		service_free(service);
		return NULL;
	}
	service_apply_log_format(service);
	service->program = service_find_program(arena, &service->config);
	if (service->wanted == CONFIG_WANTS_RUN && portable_is_on(&service->config) &&
	    !portable_load(arena, &service->config, error)) {
		service_free(service);
		return NULL;
	}
	return service;
}

/* --- Hooks --- */

static void forget_warnings(struct problems *problems)
{
	size_t kept = 0;

	for (size_t i = 0; i < problems->count; i++) {
		if (!problems->items[i].warning)
			problems->items[kept++] = problems->items[i];
	}
	problems->count = kept;
}

/*
 * From the files, or from texts that stand for them. Warnings about files that are broken are left out after the start:
 * they are read again and again, and what is wrong is said once.
 */
static bool read_files(struct service *service, const struct str *texts, bool start, struct error *error)
{
	const struct text_list *files = &service->config.hooks;
	const struct hooks_options options = {
		.template = service->config.template,
		.secrets = &service->config.secrets,
	};
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};

	service->hooks = (struct hooks){0};
	for (size_t i = 0; i < files->count; i++) {
		const char *path = files->items[i].data;
		if (texts != NULL)
			hooks_read(&service->arena, &service->hooks, texts[i], path, &options, &problems);
		else
			hooks_read_file(&service->arena, &service->hooks, path, &options, &problems);
	}
	if (problems.errors > 0 && !start)
		forget_warnings(&problems);
	bool good = problems_report(&problems, error);
	arena_release(&arena);
	return good;
}

/* What could be read of broken files must not serve. */
static void take_no_hooks(struct service *service)
{
	struct hooks *hooks = &service->hooks;

	service->without_hooks = true;
	hooks->items = NULL;
	hooks->ids = NULL;
	hooks->count = hooks->capacity = hooks->id_count = hooks->id_capacity = 0;
}

static bool read_hooks(struct service *service, struct error *error)
{
	struct error broken = ERROR_INIT;

	if (is_portable_alone(&service->config))
		return true;
	if (service->config.hooks.count == 0)
		return no_hooks(&service->config, error);
	if (read_files(service, NULL, true, &broken))
		return true;
	if (!service->config.nopanic) {
		*error = broken;
		return false;
	}
	log_error("no hooks are served: %s", broken.message);
	take_no_hooks(service);
	return true;
}

struct service *service_load(int argc, char **argv, struct error *error)
{
	struct service *service = service_with_config(argc, argv, error);

	if (service == NULL)
		return NULL;
	if (service->wanted != CONFIG_WANTS_RUN || read_hooks(service, error))
		return service;
	service_free(service);
	return NULL;
}

struct service *service_renew(const struct service *service, struct error *error)
{
	struct service *renewed = service_new(service->config_memory);

	renewed->config = service->config;
	renewed->wanted = service->wanted;
	renewed->program = service->program;
	if (!read_files(renewed, NULL, false, error))
		take_no_hooks(renewed);
	return renewed;
}

/* --- As CGI --- */

/* The state folder, or NULL: a run that needs it will say why. */
static const char *find_state(struct service *service)
{
	struct error ignored = ERROR_INIT;
	struct str state;

	if (!config_state(&service->arena, &service->config, &state, &ignored))
		return NULL;
	return str_to_c(&service->arena, state);
}

static void find_detached_log(struct service *service, const char *state)
{
	if (service->config.logfile.len > 0)
		service->detached_log = str_to_c(&service->arena, service->config.logfile);
	else
		service->detached_log = state != NULL ? file_join(&service->arena, state, "pocketci.log") : "/dev/null";
}

static bool is_unchanged(const struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->file_count; i++) {
		struct file_identity now = file_identify(hooks->files[i].data);
		if (!file_identity_equal(&now, &hooks->identities[i]))
			return false;
	}
	return true;
}

/* Nothing watches the files for a CGI process: it looks again after it has read them. */
static bool read_at_rest(struct service *service, struct error *error)
{
	for (int tries = 0; tries < AT_REST_TRIES; tries++) {
		struct error broken = ERROR_INIT;
		bool good = read_files(service, NULL, false, &broken);
		if (is_unchanged(&service->hooks)) {
			*error = broken;
			return good;
		}
	}
	return error_set(error, ERROR_BUSY, "the hooks files change as fast as they can be read");
}

/* Of the hooks files themselves; what they name lies behind them in the list, or between. */
static const struct file_identity *identities_of_files(struct service *service)
{
	const struct text_list *files = &service->config.hooks;
	const struct hooks *hooks = &service->hooks;
	struct file_identity *identities = arena_array(&service->arena, files->count, sizeof(*identities));

	for (size_t i = 0; i < files->count; i++) {
		for (size_t k = 0; k < hooks->file_count; k++) {
			if (str_equal(files->items[i], hooks->files[k]))
				identities[i] = hooks->identities[k];
		}
	}
	return identities;
}

static void keep(struct service *service, struct kept_hooks *kept)
{
	struct error error = ERROR_INIT;

	if (kept_hooks_good(kept, identities_of_files(service), &error))
		log_warning("the hooks files are good again and serve; hooks: %zu", service->hooks.count);
	if (error.kind != ERROR_NONE)
		log_debug("the hooks files are not kept: %s", error.message);
}

static bool read_kept(struct service *service, struct kept_hooks *kept, const struct error *broken)
{
	bool news = kept_hooks_broken(kept, broken->message);
	struct error worse = ERROR_INIT;

	if (kept->texts != NULL && read_files(service, kept->texts, false, &worse)) {
		if (news)
			log_error("the hooks files are broken, the last good ones serve: %s", broken->message);
		return true;
	}
	if (news)
		log_error("no hooks are served: %s", broken->message);
	take_no_hooks(service);
	return service->config.nopanic;
}

struct service *service_load_as_cgi(struct error *error)
{
	struct service *service = service_with_config(0, NULL, error);
	if (service == NULL)
		return NULL;

	struct error broken = ERROR_INIT;
	if (!service_apply_logging(service, &broken))
		log_error("%s", broken.message); /* it goes on with the web server's log */
	const char *state = find_state(service);
	find_detached_log(service, state);
	if (is_portable_alone(&service->config))
		return service;
	if (service->config.hooks.count == 0) {
		no_hooks(&service->config, error);
		service_free(service);
		return NULL;
	}
	struct kept_hooks kept;
	kept_hooks_init(&kept, &service->arena, &service->config.hooks, state);
	if (read_at_rest(service, &broken)) {
		keep(service, &kept);
	} else if (!read_kept(service, &kept, &broken)) {
		service_free(service);
		return NULL;
	}
	return service;
}

/* --- The log --- */

/* As the reference, which is silent without -verbose but for what went wrong; a log file is there to be filled. */
static enum log_level level_of(const struct config *config)
{
	if (config->debug)
		return LOG_LEVEL_DEBUG;
	return config->verbose || config->logfile.len > 0 ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;
}

void service_apply_log_format(const struct service *service)
{
	log_set_format(str_equal_c(service->config.log_format, "json") ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
}

bool service_apply_logging(const struct service *service, struct error *error)
{
	struct str file = service->config.logfile;
	struct arena arena = ARENA_INIT;

	service_apply_log_format(service);
	bool opened = file.len == 0 || log_open(str_to_c(&arena, file), error);

	arena_release(&arena);
	log_set_level(level_of(&service->config));
	return opened;
}

/* --- The other program --- */

/* The path of `pocketci` in this program's folder, or NULL where that is not known. */
static char *program_beside(struct arena *arena)
{
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len <= 0)
		return NULL;
	self[len] = '\0';
	char *slash = strrchr(self, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return file_join(arena, self, "pocketci");
}

const char *service_find_program(struct arena *arena, const struct config *config)
{
	if (config->program.len > 0)
		return str_to_c(arena, config->program);
	const char *beside = program_beside(arena);
	if (beside != NULL && access(beside, X_OK) == 0)
		return beside;
	return POCKETCI_BINDIR "/pocketci";
}

void service_free(struct service *service)
{
	if (service == NULL)
		return;
	arena_release(&service->arena);
	if (--service->config_memory->users == 0) {
		arena_release(&service->config_memory->arena);
		free(service->config_memory);
	}
	free(service);
}
