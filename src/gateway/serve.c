/*
 * The frame around every request: what is set up is given back here, the body is read to its end here, and the one line
 * of the log about it is written here.
 */
#include "gateway/serve.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "gateway/exchange.h"
#include "gateway/receive.h"
#include "gateway/route.h"
#include "gateway/service.h"

/* In quotes, and without a way out of them: what a client wrote must not look like more of the line. */
static const char *quote_call(struct arena *arena, const struct request *request)
{
	struct str whole = str_printf(arena, "%.*s %.*s", STR_ARGS(request->method), STR_ARGS(request->path));
	char *quoted = arena_alloc(arena, 2 * whole.len + 3), *end = quoted;
	*end++ = '"';
	for (size_t i = 0; i < whole.len; i++) {
		if (whole.data[i] == '"' || whole.data[i] == '\\')
			*end++ = '\\';
		*end++ = whole.data[i];
	}
	*end = '"';
	return quoted;
}

/* Without the query, which may hold a secret. */
static void log_call(const struct call *call, int64_t begun)
{
	if (!log_enabled(LOG_LEVEL_INFO))
		return;
	struct arena *arena = call->exchange->arena;
	const char *hook = call->hook.len > 0 ? arena_printf(arena, ", hook \"%.*s\"", STR_ARGS(call->hook)) : "";
	const char *run = call->run[0] != '\0' ? arena_printf(arena, ", run %s", call->run) : "";
	log_info("%s from %.*s: %d in %lld ms%s%s%s", quote_call(arena, &call->request),
	         STR_ARGS(call->request.remote_address), call->response.status, (long long)(clock_now() - begun), hook, run, call->exchange->gone ? ", client gone" : "");
}

/* A body that was refused for its length is read on for a while, so that its sender comes to read the 413. */
static int64_t drain_cap(const struct config *config)
{
	return 4 * config->limits.body;
}

static void answer(struct call *call)
{
	struct error error = ERROR_INIT;
	bool whole = receive_head(call->exchange, &call->service->config, &call->request, &error);
	log_set_context(str_to_c(call->exchange->arena, call->request.id));
	response_init(&call->response, call->exchange, str_equal_c(call->request.method, "HEAD"));
	if (whole) {
		route_answer(call);
		return;
	}
	log_error("%s", error.message);
	response_explain(&call->response, error_http_status(error.kind), error.message);
}

void serve(struct exchange *exchange, const struct service *service)
{
	int64_t begun = clock_now();
	struct call call = {.exchange = exchange, .service = service, .body = BUF_INIT, .hook = STR("")};

	answer(&call);
	receive_drain(exchange, drain_cap(&service->config));
	log_call(&call, begun);
	log_set_context(NULL);
	buf_release(&call.body);
}

void serve_broken(struct exchange *exchange)
{
	struct response response;
	response_init(&response, exchange, false);
	response_explain(&response, 500, "This server is not configured correctly. Its log says why.");
	struct config defaults;
	config_init(&defaults);
	receive_drain(exchange, drain_cap(&defaults));
}
