/* stat(2), cut down to what changes when a file does. */
#include "base/identity.h"

#include <errno.h>
#include <sys/stat.h>

struct file_identity file_identify(const char *path)
{
	struct stat found;

	if (stat(path, &found) != 0)
		return (struct file_identity){.error = errno};
	return (struct file_identity){
		.device = found.st_dev,
		.inode = found.st_ino,
		.size = found.st_size,
		.modified = found.st_mtim,
		.changed = found.st_ctim,
	};
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b)
{
	return a->error == b->error && a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       same_time(a->modified, b->modified) && same_time(a->changed, b->changed);
}
