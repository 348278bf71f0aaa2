/*
 * The file begins with what the current files must look like for it to be up to date, so that this is one comparison:
 *
 *     pocketci-hooks 1 NUL, each path NUL, each identity LF ("broken" while they are), length of the complaint LF, length
 *     of each text LF (or "none"), the complaint, the texts
 *
 * Whoever changes it holds a lock on the folder. Nobody waits for the lock: the other one is doing the same.
 */
#include "gateway/kept_hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/number.h"
#include "config/keys.h"
#include "config/yaml.h"

#define MAGIC "pocketci-hooks 1"
#define COMPLAINT_MAX 4096

/* FNV-1a: a digest of libcrypto's would cost a CGI process more than all else here. The paths are compared as well. */
static uint64_t hash_paths(const struct text_list *files)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < files->count; i++) {
		for (size_t k = 0; k <= files->items[i].len; k++)
			hash = (hash ^ (unsigned char)files->items[i].data[k]) * 0x100000001b3;
	}
	return hash;
}

void kept_hooks_init(struct kept_hooks *kept, struct arena *arena, const struct text_list *files, const char *state)
{
	*kept = (struct kept_hooks){.arena = arena, .files = files, .complaint = STR("")};
	if (state == NULL)
		return;
	kept->folder = file_join(arena, state, "hooks");
	kept->path = arena_printf(arena, "%s/%016" PRIx64, kept->folder, hash_paths(files));
}

/* --- Reading --- */

/* -1 where it is missing, or not a file that this user alone could have written. */
static int open_kept(const struct kept_hooks *kept, size_t *size)
{
	struct stat found;
	int descriptor =
		kept->path == NULL ? -1 : open(kept->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (descriptor >= 0 && (fstat(descriptor, &found) != 0 || !S_ISREG(found.st_mode) ||
	                        found.st_uid != geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH))))
		file_close(&descriptor);
	if (descriptor >= 0)
		*size = (size_t)found.st_size;
	return descriptor;
}

static bool begins_with(const struct kept_hooks *kept, struct str head)
{
	char *begin = arena_alloc(kept->arena, head.len);
	size_t size = 0;
	int descriptor = open_kept(kept, &size);
	bool same = descriptor >= 0 && size >= head.len && pread(descriptor, begin, head.len, 0) == (ssize_t)head.len &&
	            memcmp(begin, head.data, head.len) == 0;

	file_close(&descriptor);
	return same;
}

static bool take_length(struct str *rest, uint64_t max, uint64_t *length)
{
	struct str line;
	return str_split_next(rest, '\n', &line) && number_parse_unsigned(line, 0, max, length);
}

static bool take_bytes(struct str *rest, uint64_t length, struct str *bytes)
{
	if (length > rest->len)
		return false;
	*bytes = str_head(*rest, (size_t)length);
	*rest = str_from_index(*rest, (size_t)length);
	return true;
}

static bool take_texts(struct kept_hooks *kept, struct str *rest)
{
	size_t count = kept->files->count;
	uint64_t *lengths = arena_array(kept->arena, count, sizeof(*lengths));
	struct str *texts = arena_array(kept->arena, count, sizeof(*texts)), none = *rest, line;
	uint64_t complaint;

	if (!take_length(rest, COMPLAINT_MAX, &complaint))
		return false;
	none = *rest;
	if (str_split_next(&none, '\n', &line) && str_equal_c(line, "none")) {
		*rest = none;
		count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		if (!take_length(rest, yaml_limits_server.bytes, &lengths[i]))
			return false;
	}
	bool whole = take_bytes(rest, complaint, &kept->complaint);
	for (size_t i = 0; i < count && whole; i++)
		whole = take_bytes(rest, lengths[i], &texts[i]);
	if (whole && count > 0)
		kept->texts = texts;
	return whole && rest->len == 0;
}

static void write_paths(const struct kept_hooks *kept, struct buf *out)
{
	buf_append(out, MAGIC, sizeof(MAGIC));
	for (size_t i = 0; i < kept->files->count; i++)
		buf_append(out, kept->files->items[i].data, kept->files->items[i].len + 1);
}

/* What it holds that is not of these very paths, or not whole, counts as nothing. */
static void parse(struct kept_hooks *kept, struct str content)
{
	struct buf paths = BUF_INIT;
	struct str rest = content, line;

	write_paths(kept, &paths);
	bool good = str_starts(content, buf_str(&paths));
	rest = str_from_index(content, good ? paths.len : content.len);
	for (size_t i = 0; i < kept->files->count && good; i++)
		good = str_split_next(&rest, '\n', &line);
	if (!good || !take_texts(kept, &rest)) {
		kept->texts = NULL;
		kept->complaint = STR("");
	}
	buf_release(&paths);
}

