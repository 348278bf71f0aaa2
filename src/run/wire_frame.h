/*
 * Frames on the wire: one byte of kind, four bytes of length, big-endian, and the payload. For the files of the
 * wire alone.
 */
#ifndef POCKETCI_RUN_WIRE_FRAME_H
#define POCKETCI_RUN_WIRE_FRAME_H

#include <stdint.h>

enum wire_kind { WIRE_OUTPUT = 'o', WIRE_PLAN = 'p', WIRE_RESULT = 'r', WIRE_JOB = 'j', WIRE_DELIVERY = 'd' };

#define WIRE_HEADER_SIZE 5

/* The longest payload of a frame from a run. A job or a delivery may be longer: up to WIRE_ORDER_MAX. */
#define WIRE_PAYLOAD_MAX ((uint32_t)1024 * 1024)
#define WIRE_ORDER_MAX ((uint32_t)1024 * 1024 * 1024)

static inline void wire_header_write(char out[static WIRE_HEADER_SIZE], enum wire_kind kind, uint32_t length)
{
	out[0] = (char)kind;
	for (int i = 0; i < 4; i++)
		out[1 + i] = (char)(length >> (24 - 8 * i) & 0xFF);
}

static inline uint32_t wire_header_length(const char header[static WIRE_HEADER_SIZE])
{
	uint32_t length = 0;
	for (int i = 0; i < 4; i++)
		length = length << 8 | (unsigned char)header[1 + i];
	return length;
}

#endif
