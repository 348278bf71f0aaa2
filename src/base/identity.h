/*
 * What tells one version of a file from the next: which file it is and when it was changed last, symlinks followed. A
 * file that is written twice within one tick of the clock (up to 10 ms before Linux 6.13), to the same size, has one
 * identity.
 */
#ifndef POCKETCI_BASE_IDENTITY_H
#define POCKETCI_BASE_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct file_identity {
	int error; /* why there is no file, an errno value, and all else is 0; 0: there is one */
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed; /* mtime and ctime: a rename changes ctime alone */
};

/* Of the file at path, now. */
struct file_identity file_identify(const char *path);

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b);

#endif
