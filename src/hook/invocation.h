/*
 * A hook that fired, with its request → the job to run.
 */
#ifndef POCKETCI_HOOK_INVOCATION_H
#define POCKETCI_HOOK_INVOCATION_H

#include <stdbool.h>

#include "base/str.h"

struct config;
struct error;
struct hook;
struct job;
struct request;

enum invocation {
	INVOCATION_RUN,
	/*
	 * A checkout was wanted, and the event names no commit: its ref was deleted, or it is no push. Or it is a pull
	 * request from a fork, and these are not allowed (fork.h). error says so.
	 */
	INVOCATION_NOTHING_TO_DO,
	/*
	 * error says why: no clone URL or commit in the request (ERROR_INVALID), not listed under repositories
	 * (ERROR_NOT_ALLOWED), no state folder (ERROR_STORAGE).
	 */
	INVOCATION_REFUSED,
};

/*
 * Fills *job out of the request's arena: arguments (a missing one is empty), variables (a missing one is left out;
 * without envname HOOK_ and the name as written), files (HOOK_ and the name in upper case; base64), uploads
 * (upload.h), standard input (empty where it is missing), the script or the command, directory, timeout; for a checkout URL, ref, commit and event. Missing parameters are logged by name, values never.
 * job->state is set where there is a checkout. The payload of a job with a checkout is the body, or the one field
 * of a form that holds it. What is secret is as if it were missing where job->fork is set.
 */
enum invocation invocation_make(const struct hook *hook, struct request *request, const struct config *config,
                                struct job *job, struct error *error);

/* The same, but no folder is made and job->state stays empty: for those who only want to know. */
enum invocation invocation_plan(const struct hook *hook, struct request *request, const struct config *config,
                                struct job *job, struct error *error);

/*
 * Replaces parameters by the JSON they hold, as parse-parameters-as-json says; before the rule is evaluated, and before
 * anybody asks for the payload: a file of a multipart body that it names is read as JSON. What does not parse is logged
 * and stays.
 */
void invocation_parse_parameters(const struct hook *hook, struct request *request);

#endif
