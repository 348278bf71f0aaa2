/* Text is cut where senders put something between digests, and each piece is tried in each way of writing one. */
#include "hook/signature_given.h"

#include <string.h>

#include "base/buf.h"
#include "base/hex.h"

static bool is_digest_size(size_t size)
{
	return size == crypto_digest_size(CRYPTO_SHA1) || size == crypto_digest_size(CRYPTO_SHA256) ||
	       size == crypto_digest_size(CRYPTO_SHA512);
}

static void add(struct signature_given *given, const void *bytes, size_t size, enum signature_way way)
{
	struct signature_digest *digest = &given->digests[given->count];

	if (!is_digest_size(size) || given->count == SIGNATURE_GIVEN_MAX)
		return;
	memcpy(digest->bytes, bytes, size);
	digest->size = size;
	digest->way = way;
	given->count++;
}

static void read_hex(struct signature_given *given, struct str text)
{
	uint8_t bytes[CRYPTO_DIGEST_MAX];
	enum signature_way way = SIGNATURE_LOWER;

	if (text.len % 2 != 0 || !is_digest_size(text.len / 2))
		return;
	for (size_t i = 0; i < text.len; i += 2) {
		int byte = hex_byte(str_from_index(text, i));
		if (byte < 0)
			return;
		bytes[i / 2] = (uint8_t)byte;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] >= 'A' && text.data[i] <= 'F')
			way = SIGNATURE_UPPER;
	}
	add(given, bytes, text.len / 2, way);
}

/* Also with `-` and `_` (RFC 4648 section 5), and without padding. */
static void read_base64(struct signature_given *given, struct str text)
{
	char standard[4 * CRYPTO_DIGEST_MAX / 3 + 8];
	struct buf decoded = BUF_INIT;
	size_t len = 0;

	if (text.len + 3 > sizeof(standard))
		return;
	while (str_ends(text, STR("=")))
		text = str_head(text, text.len - 1);
	for (; len < text.len; len++) {
		char byte = text.data[len];
		standard[len] = byte == '-' ? '+' : byte == '_' ? '/' : byte;
	}
	while (len % 4 != 0)
		standard[len++] = '=';
	if (crypto_base64_decode((struct str){standard, len}, &decoded))
		add(given, decoded.data, decoded.len, SIGNATURE_BASE64);
	buf_release(&decoded);
}

static void read_piece(struct signature_given *given, struct str piece)
{
	read_hex(given, piece);
	read_base64(given, piece);
}

/* Without white space and quotes at its ends. */
static struct str strip(struct str text)
{
	text = str_trim(text);
	while (text.len >= 2 && text.data[0] == text.data[text.len - 1] && str_contains(STR("\"'"), str_head(text, 1)))
		text = str_trim(str_head(str_from_index(text, 1), text.len - 2));
	return text;
}

/* A part of a list: as it is, and behind each `=`, `:` or space that may end a prefix ("sha256=", "HMAC "). */
static void read_part(struct signature_given *given, struct str part)
{
	part = strip(part);
	read_piece(given, part);
	for (size_t i = 0; i + 1 < part.len && i < 40; i++) {
		if (str_contains(STR("=: "), (struct str){&part.data[i], 1}))
			read_piece(given, strip(str_from_index(part, i + 1)));
	}
}

void signature_given_read(struct signature_given *given, struct str text)
{
	struct str part;

	given->count = 0;
	text = str_head(text, 4096);
	while (given->count < SIGNATURE_GIVEN_MAX && str_split_next(&text, ',', &part))
		read_part(given, part);
}

bool signature_given_has_size(const struct signature_given *given, size_t size)
{
	for (size_t i = 0; i < given->count; i++) {
		if (given->digests[i].size == size)
			return true;
	}
	return false;
}

const struct signature_digest *signature_given_find(const struct signature_given *given, const uint8_t *digest,
                                                    size_t size)
{
	for (size_t i = 0; i < given->count; i++) {
		const struct signature_digest *one = &given->digests[i];
		if (one->size == size && crypto_equal((struct str){(const char *)one->bytes, size},
		                                      (struct str){(const char *)digest, size}))
			return one;
	}
	return NULL;
}
