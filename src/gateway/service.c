/*
 * Configuration and hooks, loaded together or not at all: whoever has a struct service has one that can serve.
 */
#include "gateway/service.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/problem.h"
#include "hook/file.h"

static bool no_hooks(const struct config *config, struct error *error)
{
	const char *file = config->path.len > 0 ? config->path.data : "/etc/pocketci/pocketci.yaml";
	return error_set(error, ERROR_INVALID,
	                 "no hooks: name a file of hooks with -hooks FILE, or with a line \"hooks: FILE\" in %s", file);
}

static bool read_files(struct service *service, struct error *error)
{
	const struct text_list *files = &service->config.hooks;
	const struct hooks_options options = {
		.template = service->config.template,
		.secrets = &service->config.secrets,
	};
	struct arena arena = ARENA_INIT;
	struct problems problems = {.arena = &arena};

	for (size_t i = 0; i < files->count; i++)
		hooks_read_file(&service->arena, &service->hooks, files->items[i].data, &options, &problems);
	bool good = problems_report(&problems, error);
	arena_release(&arena);
	return good;
}

static bool read_hooks(struct service *service, struct error *error)
{
	struct error broken = ERROR_INIT;

	if (service->config.hooks.count == 0)
		return no_hooks(&service->config, error);
	if (read_files(service, &broken))
		return true;
	if (!service->config.nopanic) {
		*error = broken;
		return false;
	}
	log_error("no hooks are served: %s", broken.message);
	service->hooks = (struct hooks){0};
	service->without_hooks = true;
	return true;
}

struct service *service_load(int argc, char **argv, struct error *error)
{
	struct service *service = calloc(1, sizeof(*service));
	if (service == NULL)
		memory_exhausted(sizeof(*service));

	service->arena = (struct arena)ARENA_INIT;
	config_init(&service->config);
	if (!config_load(&service->arena, &service->config, argc, argv, &service->wanted, error))
		goto failed;
	/* What is wrong with the hooks is told in this form already. */
	log_set_format(str_equal_c(service->config.log_format, "json") ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
	if (service->wanted == CONFIG_WANTS_RUN && !read_hooks(service, error))
		goto failed;
	service->program = service_find_program(&service->arena, &service->config);
	return service;

failed:
	service_free(service);
	return NULL;
}

/* As the reference, which is silent without -verbose but for what went wrong; a log file is there to be filled. */
static enum log_level level_of(const struct config *config)
{
	if (config->debug)
		return LOG_LEVEL_DEBUG;
	return config->verbose || config->logfile.len > 0 ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;
}

bool service_apply_logging(const struct service *service, struct error *error)
{
	struct str file = service->config.logfile;
	struct arena arena = ARENA_INIT;
	bool opened = file.len == 0 || log_open(str_to_c(&arena, file), error);

	arena_release(&arena);
	log_set_level(level_of(&service->config));
	return opened;
}

void service_find_detached_log(struct service *service)
{
	struct error error = ERROR_INIT; /* a run that needs the state folder will say so */
	struct str state;

	if (service->config.logfile.len > 0)
		service->detached_log = str_to_c(&service->arena, service->config.logfile);
	else if (config_state(&service->arena, &service->config, &state, &error))
		service->detached_log = file_join(&service->arena, str_to_c(&service->arena, state), "pocketci.log");
	else
		service->detached_log = "/dev/null";
}

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
	free(service);
}
