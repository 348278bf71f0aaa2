/*
 * The descendants of this process: found in /proc by the parent that each process names, never by group or session,
 * which any process may leave. Only processes are counted that had not ended by themselves.
 */
#include "run/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

/* A process in uninterruptible sleep may outlast SIGKILL: then the run ends without it. */
#define SWEEP_LIMIT_MS 20000
/* How long a tree that goes on growing is stopped bit by bit before those met so far get their signal. */
#define FREEZE_LIMIT_MS 5000
/* Children that are reaped before the tree is looked at again. */
#define REAP_MAX 1000
/* How long one wait for a child takes before the tree is looked at again: others may be the ones that end. */
#define SWEEP_WAIT_MS 100
/*
 * How long nothing living may be reached before the sweep gives up: those left are another user's then. A process that
 * ends as soon as it has started the next is met only now and then.
 */
#define SWEEP_VAIN_MS 2000

struct entry {
	pid_t pid, parent, group, session;
	bool ended; /* a zombie */
	bool stopped;
	bool still; /* stopped, or in a sleep that no signal interrupts */
};

struct entries {
	struct entry *items;
	size_t count, capacity;
};

/*
 * "pid (name) state parent group session …": the name may hold spaces, parentheses and newlines, so it ends at the last one.
 * False where the process is gone.
 */
static bool read_entry(int proc, const char *pid_text, struct entry *entry)
{
	char path[32], line[512];
	snprintf(path, sizeof(path), "%.16s/stat", pid_text);
	int descriptor = openat(proc, path, O_RDONLY | O_CLOEXEC);
	ssize_t got = descriptor < 0 ? -1 : read(descriptor, line, sizeof(line) - 1);
	file_close(&descriptor);
	if (got <= 0)
		return false;
	line[got] = '\0';

	const char *name_end = strrchr(line, ')');
	if (!name_end || name_end[1] != ' ' || name_end[2] == '\0')
		return false;
	entry->pid = (pid_t)strtol(pid_text, NULL, 10);
	char *rest = NULL;
	entry->parent = (pid_t)strtol(name_end + 3, &rest, 10);
	entry->group = (pid_t)strtol(rest, &rest, 10);
	entry->session = (pid_t)strtol(rest, &rest, 10);
	char state = name_end[2]; /* proc(5) */
	entry->ended = state == 'Z' || state == 'X';
	entry->stopped = state == 'T' || state == 't';
	entry->still = entry->stopped || state == 'D';
	return entry->pid > 0;
}

static int by_parent(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;
	return (first->parent > second->parent) - (first->parent < second->parent);
}

static int by_pid(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;
	return (first->pid > second->pid) - (first->pid < second->pid);
}

static void sort(const struct entries *entries, int (*order)(const void *, const void *))
{
	if (entries->count > 1)
		qsort(entries->items, entries->count, sizeof(*entries->items), order);
}

static void add_entry(struct arena *arena, struct entries *entries, struct entry entry)
{
	entries->items = arena_grow(arena, entries->items, entries->count, &entries->capacity, sizeof(*entries->items));
	entries->items[entries->count++] = entry;
}

/* Every process of the machine but this one, ordered by parent. Empty where /proc cannot be read. */
static struct entries read_all(struct arena *arena)
{
	struct entries all = {NULL, 0, 0};
	pid_t self = getpid();
	DIR *folder = opendir("/proc");
	if (!folder) {
		log_warning("cannot read /proc, so processes that a command left behind are not found: %s",
		            strerror(errno));
		return all;
	}
	for (const struct dirent *found; (found = readdir(folder)) != NULL;) {
		struct entry entry;
		if (isdigit((unsigned char)found->d_name[0]) && read_entry(dirfd(folder), found->d_name, &entry) &&
		    entry.pid != self)
			add_entry(arena, &all, entry);
	}
	closedir(folder);
	sort(&all, by_parent);
	return all;
}

