/* Payloads of Azure DevOps. */
#include "base/arena.h"
#include "event_target.h"
#include "forge/event.h"
#include "payload/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const headers[] = {NULL};

	fuzz_event_target(fuzz_text(data, size), NULL, headers);
	return 0;
}
