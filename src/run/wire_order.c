/*
 * The job or the delivery, as one frame ahead of all others. It has a length of its own: an end of the stream would be
 * the word for "stop".
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/error.h"
#include "run/delivery.h"
#include "run/job.h"
#include "run/wire.h"
#include "run/wire_frame.h"

#define SEND_TIMEOUT_S 30
#define READ_SIZE ((size_t)1024 * 1024)

static bool send_all(int descriptor, struct str data, struct error *error)
{
	while (data.len > 0) {
		ssize_t sent = send(descriptor, data.data, data.len, MSG_NOSIGNAL);
		if (sent >= 0)
			data = str_from_index(data, (size_t)sent);
		else if (errno == EAGAIN)
			return error_set(error, ERROR_SYSTEM, "the process that is to run the job does not take it");
		else if (errno == EPIPE || errno == ECONNRESET)
			return error_set(error, ERROR_SYSTEM,
			                 "the process that is to run the job ended before it had it");
		else if (errno != EINTR)
			return error_set_system(error, errno, "cannot hand on a job");
	}
	return true;
}

static bool send_frame(int descriptor, enum wire_kind kind, struct str text, struct error *error)
{
	struct timeval timeout = {.tv_sec = SEND_TIMEOUT_S};
	char header[WIRE_HEADER_SIZE];

	if (text.len > WIRE_ORDER_MAX)
		return error_set(error, ERROR_TOO_LARGE, "a job of %zu bytes is too large", text.len);
	if (setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) != 0)
		return error_set_system(error, errno, "cannot set a deadline for handing on a job");
	wire_header_write(header, kind, (uint32_t)text.len);
	return send_all(descriptor, (struct str){header, sizeof(header)}, error) && send_all(descriptor, text, error);
}

bool wire_send_job(int descriptor, const struct job *job, struct error *error)
{
	struct buf text = BUF_INIT;

	job_write(&text, job);
	bool sent = send_frame(descriptor, WIRE_JOB, buf_str(&text), error);
	buf_release(&text);
	return sent;
}

bool wire_send_delivery(int descriptor, const struct delivery *delivery, struct error *error)
{
	struct buf text = BUF_INIT;

	delivery_write(&text, delivery);
	bool sent = send_frame(descriptor, WIRE_DELIVERY, buf_str(&text), error);
	buf_release(&text);
	return sent;
}

/* Appends length bytes to *out. Memory grows with what came, not with what was announced. */
static bool receive_all(int descriptor, size_t length, struct buf *out, struct error *error)
{
	while (length > 0) {
		size_t want = length < READ_SIZE ? length : READ_SIZE;
		buf_reserve(out, want);
		ssize_t got = recv(descriptor, out->data + out->len, want, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_system(error, errno, "cannot read a job");
		if (got == 0)
			return error_set(error, ERROR_INVALID, "a job that ends too early");
		out->len += (size_t)got;
		out->data[out->len] = '\0';
		length -= (size_t)got;
	}
	return true;
}

bool wire_receive_order(struct arena *arena, int descriptor, struct wire_order *order, struct error *error)
{
	struct buf header = BUF_INIT, text = BUF_INIT;
	bool received = false;
	if (!receive_all(descriptor, WIRE_HEADER_SIZE, &header, error))
		goto cleanup;
	uint32_t length = wire_header_length(header.data);
	if ((header.data[0] != WIRE_JOB && header.data[0] != WIRE_DELIVERY) || length > WIRE_ORDER_MAX) {
		error_set(error, ERROR_INVALID, "something that is no job");
		goto cleanup;
	}
	order->is_delivery = header.data[0] == WIRE_DELIVERY;
	received = receive_all(descriptor, length, &text, error) &&
	           (order->is_delivery ? delivery_read(arena, buf_str(&text), &order->delivery, error)
	                               : job_read(arena, buf_str(&text), &order->job, error));

cleanup:
	buf_release(&text);
	buf_release(&header);
	return received;
}