/* The first of all that has this parent, or the count. */
static size_t find_children(const struct entries *all, pid_t parent)
{
	size_t low = 0, high = all->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (all->items[middle].parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_children(struct arena *arena, const struct entries *all, pid_t parent, struct entries *kin)
{
	for (size_t i = find_children(all, parent); i < all->count && all->items[i].parent == parent; i++)
		add_entry(arena, kin, all->items[i]);
}

/* The descendants of this process, its children first. Each process names one parent, so none comes twice. */
static struct entries find_descendants(struct arena *arena)
{
	struct arena scratch = ARENA_INIT;
	struct entries all = read_all(&scratch);
	struct entries kin = {NULL, 0, 0};
	add_children(arena, &all, getpid(), &kin);
	for (size_t i = 0; i < kin.count; i++)
		add_children(arena, &all, kin.items[i].pid, &kin);
	arena_release(&scratch);
	return kin;
}

/*
 * Sends the signal to it, and to its process group where nobody else can be in that: a session that is not ours was begun
 * by a descendant. The kernel sends to a group at once, whoever is just being started in it included; one by one, a
 * process that ends as soon as it has started the next would be missed again and again.
 */
static bool signal_kin(const struct entry *entry, pid_t own_session, int signal)
{
	if (entry->group > 1 && entry->session > 1 && entry->session != own_session)
		kill(-entry->group, signal);
	return kill(entry->pid, signal) == 0;
}

/*
 * Kills all of them, zombies too: a process whose first thread ended looks like one. Returns how many living ones were
 * reached.
 */
static int64_t kill_all(const struct entries *kin)
{
	int64_t reached = 0;
	pid_t session = getsid(0);
	for (size_t i = 0; i < kin->count; i++) {
		if (signal_kin(&kin->items[i], session, SIGKILL) && !kin->items[i].ended)
			reached++;
	}
	return reached;
}

/* Sends the signal to each of them, once. */
static int64_t signal_each(const struct entries *kin, int signal)
{
	int64_t reached = 0;
	for (size_t i = 0; i < kin->count; i++) {
		if (kill(kin->items[i].pid, signal) == 0 && !kin->items[i].ended)
			reached++;
	}
	return reached;
}

pid_t process_any_child(void)
{
	struct arena arena = ARENA_INIT;
	struct entries all = read_all(&arena);
	pid_t self = getpid(), child = 0;
	size_t first = find_children(&all, self);
	if (first < all.count && all.items[first].parent == self)
		child = all.items[first].pid;
	arena_release(&arena);
	return child;
}

bool process_has_children(void)
{
	siginfo_t info;
	int found;
	do {
		found = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
	} while (found < 0 && errno == EINTR);
	return found == 0;
}

/*
 * Reaps children that have ended; not all there are, where they end as fast as this reaps. False where no child is left.
 */
static bool reap(pid_t pid, int *status)
{
	for (int i = 0; i < REAP_MAX; i++) {
		int ended_with;
		pid_t ended = waitpid(-1, &ended_with, WNOHANG);
		if (ended == pid && ended > 0)
			*status = ended_with;
		if (ended == 0)
			return true;
		if (ended < 0 && errno != EINTR)
			return false;
	}
	return true;
}

static bool holds(const struct entries *entries, pid_t pid)
{
	struct entry key = {.pid = pid};
	return entries->count > 0 && bsearch(&key, entries->items, entries->count, sizeof(key), by_pid) != NULL;
}

/* What one sweep knows. */
struct sweep {
	struct arena arena;
	struct entries known; /* the tree as last seen, ordered by pid: all of it was sent SIGSTOP */
	int64_t ended;        /* processes met so far */
};

/* Stops one that runs. True where it will take a moment: it must be looked at again. */
static bool stop_entry(struct sweep *sweep, const struct entry *entry)
{
	if (entry->ended)
		return false;
	bool fresh = !holds(&sweep->known, entry->pid);
	if (entry->still && !fresh)
		return false;
	bool stops = signal_kin(entry, getsid(0), SIGSTOP);
	sweep->ended += fresh && stops;
	return fresh || stops;
}

/*
 * Stops the tree until two looks at it show nobody new and nobody who runs: only then can nobody start another. A process
 * in the middle of fork(2) has its child first and stops then, and the child does not; and one look is not enough, since
 * the child may have a number that the look has passed already. A tree whose processes are killed one by one while others
 * fork may never come to an end.
 */
static void freeze(struct sweep *sweep)
{
	int64_t deadline = clock_deadline(clock_now(), FREEZE_LIMIT_MS);
	int quiet = 0;
	while (quiet < 2 && clock_now() < deadline) {
		struct entries kin = find_descendants(&sweep->arena);
		bool moves = false;
		for (size_t i = 0; i < kin.count; i++)
			moves |= stop_entry(sweep, &kin.items[i]);
		quiet = moves ? 0 : quiet + 1;
		sort(&kin, by_pid);
		sweep->known = kin;
		if (moves)
			sched_yield();
	}
}

/* Those that are stopped and were in no look so far. */
static struct entries find_missed(struct sweep *sweep, const struct entries *kin)
{
	struct entries missed = {NULL, 0, 0};
	for (size_t i = 0; i < kin->count; i++) {
		const struct entry *entry = &kin->items[i];
		if (entry->stopped && !holds(&sweep->known, entry->pid))
			add_entry(&sweep->arena, &missed, *entry);
	}
	return missed;
}

/*
 * A tree that grows faster than it is looked through is not frozen to its last process when the time for that is over;
 * and what was stopped with its group alone would stay so for good.
 */
static int64_t signal_missed(struct sweep *sweep, int signal)
{
	int64_t deadline = clock_deadline(clock_now(), FREEZE_LIMIT_MS), reached = 0;
	while (clock_now() < deadline) {
		struct entries kin = find_descendants(&sweep->arena);
		struct entries missed = find_missed(sweep, &kin);
		if (missed.count == 0)
			break;
		reached += signal_each(&missed, signal);
		signal_each(&missed, SIGCONT);
		sort(&kin, by_pid);
		sweep->known = kin;
	}
	return reached;
}

int64_t process_signal_descendants(int signal)
{
	struct sweep sweep = {.arena = ARENA_INIT};
	freeze(&sweep);
	int64_t reached = signal_each(&sweep.known, signal);
	signal_each(&sweep.known, SIGCONT);
	reached += signal_missed(&sweep, signal);
	arena_release(&sweep.arena);
	return reached;
}

/*
 * Waits a little for some child to end. Children that /proc does not show, or that we may not see, are not waited
 * for.
 */
static void wait_for_child(const struct entries *known)
{
	pid_t self = getpid();
	for (size_t i = 0; i < known->count; i++) {
		if (known->items[i].parent != self)
			continue;
		struct pollfd wait = {.fd = pidfd_open(known->items[i].pid, 0), .events = POLLIN};
		if (wait.fd < 0)
			continue;
		poll(&wait, 1, SWEEP_WAIT_MS);
		file_close(&wait.fd);
		return;
	}
}

int64_t process_sweep_around(pid_t pid, int *status)
{
	if (!process_has_children())
		return 0;
	struct sweep sweep = {.arena = ARENA_INIT};
	int64_t now = clock_now(), reached = now;
	int64_t deadline = clock_deadline(now, SWEEP_LIMIT_MS);
	while (reap(pid, status) && now < deadline && now - reached < SWEEP_VAIN_MS) {
		freeze(&sweep);
		now = clock_now();
		if (kill_all(&sweep.known) > 0)
			reached = now;
		wait_for_child(&sweep.known);
	}
	if (process_has_children())
		log_warning("processes that a command left behind could not be ended");
	arena_release(&sweep.arena);
	return sweep.ended;
}

int64_t process_sweep(void)
{
	int status;
	return process_sweep_around(0, &status);
}
