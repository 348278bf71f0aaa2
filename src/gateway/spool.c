/*
 * The file is made when memory no longer suffices, so that the usual reply touches no disk. Once something was
 * dropped, all that follows is.
 */
#include "gateway/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "gateway/amount.h"

enum { MEMORY_MAX = 256 * 1024, PIECE_SIZE = 64 * 1024 };

void spool_init(struct spool *spool, struct arena *arena, const struct config *config)
{
	*spool = (struct spool){.arena = arena, .config = config, .memory = BUF_INIT, .file = -1, .ends_line = true};
}

/* The state folder where one is configured, which is where room was made for output; else where temporary files go. */
static const char *folder_of(const struct spool *spool)
{
	struct str state;
	struct error ignored = ERROR_INIT;
	if (spool->config->state.len > 0 && config_state(spool->arena, spool->config, &state, &ignored))
		return str_to_c(spool->arena, state);
	const char *temporary = getenv("TMPDIR");
	return temporary && *temporary ? temporary : "/tmp";
}

static bool move_to_file(struct spool *spool)
{
	spool->file = file_open_unnamed(folder_of(spool), &spool->error);
	if (spool->file < 0)
		return false;
	bool written =
		file_write_all(spool->file, spool->memory.data, spool->memory.len, "the output's file", &spool->error);
	if (written)
		buf_release(&spool->memory);
	else
		file_close(&spool->file);
	return written;
}

/* False, with spool->error set, where it cannot be kept. */
static bool keep(struct spool *spool, struct str data)
{
	if (spool->file < 0 && spool->memory.len + data.len <= MEMORY_MAX) {
		buf_append_str(&spool->memory, data);
		return true;
	}
	if (spool->file < 0 && !move_to_file(spool))
		return false;
	return file_write_all(spool->file, data.data, data.len, "the output's file", &spool->error);
}

void spool_append(struct spool *spool, struct str data)
{
	if (data.len == 0 || spool->error.kind != ERROR_NONE)
		return;
	int64_t room = spool->config->limits.output - spool->length;
	struct str fitting = (int64_t)data.len > room ? str_head(data, (size_t)room) : data;

	if (fitting.len > 0) {
		if (!keep(spool, fitting))
			return;
		spool->length += (int64_t)fitting.len;
		spool->ends_line = fitting.data[fitting.len - 1] == '\n';
	}
	if (fitting.len < data.len)
		error_set(&spool->error, ERROR_TOO_LARGE, "the output is larger than the limit of %s",
		          amount_size(spool->arena, spool->config->limits.output));
}

bool spool_read(const struct spool *spool, void (*take)(void *context, struct str piece), void *context,
                struct error *error)
{
	if (spool->file < 0) {
		take(context, buf_str(&spool->memory));
		return true;
	}
	struct buf piece = BUF_INIT;
	buf_reserve(&piece, PIECE_SIZE);
	int64_t done = 0;
	while (done < spool->length) {
		int64_t left = spool->length - done;
		ssize_t got = pread(spool->file, piece.data, left < PIECE_SIZE ? (size_t)left : PIECE_SIZE, done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			error_set_system(error, got < 0 ? errno : EIO, "cannot read the output's file again");
			break;
		}
		take(context, (struct str){piece.data, (size_t)got});
		done += got;
	}
	buf_release(&piece);
	return done == spool->length;
}

void spool_release(struct spool *spool)
{
	buf_release(&spool->memory);
	file_close(&spool->file);
	spool->length = 0;
	spool->ends_line = true;
}
