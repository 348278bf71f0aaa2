/*
 * Exactly one route answers a call, and it answers it whole. Paths are compared as they were decoded; none is looked
 * up on a disk.
 */
#include "gateway/route.h"

#include "gateway/deliver.h"
#include "gateway/exchange.h"
#include "gateway/portable.h"
#include "gateway/service.h"
#include "hook/decision.h"

static void answer_root(struct call *call)
{
	if (str_equal_c(call->request.method, "POST") && portable_is_on(&call->service->config)) {
		call->below = STR("");
		portable_answer(call);
		return;
	}
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

/* The prefix of hooks itself: all hooks of a repository that fire. */
static void answer_prefix(struct call *call)
{
	if (str_equal_c(call->request.method, "POST"))
		portable_answer(call);
	else
		answer_unknown(call);
}

static const struct route hooks_route = {NULL, ROUTE_ANY, deliver};
static const struct route portable_route = {NULL, ROUTE_ANY, portable_answer};
static const struct route prefix_route = {NULL, ROUTE_ANY, answer_prefix};
static const struct route unknown_route = {NULL, ROUTE_ANY, answer_unknown};

const struct route *route_find(const struct service *service, struct str path, struct str *below)
{
	bool portable = portable_is_on(&service->config);
	bool hooks = decision_hook_id(path, service->config.url_prefix, below);
	if (hooks && !str_equal_c(path, "/") && hooks_find(&service->hooks, *below))
		return &hooks_route;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (str_equal_c(path, routes[i].path))
			return &routes[i];
	}
	if (portable && decision_is_prefix(path, service->config.url_prefix))
		return &prefix_route;
	if (!hooks)
		return &unknown_route;
	/* The id of no hook here may be one in the repository that the delivery is of. */
	return portable && !hooks_find(&service->hooks, *below) ? &portable_route : &hooks_route;
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
