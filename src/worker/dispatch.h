/*
 * A delivery for hooks that stand in the repository which it is of: for each of its events the hooks file is read at the
 * event's commit, hooks are asked whether they fire, and each that does becomes a run of its own. They run one after the
 * other, in the order of the file.
 *
 * What is answered: for one hook what a hooks file on the server would make the responder answer; for all of them their
 * output, under a line for each that says how it ended, with 200 where all succeeded, else 500. Where none fires, why;
 * and where the hooks file is missing or wrong what `pocketci check` says of it, with 422.
 */
#ifndef POCKETCI_WORKER_DISPATCH_H
#define POCKETCI_WORKER_DISPATCH_H

struct config;
struct delivery;
struct run_listener;
struct run_result;
struct wire;

/*
 * Blocks until all runs have ended and nothing of them is left. The signature was checked before; which repository the
 * delivery is of is looked up again. listener is the wire's, with whatever cancels. The output and the plan of the reply
 * go to the wire; *result is what wire_finish is to send. Where the hook's output is not the response the wire is
 * finished here and left (gone) before the run begins.
 */
void dispatch(const struct delivery *delivery, const struct config *config, struct wire *wire,
              const struct run_listener *listener, struct run_result *result);

#endif
