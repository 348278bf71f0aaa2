/*
 * A hook that fired and its job → a run, and the answer to whoever called. What has a checkout runs in `pocketci
 * exec`; a plain hook runs in a keeper where nobody waits for it, or where the web server may end this process while
 * somebody does (CGI), else as a child of this process. Keepers are used again (run/keepers.h).
 */
#ifndef POCKETCI_GATEWAY_START_H
#define POCKETCI_GATEWAY_START_H

#include <stdbool.h>

struct call;
struct hook;
struct job;

/*
 * Where the hook's output is the response: waits for the run's end, unless so many replies wait already that this one
 * may not (503, and nothing runs). Else the run is started and the answer is the hook's own, at once.
 */
void start_and_answer(struct call *call, const struct hook *hook, const struct job *job);

/*
 * Whether a reply may wait now for something that runs; where not, it is answered with 503. Who may gives the place back
 * with start_wait_no_more.
 */
bool start_may_wait(struct call *call);
void start_wait_no_more(const struct call *call);

#endif
