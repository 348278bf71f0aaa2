/*
 * What a process that serves requests holds: made once (by the parent before it forks, or by a CGI process), read by
 * every request, never changed. A reload makes a new one.
 */
#ifndef POCKETCI_GATEWAY_SERVICE_H
#define POCKETCI_GATEWAY_SERVICE_H

#include <stdbool.h>

#include "base/arena.h"
#include "config/config.h"
#include "hook/hook.h"

struct error;
struct keepers;
struct scoreboard;

struct config_memory;

struct service {
	struct arena arena; /* of hooks */
	struct config config;
	struct config_memory *config_memory; /* of config and program; shared with those that service_renew makes */
	struct hooks hooks;
	bool without_hooks;            /* they could not be loaded; hooks.files names what is to be watched */
	enum config_wanted wanted;     /* what the flags ask for; hooks are read for CONFIG_WANTS_RUN only */
	const char *program;           /* path of `pocketci`, for `exec`; see service_find_program */
	const char *detached_log;      /* as CGI: where detached processes write their log; else NULL */
	struct scoreboard *scoreboard; /* NULL as CGI */
	int slot;                      /* this child's place on it */
	struct keepers *keepers;       /* of runs that nobody waits for; NULL as CGI */
};

/*
 * Reads flags (argc 0 as CGI: argv is never read there), configuration and hooks files. NULL and one error that names the
 * first problem and says how many more there are; where no hooks are configured it says what to write. With -nopanic hooks
 * that cannot be loaded are no error, but none are there and that is logged. Of logging the form of its lines is set,
 * since what is wrong with the hooks is told in it already; the rest is left as it is: see service_apply_logging.
 */
struct service *service_load(int argc, char **argv, struct error *error);

/*
 * The hooks files read anew under the configuration that the other one has; each is freed by itself. Never NULL; where
 * hooks cannot be loaded it is without_hooks, and error says why.
 */
struct service *service_renew(const struct service *service, struct error *error);

/*
 * service_load as CGI, with the log set up as far as it can be, and detached_log found. Hooks that are broken are stood
 * in for by the last good ones (gateway/kept_hooks.h); each way of being broken is logged once, and that they are good
 * again. Where an error was logged that way already it is ERROR_NONE.
 */
struct service *service_load_as_cgi(struct error *error);

/* Sets the form of the log's lines alone, as the configuration says. */
void service_apply_log_format(const struct service *service);

/*
 * Sets the log's level, form and file as the configuration says. A file that cannot be opened is an error, and the log stays
 * where it was.
 */
bool service_apply_logging(const struct service *service, struct error *error);

/*
 * config->program, else `pocketci` beside this program, else where it is installed (POCKETCI_BINDIR); in the arena. It
 * need not exist.
 */
const char *service_find_program(struct arena *arena, const struct config *config);

/* NULL is accepted. */
void service_free(struct service *service);

#endif
