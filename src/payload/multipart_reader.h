/*
 * A multipart body, part by part, framed as Go's mime/multipart of 1.19 does (RFC 2046 section 5.1). Parts are borrowed
 * from the body. Only multipart.c uses it.
 */
#ifndef POCKETCI_PAYLOAD_MULTIPART_READER_H
#define POCKETCI_PAYLOAD_MULTIPART_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

struct arena;
struct error;

/* Go has 1,000 too. Of a body that is nothing but parts, 25 MiB would hold some 600,000. */
#define MULTIPART_PARTS 1000

/* Bytes of one part's headers. */
#define MULTIPART_HEADERS ((size_t)16 * 1024)

/* A line outside of parts, its end included: Go's buffer. */
#define MULTIPART_LINE 4096

struct multipart_reader {
	struct str rest;         /* of the body */
	struct buf delimiter;    /* "\r\n--BOUNDARY" */
	struct str newline;      /* "\r\n", or "\n" where the first boundary's line ends so */
	struct str next, begins; /* newline and "--BOUNDARY", and the latter alone */
	size_t parts;            /* begun so far */
};

struct multipart_part {
	struct str disposition; /* the first Content-Disposition; empty where there is none */
	struct str encoding;    /* likewise Content-Transfer-Encoding */
	struct str type;        /* likewise Content-Type */
	bool json;              /* one Content-Type is application/json to the letter */
	struct str content;     /* borrowed from the body, still encoded */
};

/* An empty boundary is an error. In any case give it back by multipart_reader_release. */
bool multipart_reader_init(struct multipart_reader *reader, struct str body, struct str boundary, struct error *error);
void multipart_reader_release(struct multipart_reader *reader);

/*
 * Takes the next part; *more is false where there is none. Headers that had to be joined are made in the arena. As Go
 * has it, a body that ends among the headers of a part ends with the part before. ERROR_INVALID, or ERROR_TOO_LARGE
 * past a limit.
 */
bool multipart_next(struct multipart_reader *reader, struct arena *arena, struct multipart_part *part, bool *more,
                    struct error *error);

#endif
