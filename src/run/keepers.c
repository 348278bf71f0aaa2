/*
 * A line is two pipes: one for the job, to write it and to take it back, and one for the answer, which hangs up where the
 * keeper is gone. Who reads the job has it. It goes into an empty pipe by one write(2) and out by one read(2), so it is
 * there whole or not at all. (Sockets would do as well, but while one is in a queue Linux 6.10 to 6.18 looks for lost
 * ones at each close of a Unix socket on the machine: 30 us a run.)
 */
#include "run/keepers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
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

/* What an empty pipe takes at once (pipe(7)). */
#define MESSAGE_MAX ((size_t)64 * 1024)

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

/* What the sender has of a line: the job's pipe, both ends, and the end of the answer's that is read. */
struct line {
	int take_back, job, answer;
};

#define LINE_INIT \
	{ \
		-1, -1, -1 \
	}

static void line_close(struct line *line)
{
	file_close(&line->take_back);
	file_close(&line->job);
	file_close(&line->answer);
}

union control {
	char data[CMSG_SPACE(sizeof(struct line))];
	struct cmsghdr aligned;
};

static bool put_line(int queue, const struct line *line)
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
	header->cmsg_len = CMSG_LEN(sizeof(*line));
	memcpy(CMSG_DATA(header), line, sizeof(*line));
	return sendmsg(queue, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

/* Descriptors that came without the others, since there was no room for more. */
static void close_some(const struct cmsghdr *header)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (size_t i = 0; i < count; i++) {
		int descriptor;
		memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(descriptor), sizeof(descriptor));
		file_close(&descriptor);
	}
}

/* False where none is there, or no descriptors for it. */
static bool take_line(int queue, struct line *line)
{
	union control control = {.data = ""};
	char byte;
	struct iovec content = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &content,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	if (recvmsg(queue, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return false;
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return false;
	if (header->cmsg_len != CMSG_LEN(sizeof(*line))) {
		close_some(header);
		return false;
	}
	memcpy(line, CMSG_DATA(header), sizeof(*line));
	return true;
}

/* --- Handing on --------------------------------------------------------------------------------------------------- */

/* The length of the rest comes first: a pipe that is small, since this user has many, may take less than all of it. */
static void write_message(struct buf *out, const struct job *job, int place)
{
	uint32_t size = 0;
	buf_append(out, &size, sizeof(size));
	field_write_number(out, "place", place);
	field_write(out, "request", str_from(log_get_field(LOG_FIELD_REQUEST)));
	job_write(out, job);
	size = (uint32_t)(out->len - sizeof(size));
	memcpy(out->data, &size, sizeof(size));
}

enum answer { ANSWER_TAKEN, ANSWER_GONE, ANSWER_LATE };

/* What the keeper has not read yet it never will. */
static bool take_back(const struct line *line, struct buf *message)
{
	return read(line->take_back, message->data, message->len) > 0;
}

static enum answer give(const struct line *line, struct buf *message)
{
	struct pollfd answer = {.fd = line->answer, .events = POLLIN};
	char byte;
	if (write(line->job, message->data, message->len) != (ssize_t)message->len)
		return ANSWER_GONE;
	if (poll(&answer, 1, ANSWER_MS) > 0)
		return read(line->answer, &byte, 1) == 1 ? ANSWER_TAKEN : ANSWER_GONE;
	return take_back(line, message) ? ANSWER_LATE : ANSWER_TAKEN;
}

bool keepers_hand_on(struct keepers *keepers, const struct job *job, int place)
{
	struct buf message = BUF_INIT;
	struct line line = LINE_INIT;
	enum answer answer = ANSWER_GONE;
	if (job_size(job) > KEEPERS_JOB_MAX)
		return false;
	while (answer == ANSWER_GONE && take_line(keepers->queue[0], &line)) {
		if (message.len == 0)
			write_message(&message, job, place);
		answer = message.len <= MESSAGE_MAX ? give(&line, &message) : ANSWER_LATE;
		line_close(&line);
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

static bool receive(int pipe, struct arena *arena, struct job *job, int *place)
{
	struct buf message = BUF_INIT;
	uint32_t size;
	buf_reserve(&message, MESSAGE_MAX);
	ssize_t got = read(pipe, message.data, MESSAGE_MAX);
	bool received = got >= (ssize_t)sizeof(size);
	if (received) {
		memcpy(&size, message.data, sizeof(size));
		message.len = (size_t)got;
		message.data[message.len] = '\0';
		struct str text = str_from_index(buf_str(&message), sizeof(size));
		received = text.len == size && read_message(arena, text, job, place);
	}
	buf_release(&message);
	return received;
}

/* Puts a line into the queue; the keeper's own ends of it are *job and *answer, or -1. */
static bool offer(const struct keepers *keepers, int *job, int *answer)
{
	int jobs[2] = {-1, -1}, answers[2] = {-1, -1};
	bool made = pipe2(jobs, O_CLOEXEC | O_NONBLOCK) == 0 && pipe2(answers, O_CLOEXEC | O_NONBLOCK) == 0;
	const struct line line = {jobs[0], jobs[1], answers[0]};
	bool put = made && put_line(keepers->queue[1], &line);
	file_close(&jobs[1]);
	file_close(&answers[0]);
	*job = jobs[0];
	*answer = answers[1];
	return put;
}

bool keepers_next(struct keepers *keepers, struct arena *arena, struct job *job, int *place)
{
	int answer, seat = places_take(keepers->idle, 0, 0);
	if (seat < 0)
		return false;
	struct pollfd jobs = {.fd = -1, .events = POLLIN};
	bool came = offer(keepers, &jobs.fd, &answer) && poll(&jobs, 1, KEEPERS_IDLE_TIME) > 0;
	places_leave(keepers->idle, seat);
	bool taken = came && receive(jobs.fd, arena, job, place);
	if (taken) {
		/* It is ours now, whether or not somebody hears of it. */
		ssize_t written = write(answer, "", 1);
		(void)written;
	}
	file_close(&jobs.fd);
	file_close(&answer);
	return taken;
}
