/*
 * X-Forwarded-For is what each proxy on the way appended: only the entries that proxies of ours wrote can be believed,
 * and those stand at its right end.
 */
#include "gateway/forwarded.h"

#include "base/address.h"
#include "base/error.h"
#include "config/keys.h"

static bool parse(struct str text, struct address *address)
{
	struct error ignored;
	return address_parse(text, address, &ignored);
}

static bool is_trusted(const struct address *address, const struct text_list *trusted)
{
	for (size_t i = 0; i < trusted->count; i++) {
		struct address_range range;
		struct error ignored; /* checked when the configuration was loaded */
		if (address_range_parse(trusted->items[i], &range, &ignored) && address_in_range(address, &range))
			return true;
	}
	return false;
}

/* Takes the last entry off *entries. */
static struct str take_last(struct str *entries)
{
	size_t comma = str_find_last(*entries, ',');
	struct str last = comma < entries->len ? str_from_index(*entries, comma + 1) : *entries;
	*entries = str_head(*entries, comma < entries->len ? comma : 0);
	return str_trim(last);
}

struct str forwarded_client(struct str address, struct str forwarded_for, const struct text_list *trusted)
{
	struct str client = address;
	struct address parsed;

	while (parse(client, &parsed) && is_trusted(&parsed, trusted) && forwarded_for.len > 0) {
		struct str before = take_last(&forwarded_for);
		if (!parse(before, &parsed))
			break;
		client = before;
	}
	return client;
}
