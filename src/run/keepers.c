/*
 * The queue and the lines are sockets that keep messages apart, so a job comes whole or not at all. That a keeper has
 * taken a job is decided in one place, the sender's end of the line: the keeper's answer is in it, or it is shut.
 */
#include "run/keepers.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "run/field.h"
#include "run/job.h"
#include "run/places.h"

/* How long an idle keeper may take to answer: one that is stopped, or on a machine that is stuck. */
#define ANSWER_MS 1000

struct keepers *keepers_new(struct places *places, struct error *error)
{
	struct keepers *keepers = calloc(1, sizeof(*keepers));
	if (!keepers)
		memory_exhausted(sizeof(*keepers));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, keepers->queue) != 0) {
		error_set_system(error, errno, "cannot make a socket");
		free(keepers);
		return NULL;
	}
	keepers->places = places;
	keepers->idle = places_new(KEEPERS_IDLE_MAX);
	return keepers;
}

void keepers_close(struct keepers *keepers)
{
	file_close(&keepers->queue[0]);
	file_close(&keepers->queue[1]);
}

void keepers_free(struct keepers *keepers)
{
	if (!keepers)
		return;
	keepers_close(keepers);
	places_free(keepers->idle);
	free(keepers);
}

/* --- The queue ---------------------------------------------------------------------------------------------------- */

union control {
	char data[CMSG_SPACE(sizeof(int))];
	struct cmsghdr aligned;
};

static bool put_line(int queue, int line)
{
	union control control = {.data = ""};
	char byte = '\0';
	struct iovec content = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &content,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(line));
	memcpy(CMSG_DATA(header), &line, sizeof(line));
	return sendmsg(queue, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

/* A line, or -1: none is there, or no descriptor for it. */
static int take_line(int queue)
{
	union control control = {.data = ""};
	char byte;
	int line = -1;
	struct iovec content = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &content,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	if (recvmsg(queue, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return -1;
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(line)))
		memcpy(&line, CMSG_DATA(header), sizeof(line));
	return line;
}

/* --- Handing on --------------------------------------------------------------------------------------------------- */

static void write_message(struct buf *out, const struct job *job, int place)
{
	field_write_number(out, "place", place);
	field_write(out, "request", str_from(log_get_field(LOG_FIELD_REQUEST)));
	job_write(out, job);
}

enum answer { ANSWER_TAKEN, ANSWER_GONE, ANSWER_LATE };

static bool is_answered(int line)
{
	char byte;
	return recv(line, &byte, 1, MSG_DONTWAIT) == 1;
}

static enum answer give(int line, struct str message)
{
	struct pollfd answer = {.fd = line, .events = POLLIN};
	if (send(line, message.data, message.len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)message.len)
		return ANSWER_GONE;
	if (poll(&answer, 1, ANSWER_MS) > 0)
		return is_answered(line) ? ANSWER_TAKEN : ANSWER_GONE;
	/* From here on the keeper cannot answer any more; where it has, that is still to be read. */
	shutdown(line, SHUT_RDWR);
	return is_answered(line) ? ANSWER_TAKEN : ANSWER_LATE;
}

bool keepers_hand_on(struct keepers *keepers, const struct job *job, int place)
{
	struct buf message = BUF_INIT;
	enum answer answer = ANSWER_GONE;
	int line;
	if (job_size(job) > KEEPERS_JOB_MAX)
		return false;
	while (answer == ANSWER_GONE && (line = take_line(keepers->queue[0])) >= 0) {
		if (message.len == 0)
			write_message(&message, job, place);
		answer = give(line, buf_str(&message));
		file_close(&line);
	}
	buf_release(&message);
	return answer == ANSWER_TAKEN;
}

/* --- Taking ------------------------------------------------------------------------------------------------------- */

static bool read_place(struct str *text, int *place)
{
	struct str name, value;
	int64_t number;
	if (field_next(text, &name, &value) != FIELD_TAKEN || !str_equal_c(name, "place") ||
	    !number_parse_signed(value, 0, INT32_MAX, &number))
		return false;
	*place = (int)number;
	return true;
}

static bool read_message(struct arena *arena, struct str text, struct job *job, int *place)
{
	struct error error = ERROR_INIT;
	struct str name, request;
	bool read = read_place(&text, place) && field_next(&text, &name, &request) == FIELD_TAKEN &&
	            str_equal_c(name, "request") && job_read(arena, text, job, &error);
	if (!read) {
		log_error("a keeper was sent something that is no job");
		return false;
	}
	log_set_context(str_to_c(arena, request));
	log_set_field(LOG_FIELD_HOOK, str_to_c(arena, job->hook));
	log_set_field(LOG_FIELD_RUN, str_to_c(arena, job->id));
	return true;
}

static bool receive(int line, struct arena *arena, struct job *job, int *place)
{
	struct buf message = BUF_INIT;
	ssize_t size = recv(line, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	if (size <= 0)
		return false; /* hung up */
	buf_reserve(&message, (size_t)size);
	ssize_t got = recv(line, message.data, (size_t)size, MSG_DONTWAIT);
	message.len = got > 0 ? (size_t)got : 0;
	message.data[message.len] = '\0';
	bool received = read_message(arena, buf_str(&message), job, place);
	buf_release(&message);
	return received;
}

/* Puts one end of a line into the queue and keeps the other; -1 where that cannot be. */
static int offer(const struct keepers *keepers)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	if (!put_line(keepers->queue[1], ends[1]))
		file_close(&ends[0]);
	file_close(&ends[1]);
	return ends[0];
}

bool keepers_next(struct keepers *keepers, struct arena *arena, struct job *job, int *place)
{
	int seat = places_take(keepers->idle, 0, 0);
	if (seat < 0)
		return false;
	struct pollfd line = {.fd = offer(keepers), .events = POLLIN};
	bool came = line.fd >= 0 && poll(&line, 1, KEEPERS_IDLE_TIME) > 0;
	places_leave(keepers->idle, seat);
	bool taken = came && receive(line.fd, arena, job, place) && send(line.fd, "", 1, MSG_NOSIGNAL) == 1;
	file_close(&line.fd);
	return taken;
}
