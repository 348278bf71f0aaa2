/* What both ways of speaking to the web server share. */
#include "gateway/exchange.h"

#include <string.h>

const char *exchange_parameter(const struct exchange *exchange, const char *name)
{
	size_t len = strlen(name);
	for (char *const *entry = exchange->parameters; *entry; entry++) {
		if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
			return *entry + len + 1;
	}
	return NULL;
}
