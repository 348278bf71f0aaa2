/*
 * Everything that one run needs to know, made by the responder out of hook and request: what to check out, what to
 * start, with what. It travels over a socket to `pocketci exec` and holds no secret of pocketci.yaml but those that the
 * hook passes to its command: exec reads the others itself.
 */
#ifndef POCKETCI_RUN_JOB_H
#define POCKETCI_RUN_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct buf;
struct error;

struct job_variable {
	struct str name, value;
};

/* A value that the command gets as a file: its path is in the variable `name`. */
struct job_file {
	struct str name;
	struct str data;
};

struct job {
	struct str id; /* of the run */
	struct str hook;

	struct str *arguments; /* [0] is execute-command as written, or the shell of `script` */
	size_t argument_count;
	struct job_variable *variables; /* what the hook passes; added to the allow-list */
	size_t variable_count;
	struct job_file *files;
	size_t file_count;
	struct str script;        /* for the shell, which gets it as a file; empty: none */
	struct str input;         /* standard input */
	struct str directory;     /* command-working-directory as written; empty: none */
	bool inherit_environment; /* the whole environment of this process, as the reference */
	bool keep_processes;      /* what the command leaves behind lives on */
	bool stop_when_client_leaves;
	int64_t timeout;     /* ms from the start of the run; -1: none */
	int64_t stop_grace;  /* ms between stop_signal and SIGKILL */
	int64_t stop_signal; /* SIGTERM */
	bool dagger;         /* the command is dagger: its environment is cleared of what would change it */
	struct str dispatch; /* folder of a Dagger module whose functions are chosen by the event; empty: none */
	struct str filter;   /* with dispatch: branch, ref of a tag, or action */

	bool checkout; /* the rest counts only with it */
	struct str url;
	struct str ref;          /* refs/…; may be empty where commit is given */
	struct str commit;       /* full id; empty: the tip of ref */
	struct str short_commit; /* what the tip's id must begin with, where no full one is known; else empty */
	struct str before;
	bool fork;    /* it is a stranger's: nothing secret is in this job, and the repository's entry must allow it */
	bool changes; /* what is checked out is what was pushed or is to be pulled: changed files can be known */
	struct str base; /* refs/heads/…: a pull request's target, else the default branch; empty: the remote's HEAD */
	struct str *paths; /* patterns of changed files (base/glob.h): without any among them the run is skipped */
	size_t path_count;
	struct str forge;       /* "github", …; or empty */
	struct str event;       /* push, tag, …; or empty */
	struct str forge_event; /* the forge's own word for it: pull_request */
	struct str repository;  /* full name as the forge writes it */
	struct str branch, tag;
	struct str payload; /* the raw body, for POCKETCI_EVENT_FILE */
	struct str run_url; /* empty where base-url is not configured */
	struct str state;   /* the state folder */
};

void job_init(struct job *job);

/* How many bytes of text it holds, lists included. */
size_t job_size(const struct job *job);

/* The timeout as people write it ("1h", "90s", "1500ms", "none"), for messages. */
#define JOB_TIMEOUT_TEXT_SIZE 32
const char *job_timeout_text(const struct job *job, char out[static JOB_TIMEOUT_TEXT_SIZE]);

/*
 * The form on the pipe: fields by name with a length each, so that any bytes pass. job_read takes only what
 * job_write made: every error is ERROR_INVALID. Text is copied into the arena. An unknown field is an error: both
 * programs come from one build.
 */
void job_write(struct buf *out, const struct job *job);
bool job_read(struct arena *arena, struct str text, struct job *job, struct error *error);

#endif
