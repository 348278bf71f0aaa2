/* lib/crypto.h: the RFCs' vectors, GitHub's, and base64 as Go's decoder answered it. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "lib/crypto.h"

#define AA_20 "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
#define AA_80 AA_20 AA_20 AA_20 AA_20
#define AA_64 AA_20 AA_20 AA_20 "\xaa\xaa\xaa\xaa"
#define AA_131 AA_80 AA_20 AA_20 "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
#define OB_20 "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
#define DD_10 "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
#define CD_10 "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd"
#define ONE_TO_25 "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"
#define LONG_BOTH_SHA2 \
	"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be " \
	"hashed before being used by the HMAC algorithm."

struct vector {
	enum crypto_hash hash;
	const char *key, *data, *digest;
};

static const struct vector hmacs[] = {
	/* RFC 2202 section 3 */
	{CRYPTO_SHA1, OB_20, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"},
	{CRYPTO_SHA1, "Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
	{CRYPTO_SHA1, AA_20, DD_10 DD_10 DD_10 DD_10 DD_10, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
	{CRYPTO_SHA1, ONE_TO_25, CD_10 CD_10 CD_10 CD_10 CD_10, "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
	{CRYPTO_SHA1, AA_80, "Test Using Larger Than Block-Size Key - Hash Key First",
         "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
	{CRYPTO_SHA1, AA_80, "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
         "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
	/* RFC 4231 section 4 */
	{CRYPTO_SHA256, OB_20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{CRYPTO_SHA512, OB_20, "Hi There",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f170"
         "2e696c203a126854"},
	{CRYPTO_SHA256, "Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{CRYPTO_SHA512, "Jefe", "what do ya want for nothing?",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b"
         "636e070a38bce737"},
	{CRYPTO_SHA256, AA_20, DD_10 DD_10 DD_10 DD_10 DD_10,
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{CRYPTO_SHA512, AA_20, DD_10 DD_10 DD_10 DD_10 DD_10,
         "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee89426"
         "74278859e13292fb"},
	{CRYPTO_SHA256, ONE_TO_25, CD_10 CD_10 CD_10 CD_10 CD_10,
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	{CRYPTO_SHA256, AA_131, "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	{CRYPTO_SHA512, AA_131, "Test Using Larger Than Block-Size Key - Hash Key First",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec"
         "8b915a985d786598"},
	{CRYPTO_SHA256, AA_131, LONG_BOTH_SHA2, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
	{CRYPTO_SHA512, AA_131, LONG_BOTH_SHA2,
         "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de04460"
         "65c97440fa8c6a58"},
	/* GitHub's documentation, "Validating webhook deliveries" */
	{CRYPTO_SHA256, "It's a Secret to Everybody", "Hello, World!",
         "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
	/* Keys of just one block; by Python's hmac */
	{CRYPTO_SHA1, AA_64, "Hi There", "e83ee1c362c86cc004df4f912a641c1bd844f36c"},
	{CRYPTO_SHA256, AA_64, "Hi There", "ebef34e13d0a0fe04593d043bc7a865106db0604211d404c18206d862e5d7852"},
	{CRYPTO_SHA512, AA_64 AA_64, "Hi There",
         "17eb09b3d3c0f3ac497c608347e1d5b5df5e4b062bfd56c191c8499f24a3a9d1c3dfb449d01f4c9ca316b6b8d6a6299bad883d0bffe11c88c60d7daed6feeb48"},
	/* An empty key and no data */
	{CRYPTO_SHA1, "", "", "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"},
	{CRYPTO_SHA256, "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

/* FIPS 180-4 examples */
static const struct vector digests[] = {
	{CRYPTO_SHA1, "", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
	{CRYPTO_SHA1, "", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{CRYPTO_SHA256, "", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{CRYPTO_SHA512, "", "abc",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
         "2a9ac94fa54ca49f"},
};

static void check_vector(const struct vector *vector, size_t size, const uint8_t *digest)
{
	struct arena arena = ARENA_INIT;

	assert_int_equal(size, crypto_digest_size(vector->hash));
	assert_str(crypto_hex(&arena, digest, size), vector->digest);
	arena_release(&arena);
}

static void test_hmac(void **state)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];

	(void)state;
	for (int round = 0; round < 2; round++) { /* what is kept between calls must not carry over */
		for (size_t i = 0; i < COUNT_OF(hmacs); i++) {
			size_t size =
				crypto_hmac(hmacs[i].hash, str_from(hmacs[i].key), str_from(hmacs[i].data), digest);

			check_vector(&hmacs[i], size, digest);
		}
	}
}

static void test_digest(void **state)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(digests); i++)
		check_vector(&digests[i], crypto_digest(digests[i].hash, str_from(digests[i].data), digest), digest);
}

/* The key and data may hold NUL bytes: lengths count, not terminators. */
static void test_hmac_of_bytes(void **state)
{
	uint8_t whole[CRYPTO_DIGEST_MAX], cut[CRYPTO_DIGEST_MAX];

	(void)state;
	crypto_hmac(CRYPTO_SHA256, STR("k\0e"), STR("d\0a"), whole);
	crypto_hmac(CRYPTO_SHA256, STR("k\0f"), STR("d\0a"), cut);
	assert_memory_not_equal(whole, cut, 32);
	crypto_hmac(CRYPTO_SHA256, STR("k\0e"), STR("d\0b"), cut);
	assert_memory_not_equal(whole, cut, 32);
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(crypto_equal(STR("abc"), STR("abc")));
	assert_true(crypto_equal(STR(""), STR("")));
	assert_false(crypto_equal(STR("abc"), STR("abd")));
	assert_false(crypto_equal(STR("abc"), STR("bbc")));
	assert_false(crypto_equal(STR("abc"), STR("ab")));
	assert_false(crypto_equal(STR(""), STR("a")));
	assert_false(crypto_equal(STR("a\0b"), STR("a\0c")));
}

static void test_random(void **state)
{
	uint8_t first[32] = {0}, second[32] = {0};

	(void)state;
	crypto_random(first, sizeof(first));
	crypto_random(second, sizeof(second));
	assert_memory_not_equal(first, second, sizeof(first));
	second[0] = 7;
	crypto_random(second, 0);
	assert_int_equal(second[0], 7);
}

static void test_hex(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
	struct arena arena = ARENA_INIT;
	struct str text = crypto_hex(&arena, bytes, sizeof(bytes));

	(void)state;
	assert_str(text, "000fa5ff");
	assert_int_equal(text.data[text.len], '\0');
	assert_str(crypto_hex(&arena, bytes, 0), "");
	arena_release(&arena);
}

static void test_base64(void **state)
{
	static const struct {
		struct str text;
		bool good;
		const char *bytes;
	} cases[] = {
		{{"", 0}, true, ""},
		{{"QQ==", 4}, true, "A"},
		{{"QUI=", 4}, true, "AB"},
		{{"QUJD", 4}, true, "ABC"},
		{{"QUJDRA==", 8}, true, "ABCD"},
		{{"+/+/", 4}, true, "\xfb\xff\xbf"},
		{{"QR==", 4}, true, "A"}, /* bits left over */
		{{"QU\nJD\r\n", 7}, true, "ABC"},
		{{"QQ\n=\r=\n", 7}, true, "A"},
		{{"\n", 1}, true, ""},
		{{"Q", 1}, false, ""},
		{{"Q=", 2}, false, ""},
		{{"QQ", 2}, false, ""},
		{{"QQ=", 3}, false, ""},
		{{"QUI", 3}, false, ""},
		{{"QUJDR", 5}, false, "ABC"},
		{{"QUJD=", 5}, false, "ABC"},
		{{"QUJDR===", 8}, false, "ABC"},
		{{"QUJDQ$$$", 8}, false, "ABC"},
		{{"QQ==QQ==", 8}, false, "A"},
		{{"QQ==x", 5}, false, "A"},
		{{"QQ==\n=", 6}, false, "A"},
		{{"QQ=x", 4}, false, ""},
		{{"====", 4}, false, ""},
		{{"Q===", 4}, false, ""},
		{{"Q U=", 4}, false, ""},
		{{"-_-_", 4}, false, ""}, /* the alphabet for URLs */
		{{"QUJD\0", 5}, false, "ABC"},
		{{"QUJD\xc3\xa9", 6}, false, "ABC"},
		{{"QUJD\xff", 5}, false, "ABC"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf out = BUF_INIT;

		assert_int_equal(crypto_base64_decode(cases[i].text, &out), cases[i].good);
		assert_str(buf_str(&out), cases[i].bytes);
		buf_release(&out);
	}
}

static void test_base64_appends(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	buf_append_c(&out, "before ");
	assert_true(crypto_base64_decode(STR("AAEC"), &out));
	assert_int_equal(out.len, 10);
	assert_memory_equal(out.data, "before \0\1\2", 10);
	buf_release(&out);
}

static void test_equal_hex(void **state)
{
	static const uint8_t digest[] = {0x00, 0xff, 0x1a};
	(void)state;

	assert_true(crypto_equal_hex(STR("00ff1a"), digest, 3));
	assert_false(crypto_equal_hex(STR("00FF1A"), digest, 3));
	assert_false(crypto_equal_hex(STR("00ff1b"), digest, 3));
	assert_false(crypto_equal_hex(STR("00ff1"), digest, 3));
	assert_false(crypto_equal_hex(STR("00ff1a00"), digest, 3));
	assert_false(crypto_equal_hex(STR("00ff1g"), digest, 3));
	assert_false(crypto_equal_hex(STR(""), digest, 3));
}

/* RFC 8032 section 7.1, TEST 1 and TEST 2. */
static void test_ed25519(void **state)
{
	static const uint8_t key[][CRYPTO_ED25519_KEY] = {
		{0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
	         0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a},
		{0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
	         0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c},
	};
	static const uint8_t signature[][CRYPTO_ED25519_SIGNATURE] = {
		{0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80, 0x6e, 0x82, 0x8a,
	         0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73, 0xe0, 0x65, 0x22, 0x49, 0x01, 0x55,
	         0x5f, 0xb8, 0x82, 0x15, 0x90, 0xa3, 0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b,
	         0xd2, 0x5b, 0xf5, 0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b},
		{0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
	         0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
	         0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
	         0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00},
	};
	uint8_t bad[CRYPTO_ED25519_SIGNATURE];
	static const uint8_t no_key[CRYPTO_ED25519_KEY] = {0xff, 0xff};
	(void)state;

	assert_true(crypto_ed25519_verify(key[0], signature[0], STR("")));
	assert_true(crypto_ed25519_verify(key[1], signature[1], STR("\x72")));
	assert_false(crypto_ed25519_verify(key[1], signature[1], STR("\x73")));
	assert_false(crypto_ed25519_verify(key[0], signature[1], STR("\x72")));
	assert_false(crypto_ed25519_verify(no_key, signature[1], STR("\x72")));
	memcpy(bad, signature[0], sizeof(bad));
	bad[63] ^= 1;
	assert_false(crypto_ed25519_verify(key[0], bad, STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_equal_hex), TEST(test_ed25519), TEST(test_hmac), TEST(test_digest), TEST(test_hmac_of_bytes),
		TEST(test_equal),     TEST(test_random),  TEST(test_hex),  TEST(test_base64), TEST(test_base64_appends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
