/*
 * Signatures of forges. The input is lines "Name: value", an empty line, a secret in a line, and the body. A request is
 * right or there is a sentence, and no secret that is public ever makes one right but sourcehut's.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/error.h"
#include "forge/verify.h"
#include "payload/request.h"

/* When the seeds were signed. */
#define NOW ((int64_t)1795000000 * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct request request = {.arena = &arena, .query = STR(""), .content_type = STR("application/json")};
	struct error error = ERROR_INIT;
	struct str rest = fuzz_text(data, size), line = fuzz_line(&rest), secret;
	enum forge_verdict verdict;

	for (; line.len > 0; line = fuzz_line(&rest)) {
		size_t colon = str_find(line, ':');

		request_add_header(&request, str_head(line, colon),
		                   colon < line.len ? str_trim(str_from_index(line, colon + 1)) : STR(""));
	}
	secret = fuzz_line(&rest);
	request.body = rest;
	verdict = forge_verify(&request, &secret, 1, NOW, &error);
	PROMISE((verdict == FORGE_RIGHT) == (error.kind == ERROR_NONE));
	PROMISE(verdict == FORGE_RIGHT || error.message[0] != '\0');
	if (verdict == FORGE_RIGHT)
		PROMISE(secret.len > 0 && (!str_starts(secret, STR("ed25519:")) ||
		                           request_find_header(&request, STR("X-Payload-Signature")) != NULL));
	arena_release(&arena);
	return 0;
}
