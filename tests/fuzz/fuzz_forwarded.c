/*
 * Who the client is behind trusted proxies. The first line is REMOTE_ADDR, the second X-Forwarded-For, the others are the
 * trusted addresses and ranges. The same is found a second time, from a list of all entries.
 */
#include "fuzz.h"

#include <string.h>

#include "base/address.h"
#include "base/error.h"
#include "config/keys.h"
#include "gateway/forwarded.h"

#define TRUSTED_MAX 4
#define ENTRIES_MAX 300

static bool is_address(struct str text)
{
	struct error error = ERROR_INIT;
	struct address address;

	return address_parse(text, &address, &error);
}

static bool is_trusted(struct str text, const struct text_list *trusted)
{
	struct error error = ERROR_INIT;
	struct address_range range;
	struct address address;

	if (!address_parse(text, &address, &error))
		return false;
	for (size_t i = 0; i < trusted->count; i++) {
		if (address_range_parse(trusted->items[i], &range, &error) && address_in_range(&address, &range))
			return true;
	}
	return false;
}

/* The first one, from the nearest on, that is not trusted or behind which no address stands. */
static struct str find_client(struct str remote, struct str header, const struct text_list *trusted)
{
	struct str chain[ENTRIES_MAX + 1] = {STR("")}, entry;
	size_t count = 0, at = 0;

	while (str_split_next(&header, ',', &entry) && count < ENTRIES_MAX)
		chain[count++] = str_trim(entry);
	chain[count] = remote;
	for (at = count; at > 0; at--) {
		if (!is_trusted(chain[at], trusted) || !is_address(chain[at - 1]))
			break;
	}
	return chain[at];
}

static bool lies_in(struct str part, struct str whole)
{
	return part.data >= whole.data && part.data + part.len <= whole.data + whole.len;
}

/* What the client itself wrote to the left of it makes no difference. */
static void check_left(struct str remote, struct str header, struct str client, const struct text_list *trusted)
{
	static char longer[2000];
	static const char spoofed[] = "192.0.2.66, 10.0.0.1,";
	size_t len = sizeof(spoofed) - 1;

	if (header.len + len > sizeof(longer) || is_trusted(client, trusted))
		return;
	memcpy(longer, spoofed, len);
	memcpy(longer + len, header.data, header.len);
	PROMISE(str_equal(forwarded_client(remote, (struct str){longer, len + header.len}, trusted), client));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_text(data, size), remote = fuzz_line(&rest), header = fuzz_line(&rest);
	struct str items[TRUSTED_MAX];
	struct text_list trusted = {items, 0};

	while (rest.len > 0 && trusted.count < TRUSTED_MAX)
		items[trusted.count++] = fuzz_line(&rest);
	struct str client = forwarded_client(remote, header, &trusted);
	PROMISE(str_equal(client, remote) || (lies_in(client, header) && is_address(client)));
	PROMISE(is_trusted(remote, &trusted) || str_equal(client, remote));
	if (header.len < ENTRIES_MAX)
		PROMISE(str_equal(client, find_client(remote, header, &trusted)));
	check_left(remote, header, client, &trusted);
	return 0;
}
