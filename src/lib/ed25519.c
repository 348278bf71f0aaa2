/*
 * Ed25519, for the one forge that signs with it. It takes libcrypto's providers, whose tables would be a third of a
 * megabyte to relocate in every responder and at every start as CGI; so the library is loaded when the first such
 * signature comes.
 */
#include <dlfcn.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "lib/crypto.h"

#define LIBRARY "libcrypto.so.3"

/* What is taken out of it, under its own names; the types are those of its header. */
static struct {
	__typeof__(&EVP_PKEY_new_raw_public_key) EVP_PKEY_new_raw_public_key;
	__typeof__(&EVP_PKEY_free) EVP_PKEY_free;
	__typeof__(&EVP_MD_CTX_new) EVP_MD_CTX_new;
	__typeof__(&EVP_MD_CTX_free) EVP_MD_CTX_free;
	__typeof__(&EVP_DigestVerifyInit) EVP_DigestVerifyInit;
	__typeof__(&EVP_DigestVerify) EVP_DigestVerify;
} library;

#define FUNCTION(name) \
	{ \
#name, offsetof(__typeof__(library), name) \
	}

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(EVP_PKEY_new_raw_public_key),
	FUNCTION(EVP_PKEY_free),
	FUNCTION(EVP_MD_CTX_new),
	FUNCTION(EVP_MD_CTX_free),
	FUNCTION(EVP_DigestVerifyInit),
	FUNCTION(EVP_DigestVerify),
};

/* Once; it stays loaded. */
static bool load(void)
{
	static bool loaded;
	void *handle = loaded ? NULL : dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; handle && i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(handle, functions[i].name);
		/* POSIX has functions in a void pointer, C has not. */
		memcpy((char *)&library + functions[i].offset, &function, sizeof(function));
		if (!function)
			handle = NULL;
	}
	loaded = loaded || handle;
	if (!loaded)
		log_error("signatures of Ed25519 cannot be checked: %s", dlerror());
	return loaded;
}

/* A key or signature that is no point or number of the curve is a wrong signature, like any other. */
bool crypto_ed25519_verify(const uint8_t key[static CRYPTO_ED25519_KEY],
                           const uint8_t signature[static CRYPTO_ED25519_SIGNATURE], struct str data)
{
	bool good = false;

	if (!load())
		return false;
	EVP_PKEY *public_key = library.EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, CRYPTO_ED25519_KEY);
	EVP_MD_CTX *context = library.EVP_MD_CTX_new();
	good = public_key && context && library.EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
	       library.EVP_DigestVerify(context, signature, CRYPTO_ED25519_SIGNATURE, (const unsigned char *)data.data,
	                                data.len) == 1;
	library.EVP_MD_CTX_free(context);
	library.EVP_PKEY_free(public_key);
	return good;
}
