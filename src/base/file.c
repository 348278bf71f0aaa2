/*
 * Reading, writing and opening files. Every descriptor is close-on-exec from the call that makes it, every call that a
 * signal can interrupt is repeated, and what fails leaves no file behind.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#define READ_SIZE ((size_t)64 * 1024)

#ifndef MFD_NOEXEC_SEAL /* glibc before 2.38 */
#define MFD_NOEXEC_SEAL 8U
#endif

/* Waits until a non-blocking descriptor can go on; true where errno says that waiting or repeating helps. */
static bool can_go_on(int descriptor, short events)
{
	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		return false;
	struct pollfd wait = {.fd = descriptor, .events = events};
	return poll(&wait, 1, -1) > 0 || errno == EINTR;
}

bool file_read_descriptor(int descriptor, const char *name, size_t cap, struct buf *out, struct error *error)
{
	size_t before = out->len;
	bool done = false;
	while (!done) {
		/* One byte more than may come, so that the end and "too large" can be told apart. */
		size_t left = cap - (out->len - before);
		size_t want = left < READ_SIZE ? left + 1 : READ_SIZE;
		buf_reserve(out, want);
		ssize_t got = read(descriptor, out->data + out->len, want);
		if (got < 0 && can_go_on(descriptor, POLLIN))
			continue;
		if (got < 0) {
			error_set_system(error, errno, "cannot read %s", name);
			break;
		}
		if ((size_t)got > left) {
			error_set(error, ERROR_TOO_LARGE, "%s is larger than %zu bytes", name, cap);
			break;
		}
		out->len += (size_t)got;
		done = got == 0;
	}
	if (!done)
		out->len = before;
	if (out->capacity > 0)
		out->data[out->len] = '\0';
	return done;
}

/* What a failed open means. Returns false. */
static bool open_failed(const char *path, int number, struct error *error)
{
	error_set_system(error, number, "cannot open %s", path);
	if (number == ENOENT || number == ENOTDIR)
		error->kind = ERROR_NOT_FOUND;
	return false;
}

bool file_read(const char *path, size_t cap, struct buf *out, struct error *error)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (descriptor < 0)
		return open_failed(path, errno, error);
	bool read = file_read_descriptor(descriptor, path, cap, out, error);
	file_close(&descriptor);
	return read;
}

bool file_write_all(int descriptor, const void *data, size_t len, const char *name, struct error *error)
{
	const char *rest = data;
	while (len > 0) {
		ssize_t written = write(descriptor, rest, len);
		if (written < 0 && can_go_on(descriptor, POLLOUT))
			continue;
		if (written < 0)
			return error_set_system(error, errno, "cannot write %s", name);
		rest += written;
		len -= (size_t)written;
	}
	return true;
}

/* Fills a file that was just made and closes it: network file systems report a full disk only then. */
static bool fill_and_close(int *descriptor, struct str data, mode_t mode, bool sync, const char *name,
                           struct error *error)
{
	bool filled = false;
	if (fchmod(*descriptor, mode) != 0)
		error_set_system(error, errno, "cannot set the mode of %s", name);
	else if (!file_write_all(*descriptor, data.data, data.len, name, error))
		;
	else if (sync && fsync(*descriptor) != 0)
		error_set_system(error, errno, "cannot write %s to disk", name);
	else
		filled = true;

	int closed = close(*descriptor);
	*descriptor = -1;
	if (filled && closed != 0 && errno != EINTR)
		return error_set_system(error, errno, "cannot write %s", name);
	return filled;
}

bool file_create(const char *path, struct str data, mode_t mode, struct error *error)
{
	/* 0600 until fchmod: a mode of 0400 must not stop a network file system from writing. */
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	if (descriptor < 0)
		return error_set_system(error, errno, "cannot create %s", path);
	if (fill_and_close(&descriptor, data, mode, false, path, error))
		return true;
	unlink(path);
	return false;
}

/* The folder that path lies in, as an owned buffer's text: "." where path names none. */
static void folder_of(const char *path, struct buf *folder)
{
	struct str whole = str_from(path);
	size_t slash = str_find_last(whole, '/');
	if (slash == whole.len)
		buf_append_c(folder, ".");
	else
		buf_append_str(folder, str_head(whole, slash == 0 ? 1 : slash));
}

/* Makes a rename durable. Some file systems cannot sync a folder and say EINVAL: they have nothing better to offer. */
static bool sync_folder(const char *folder, struct error *error)
{
	int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = descriptor >= 0 && (fsync(descriptor) == 0 || errno == EINVAL);
	if (!synced)
		error_set_system(error, errno, "cannot write the folder %s to disk", folder);
	file_close(&descriptor);
	return synced;
}