static void read_kept(struct kept_hooks *kept)
{
	struct error ignored = ERROR_INIT;
	struct buf content = BUF_INIT;
	size_t size = 0, cap = (kept->files->count + 1) * yaml_limits_server.bytes;
	int descriptor = open_kept(kept, &size);

	kept->texts = NULL;
	kept->complaint = STR("");
	if (descriptor >= 0 && file_read_descriptor(descriptor, kept->path, cap, &content, &ignored))
		parse(kept, str_copy(kept->arena, buf_str(&content)));
	buf_release(&content);
	file_close(&descriptor);
}

/* --- Writing --- */

static void write_identity(struct buf *out, const struct file_identity *identity)
{
	buf_printf(out, "%llu %llu %lld %lld.%09ld %lld.%09ld\n", (unsigned long long)identity->device,
	           (unsigned long long)identity->inode, (long long)identity->size, (long long)identity->modified.tv_sec,
	           identity->modified.tv_nsec, (long long)identity->changed.tv_sec, identity->changed.tv_nsec);
}

/* identities NULL: the files are broken. */
static void write_head(const struct kept_hooks *kept, const struct file_identity *identities, struct buf *out)
{
	write_paths(kept, out);
	for (size_t i = 0; i < kept->files->count; i++) {
		if (identities != NULL)
			write_identity(out, &identities[i]);
		else
			buf_append_c(out, "broken\n");
	}
}

static void write_rest(const struct kept_hooks *kept, struct buf *out)
{
	buf_printf(out, "%zu\n", kept->complaint.len);
	if (kept->texts == NULL)
		buf_append_c(out, "none\n");
	for (size_t i = 0; i < kept->files->count && kept->texts != NULL; i++)
		buf_printf(out, "%zu\n", kept->texts[i].len);
	buf_append_str(out, kept->complaint);
	for (size_t i = 0; i < kept->files->count && kept->texts != NULL; i++)
		buf_append_str(out, kept->texts[i]);
}

static bool write_kept(const struct kept_hooks *kept, const struct file_identity *identities, struct error *error)
{
	struct buf content = BUF_INIT;

	write_head(kept, identities, &content);
	write_rest(kept, &content);
	bool written = file_replace(kept->path, buf_str(&content), 0600, error);
	buf_release(&content);
	return written;
}

/* The descriptor that holds the lock, or -1: without an error where somebody else has it. */
static int lock(const struct kept_hooks *kept, struct error *error)
{
	if (kept->folder == NULL || !file_make_folders(kept->folder, 0700, error))
		return -1;
	int descriptor = open(kept->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (descriptor < 0)
		error_set_system(error, errno, "cannot open %s", kept->folder);
	else if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
		file_close(&descriptor);
	return descriptor;
}

/* --- The two cases --- */

/* False where one of them is not any more what it was: the next request keeps them. */
static bool read_texts(struct kept_hooks *kept, const struct file_identity *identities, struct error *error)
{
	size_t count = kept->files->count;
	bool same = true;

	kept->texts = arena_array(kept->arena, count, sizeof(*kept->texts));
	for (size_t i = 0; i < count && same; i++) {
		const char *path = kept->files->items[i].data;
		struct buf text = BUF_INIT;
		same = file_read(path, yaml_limits_server.bytes, &text, error);
		kept->texts[i] = str_copy(kept->arena, buf_str(&text));
		buf_release(&text);
		struct file_identity now = file_identify(path);
		same = same && file_identity_equal(&now, &identities[i]);
	}
	return same;
}

bool kept_hooks_good(struct kept_hooks *kept, const struct file_identity *identities, struct error *error)
{
	struct buf head = BUF_INIT;
	bool again = false;
	int locked = -1;

	write_head(kept, identities, &head);
	if (begins_with(kept, buf_str(&head)))
		goto cleanup;
	locked = lock(kept, error);
	if (locked < 0)
		goto cleanup;
	read_kept(kept);
	bool complained = kept->complaint.len > 0;
	kept->complaint = STR("");
	again = read_texts(kept, identities, error) && write_kept(kept, identities, error) && complained;

cleanup:
	file_close(&locked);
	buf_release(&head);
	return again;
}

bool kept_hooks_broken(struct kept_hooks *kept, const char *why)
{
	struct error error = ERROR_INIT;

	read_kept(kept);
	if (str_equal_c(kept->complaint, why))
		return false;
	int locked = lock(kept, &error);
	if (locked < 0)
		return kept->folder == NULL || error.kind != ERROR_NONE;
	read_kept(kept); /* another may have said it meanwhile */
	bool news = !str_equal_c(kept->complaint, why);
	kept->complaint = str_copy(kept->arena, str_from(why));
	if (news)
		write_kept(kept, NULL, &error);
	file_close(&locked);
	return news;
}
