/* Payloads of Bitbucket Cloud. */
#include "base/arena.h"
#include "event_target.h"
#include "forge/event.h"
#include "payload/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const headers[] = {"X-Hook-UUID", "{1}", NULL};

	fuzz_event_target(fuzz_text(data, size), "X-Event-Key", headers);
	return 0;
}
