/*
 * All forges, and telling them apart. They are asked in this order. Forgejo sends the headers of Gitea, Gogs and GitHub
 * beside its own, Gitea those of Gogs and GitHub, Gogs those of GitHub; any other two together come from nobody.
 */
#include "base/error.h"
#include "forge/forge.h"
#include "forge/forges.h"
#include "payload/payload.h"
#include "payload/request.h"

static const struct forge *const rows[] = {
	&forge_forgejo,
	&forge_gitea,
	&forge_gogs,
	&forge_github,
	&forge_gitlab,
	&forge_bitbucket_cloud,
	&forge_bitbucket_data_center,
	&forge_sourcehut,
	&forge_azure_devops,
};

const struct forge_table forges = {rows, sizeof(rows) / sizeof(rows[0])};

static const struct str *find_header(const struct request *request, const char *name)
{
	return request_find_header(request, str_from(name));
}

static bool has_headers(const struct forge *forge, const struct request *request)
{
	if (forge->event_header == NULL || find_header(request, forge->event_header) == NULL)
		return false;
	for (size_t i = 0; forge->marker_headers[i] != NULL; i++) {
		if (find_header(request, forge->marker_headers[i]) == NULL)
			return false;
	}
	return true;
}

static bool sends_also(const struct forge *forge, const struct forge *other)
{
	for (size_t i = 0; forge->also[i] != NULL; i++) {
		if (str_equal_c(str_from(forge->also[i]), other->name))
			return true;
	}
	return false;
}

/* Whether this other forge's headers can stand beside those of the one that was found. */
static bool agrees(const struct forge_found *found, const struct forge *other, const struct request *request,
                   struct error *error)
{
	const struct forge *forge = found->forge;

	if (!has_headers(other, request) || str_equal_c(str_from(other->event_header), forge->event_header))
		return true;
	if (!sends_also(forge, other))
		return error_set(error, ERROR_INVALID,
		                 "%s and %s come together: no forge sends both, so none is believed",
		                 forge->event_header, other->event_header);
	return str_equal(*find_header(request, other->event_header), found->word) ||
	       error_set(error, ERROR_INVALID, "%s and %s name different events", forge->event_header,
	                 other->event_header);
}

static bool check_headers(const struct forge_table *table, const struct request *request,
                          const struct forge_found *found, struct error *error)
{
	const char *header = found->forge->event_header;

	if (request_count_header(request, str_from(header)) > 1)
		return error_set(error, ERROR_INVALID, "%s comes more than once", header);
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i] != found->forge && !agrees(found, table->rows[i], request, error))
			return false;
	}
	return true;
}

bool forge_find_by_headers(const struct forge_table *table, const struct request *request, struct forge_found *found,
                           struct error *error)
{
	*found = (struct forge_found){NULL, STR(""), STR("")};
	for (size_t i = 0; found->forge == NULL && i < table->count; i++) {
		if (has_headers(table->rows[i], request))
			found->forge = table->rows[i];
	}
	if (found->forge == NULL)
		return true;
	found->word = *find_header(request, found->forge->event_header);
	for (size_t i = 0; found->delivery.len == 0 && found->forge->delivery_headers[i] != NULL; i++) {
		const struct str *delivery = find_header(request, found->forge->delivery_headers[i]);

		if (delivery != NULL)
			found->delivery = *delivery;
	}
	return check_headers(table, request, found, error);
}

bool forge_find(const struct forge_table *table, struct request *request, struct forge_found *found,
                struct error *error)
{
	const struct value *payload;

	if (!forge_find_by_headers(table, request, found, error))
		return false;
	if (found->forge != NULL || payload_type_of(request->content_type) != PAYLOAD_JSON)
		return true;
	payload = request_payload(request);
	for (size_t i = 0; payload != NULL && i < table->count; i++) {
		const struct forge *forge = table->rows[i];

		if (forge->tell != NULL && forge->tell(payload, &found->word, &found->delivery)) {
			found->forge = forge;
			return true;
		}
	}
	return true;
}