bool file_replace(const char *path, struct str data, mode_t mode, struct error *error)
{
	struct buf folder = BUF_INIT;
	struct buf temporary = BUF_INIT;
	bool replaced = false;
	folder_of(path, &folder);
	buf_printf(&temporary, "%s/.pocketci-XXXXXX", folder.data);

	int descriptor = mkostemp(temporary.data, O_CLOEXEC);
	if (descriptor < 0) {
		error_set_system(error, errno, "cannot create a file beside %s", path);
		goto cleanup;
	}
	if (!fill_and_close(&descriptor, data, mode, true, path, error)) {
		unlink(temporary.data);
		goto cleanup;
	}
	if (rename(temporary.data, path) != 0) {
		error_set_system(error, errno, "cannot replace %s", path);
		unlink(temporary.data);
		goto cleanup;
	}
	replaced = sync_folder(folder.data, error);

cleanup:
	buf_release(&temporary);
	buf_release(&folder);
	return replaced;
}

int file_open_unnamed(const char *folder, struct error *error)
{
	int descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (descriptor >= 0)
		return descriptor;
	if (errno != EOPNOTSUPP && errno != EISDIR) { /* a file system without it; a kernel without it */
		error_set_system(error, errno, "cannot create a temporary file in %s", folder);
		return -1;
	}

	struct buf path = BUF_INIT;
	buf_printf(&path, "%s/.pocketci-XXXXXX", folder);
	descriptor = mkostemp(path.data, O_CLOEXEC);
	if (descriptor < 0)
		error_set_system(error, errno, "cannot create a temporary file in %s", folder);
	else
		unlink(path.data);
	buf_release(&path);
	return descriptor;
}

/* What is in it is data, never a program, where the kernel knows the difference (6.3). */
static int open_memory(const char *name)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int descriptor = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	return descriptor >= 0 || errno != EINVAL ? descriptor : memfd_create(name, flags);
}

int file_open_sealed(const char *name, struct str data, struct error *error)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int descriptor = open_memory(name);
	if (descriptor < 0) {
		error_set_system(error, errno, "cannot open a file in memory");
		return -1;
	}
	if (!file_write_all(descriptor, data.data, data.len, "a file in memory", error)) {
		file_close(&descriptor);
	} else if (lseek(descriptor, 0, SEEK_SET) != 0 || fcntl(descriptor, F_ADD_SEALS, seals) != 0) {
		error_set_system(error, errno, "cannot seal a file in memory");
		file_close(&descriptor);
	}
	return descriptor;
}

int file_open_beneath(int folder, const char *path, int flags, struct error *error)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC | O_NOCTTY),
		.mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? 0600 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	/* EAGAIN: something was renamed while the kernel walked over "..", and it could not tell whether it left. */
	int descriptor;
	do {
		descriptor = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
	} while (descriptor < 0 && (errno == EINTR || (errno == EAGAIN && (flags & O_NONBLOCK) == 0)));
	if (descriptor >= 0)
		return descriptor;
	if (errno == EXDEV)
		error_set(error, ERROR_NOT_ALLOWED, "cannot open %s: it leads out of its folder", path);
	else if (errno == ELOOP)
		error_set(error, ERROR_NOT_ALLOWED, "cannot open %s: a symlink that is not to be followed", path);
	else
		open_failed(path, errno, error);
	return -1;
}

bool file_pipe(int ends[2], struct error *error)
{
	return pipe2(ends, O_CLOEXEC) == 0 || error_set_system(error, errno, "cannot make a pipe");
}

bool file_set_nonblocking(int descriptor, struct error *error)
{
	int flags = fcntl(descriptor, F_GETFL);
	if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0)
		return error_set_system(error, errno, "cannot make descriptor %d non-blocking", descriptor);
	return true;
}

void file_close(int *descriptor)
{
	int errno_before = errno;
	if (*descriptor >= 0)
		close(*descriptor); /* never repeated: after EINTR the number is free already */
	*descriptor = -1;
	errno = errno_before;
}

char *file_absolute(struct arena *arena, const char *path, struct error *error)
{
	if (path[0] == '\0') {
		error_set(error, ERROR_INVALID, "an empty path names no file");
		return NULL;
	}
	if (path[0] == '/')
		return arena_strdup(arena, path);

	char *folder = getcwd(NULL, 0);
	if (!folder) {
		error_set_system(error, errno, "cannot tell the current folder");
		return NULL;
	}
	char *absolute = file_join(arena, folder, path);
	free(folder);
	return absolute;
}

char *file_join(struct arena *arena, const char *folder, const char *name)
{
	size_t len = strlen(folder);
	bool needs_slash = len > 0 && folder[len - 1] != '/';
	return arena_printf(arena, "%s%s%s", folder, needs_slash ? "/" : "", name);
}
