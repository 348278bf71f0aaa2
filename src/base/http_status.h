/* Statuses of HTTP by name. */
#ifndef POCKETCI_BASE_HTTP_STATUS_H
#define POCKETCI_BASE_HTTP_STATUS_H

#include <stdint.h>

/* The reason phrase of a status that HTTP knows (RFC 9110, and the ones that the reference knows), else NULL. */
const char *http_status_reason(int64_t status);

#endif
