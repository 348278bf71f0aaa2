/*
 * The parent of the responder's children: it forks them, replaces the dead, has more of them while all are busy and
 * fewer later, reloads, drains. It serves no request itself.
 */
#ifndef POCKETCI_GATEWAY_PARENT_H
#define POCKETCI_GATEWAY_PARENT_H

struct listener;
struct service;

/*
 * Keeps the signals below until parent_run takes them: called before there is a socket, so that whoever saw it listen can end us in order
 * at once.
 */
void parent_hold_signals(void);

/*
 * Serves until SIGTERM or SIGINT, then drains: the listener is closed, children finish what they have, and returns the
 * exit status. While it drains a second signal cancels what still runs (each command tree gets its stop signal and, after
 * its grace, SIGKILL) and a third one kills children and commands at once. The files of the hooks are watched, and
 * loaded again when they change; SIGHUP loads configuration and hooks again, by the same arguments. What is broken is
 * logged and the old goes on; what is good is served by new children while the old finish.
 * SIGUSR1 opens the log file again. Children end when the parent dies. The service is the parent's from here on and
 * is freed.
 */
int parent_run(struct service *service, struct listener *listener, int argc, char **argv);

#endif
