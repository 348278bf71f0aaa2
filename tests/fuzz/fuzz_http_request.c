/*
 * Requests as people save them. One that is taken has a method, a path and no more body than there was text; one that is
 * refused says where.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "payload/http_request.h"
#include "payload/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena};
	struct error error = ERROR_INIT;
	struct str text = fuzz_text(data, size);

	log_set_level(LOG_LEVEL_ERROR);
	if (http_request_read(&request, text, "request", &error)) {
		PROMISE(request_is_token(request.method) && str_starts(request.path, STR("/")));
		PROMISE(request.body.len + request.path.len + request.query.len <= size);
		PROMISE(request_find_header(&request, STR("Host")) == NULL);
		for (size_t i = 0; i < request.header_count; i++) {
			PROMISE(request_is_token(request.headers[i].name));
			PROMISE(str_equal(str_trim(request.headers[i].value), request.headers[i].value));
			PROMISE(str_find(request.headers[i].value, '\n') == request.headers[i].value.len);
		}
		PROMISE(request_header_values(&request) != NULL && request_query_values(&request) != NULL);
		request_payload(&request);
	} else {
		PROMISE(error.kind == ERROR_INVALID && str_starts(str_from(error.message), STR("request:")));
	}
	arena_release(&arena);
	return 0;
}
