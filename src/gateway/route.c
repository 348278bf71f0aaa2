/*
 * Exactly one route answers a call, and it answers it whole. Paths are compared as they were decoded; none is looked
 * up on a disk.
 */
#include "gateway/route.h"

#include "gateway/deliver.h"
#include "gateway/exchange.h"
#include "gateway/service.h"

static void answer_root(struct call *call)
{
	response_send(&call->response, 200, STR("OK"));
}

static void answer_health(struct call *call)
{
	response_send(&call->response, 200, STR("ok"));
}

static void answer_unknown(struct call *call)
{
	response_explain(&call->response, 404, "404 page not found");
}

static const struct route routes[] = {
	{"/", ROUTE_ANY, answer_root},
	{"/health", ROUTE_READ, answer_health},
};

static const struct route hooks_route = {NULL, ROUTE_ANY, deliver};
static const struct route unknown_route = {NULL, ROUTE_ANY, answer_unknown};

/* "/PREFIX/rest" or, with an empty prefix, "/rest". */
static bool is_below(struct str path, struct str prefix, struct str *below)
{
	struct str rest = str_from_index(path, 1);
	if (prefix.len > 0) {
		if (!str_starts(rest, prefix) || rest.len == prefix.len || rest.data[prefix.len] != '/')
			return false;
		rest = str_from_index(rest, prefix.len + 1);
	}
	*below = rest;
	return true;
}

/* The reference puts one slash in front and one behind; whoever wrote them too means the same. */
static struct str without_slashes(struct str prefix)
{
	while (str_starts(prefix, STR("/")))
		prefix = str_from_index(prefix, 1);
	while (str_ends(prefix, STR("/")))
		prefix = str_head(prefix, prefix.len - 1);
	return prefix;
}

const struct route *route_find(const struct service *service, struct str path, struct str *below)
{
	struct str prefix = without_slashes(service->config.url_prefix);
	*below = STR("");
	bool hooks = is_below(path, prefix, below);
	if (hooks && !str_equal_c(path, "/") && hooks_find(&service->hooks, *below))
		return &hooks_route;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (str_equal_c(path, routes[i].path))
			return &routes[i];
	}
	return hooks ? &hooks_route : &unknown_route;
}

static bool method_fits(const struct route *route, struct str method)
{
	return route->methods == ROUTE_ANY || str_equal_c(method, "GET") || str_equal_c(method, "HEAD");
}

void route_answer(struct call *call)
{
	const struct route *route = route_find(call->service, call->request.path, &call->below);
	if (method_fits(route, call->request.method)) {
		route->answer(call);
		return;
	}
	response_set_header(&call->response, STR("Allow"), STR("GET, HEAD"));
	response_send(&call->response, 405, STR(""));
}

void route_set_headers(struct call *call)
{
	const struct config *config = &call->service->config;
	for (size_t i = 0; i < config->header_count; i++)
		response_set_header(&call->response, config->headers[i].name, config->headers[i].value);
}
