/*
 * The responder. In this order: CGI or not, flags and configuration, socket, privileges, log, pid file, loop. As CGI the
 * argument list is never looked at: RFC 3875 §4.4 makes a query string without "=" the argument list.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/cgi.h"
#include "gateway/fastcgi.h"
#include "gateway/listen.h"
#include "gateway/parent.h"
#include "gateway/privileges.h"
#include "gateway/serve.h"
#include "gateway/service.h"

#define BROKEN_REQUEST_TIMEOUT_MS 60000

/* A descriptor 0 to 2 that was closed would become that of a socket or file of ours. */
static void occupy_standard_descriptors(void)
{
	int descriptor;
	do {
		descriptor = open("/dev/null", O_RDWR);
	} while (descriptor >= 0 && descriptor <= STDERR_FILENO);
	file_close(&descriptor);
}

/* Memory, with its secrets, that a command of the same user cannot read. The umask stays what it was: it is the commands'. */
static void protect_process(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

static int fail(const struct error *error)
{
	log_error("%s", error->message);
	return error_exit_code(error->kind);
}

/* --- CGI ------------------------------------------------------------------------------------------------------------ */

static int run_as_cgi(void)
{
	struct error error = ERROR_INIT;
	struct service *service = service_load_as_cgi(&error);
	struct arena arena = ARENA_INIT;
	struct exchange *exchange =
		cgi_open(&arena, service != NULL ? service->config.request_timeout : BROKEN_REQUEST_TIMEOUT_MS);

	if (service != NULL) {
		serve(exchange, service);
	} else {
		if (error.kind != ERROR_NONE)
			log_error("%s", error.message);
		serve_broken(exchange);
	}
	cgi_finish(exchange);
	arena_release(&arena);
	service_free(service);
	return EXIT_SUCCESS; /* the response tells the rest; a web server takes another status for a broken program */
}

/* --- FastCGI -------------------------------------------------------------------------------------------------------- */

static int answer_flag(enum config_wanted wanted, const char *program)
{
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;

	if (wanted == CONFIG_WANTS_HELP)
		config_write_help(&text, program);
	else
		buf_append_c(&text, "pocketci " POCKETCI_VERSION "\n");
	bool written = file_write_all(STDOUT_FILENO, text.data, text.len, "standard output", &error);
	buf_release(&text);
	return written ? EXIT_SUCCESS : fail(&error);
}

static bool write_pidfile(const struct config *config, struct error *error)
{
	char text[32], path[4096];
	if (config->pidfile.len == 0)
		return true;
	snprintf(path, sizeof(path), "%.*s", STR_ARGS(config->pidfile));
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	return file_replace(path, str_from(text), 0644, error);
}

/* Its path is copied out, since a reload replaces the service. */
static int run_with_pidfile(struct service *service, struct listener *listener, int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	char *pidfile = str_to_c(&arena, service->config.pidfile);
	int status = parent_run(service, listener, argc, argv);

	if (pidfile[0] != '\0')
		unlink(pidfile);
	arena_release(&arena);
	return status;
}

static int run_as_fastcgi(int argc, char **argv)
{
	struct error error = ERROR_INIT;
	struct listener listener = {.descriptor = -1};
	struct service *service = service_load(argc, argv, &error);
	if (service == NULL)
		return fail(&error);
	int status;
	if (service->wanted != CONFIG_WANTS_RUN) {
		status = answer_flag(service->wanted, argv[0]);
		service_free(service);
		return status;
	}

	const struct config *config = &service->config;
	parent_hold_signals();
	if (listen_open(config, &listener, &error) && privileges_drop(config->setuid, config->setgid, &error) &&
	    service_apply_logging(service, &error) && write_pidfile(config, &error) && fastcgi_start(&error)) {
		protect_process();
		status = run_with_pidfile(service, &listener, argc, argv);
	} else {
		status = fail(&error);
		service_free(service);
	}
	listen_close(&listener);
	return status;
}

int main(int argc, char **argv)
{
	occupy_standard_descriptors();
	signal(SIGPIPE, SIG_IGN);
	if (cgi_is_wanted()) {
		protect_process();
		return run_as_cgi();
	}
	return run_as_fastcgi(argc, argv);
}
