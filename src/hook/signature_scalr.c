/*
 * Scalr's signature: HMAC-SHA1 in hexadecimal over the body followed by the Date header. A date far from now is
 * refused, so that what was once sent cannot be sent again.
 */
#include "hook/signature.h"

#include <time.h>

#include "base/arena.h"
#include "payload/request.h"

/* How far apart two clocks may be. */
#define DISTANCE_MAX (300 * 1000)

/* "Fri 08 Sep 2017 11:24:32 UTC". */
static bool parse_date(struct str text, int64_t *milliseconds)
{
	struct arena arena = ARENA_INIT;
	struct tm parts = {0};
	const char *rest = str_has_nul(text) ? NULL : strptime(str_to_c(&arena, text), "%a %d %b %Y %H:%M:%S", &parts);
	bool parsed = rest && (str_equal_c(str_from(rest), " UTC") || str_equal_c(str_from(rest), " GMT"));

	if (parsed)
		*milliseconds = (int64_t)timegm(&parts) * 1000;
	arena_release(&arena);
	return parsed;
}

enum scalr_result signature_check_scalr(struct str secret, const struct request *request, int64_t now)
{
	const struct str *signature = request_find_header(request, STR("X-Signature"));
	const struct str *date = request_find_header(request, STR("Date"));
	struct arena arena = ARENA_INIT;
	int64_t sent;

	if (!signature || !date)
		return SCALR_ABSENT;
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t size = crypto_hmac(CRYPTO_SHA1, secret, str_join(&arena, request->body, *date), digest);
	bool good = crypto_equal(*signature, crypto_hex(&arena, digest, size)); /* no prefix, no list */
	arena_release(&arena);
	if (!good)
		return SCALR_WRONG;
	if (!parse_date(*date, &sent))
		return SCALR_BAD_DATE;
	return now - sent > DISTANCE_MAX || sent - now > DISTANCE_MAX ? SCALR_OUTDATED : SCALR_GOOD;
}
