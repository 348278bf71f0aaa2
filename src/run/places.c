/*
 * A place is a cell with the pid of its process, 0 where it is free: so one that was killed is found by its pid. (Where the
 * pid is another's by then, the place is lost until that one ends.) Whoever waits sleeps on a count of what has moved.
 */
#include "run/places.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

/* How often one that waits looks for places of the dead, who wake nobody. */
#define LOOK_EVERY_MS 100

struct places {
	int count;
	_Atomic int64_t moved_at; /* when a place was taken or left last */
	_Atomic uint32_t left;    /* how often one was left; a futex */
	_Atomic pid_t cells[];
};

static size_t size_for(int count)
{
	return sizeof(struct places) + (size_t)count * sizeof(_Atomic pid_t);
}

struct places *places_new(int count)
{
	size_t size = size_for(count);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		memory_exhausted(size);

	struct places *places = memory;
	places->count = count;
	atomic_init(&places->moved_at, clock_now());
	atomic_init(&places->left, 0);
	for (int i = 0; i < count; i++)
		atomic_init(&places->cells[i], 0);
	return places;
}

void places_free(struct places *places)
{
	if (places)
		munmap(places, size_for(places->count));
}

static int take_if_free(struct places *places)
{
	for (int i = 0; i < places->count; i++) {
		pid_t nobody = 0;
		if (atomic_load(&places->cells[i]) == 0 &&
		    atomic_compare_exchange_strong(&places->cells[i], &nobody, getpid())) {
			atomic_store(&places->moved_at, clock_now());
			return i;
		}
	}
	return -1;
}

static int take_of_the_dead(struct places *places)
{
	for (int i = 0; i < places->count; i++) {
		pid_t holder = atomic_load(&places->cells[i]);
		if (holder != 0 && kill(holder, 0) != 0)
			atomic_compare_exchange_strong(&places->cells[i], &holder, 0);
	}
	return take_if_free(places);
}

static void wait_for_leave(struct places *places, uint32_t seen, int64_t ms)
{
	struct timespec timeout = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	syscall(SYS_futex, &places->left, FUTEX_WAIT, seen, &timeout, NULL, 0);
}

int places_take(struct places *places, int64_t still, int64_t longest)
{
	int64_t deadline = clock_deadline(clock_now(), longest);

	for (;;) {
		uint32_t seen = atomic_load(&places->left);
		int place = take_if_free(places);
		if (place >= 0)
			return place;
		int64_t now = clock_now();
		int64_t until = clock_earlier(deadline, clock_deadline(atomic_load(&places->moved_at), still));
		if (now >= until)
			return take_of_the_dead(places);
		wait_for_leave(places, seen, clock_earlier(until - now, LOOK_EVERY_MS));
		place = seen == atomic_load(&places->left) ? take_of_the_dead(places) : -1;
		if (place >= 0)
			return place;
	}
}

void places_inherit(struct places *places, int place)
{
	atomic_store(&places->cells[place], getpid());
}

void places_leave(struct places *places, int place)
{
	atomic_store(&places->cells[place], 0);
	atomic_store(&places->moved_at, clock_now());
	atomic_fetch_add(&places->left, 1);
	syscall(SYS_futex, &places->left, FUTEX_WAKE, 1, NULL, NULL, 0);
}
