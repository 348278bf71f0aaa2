/*
 * Runs each file that is named on the command line through the target it is linked with: the corpus, and what a fuzzer
 * found, without a fuzzer.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "fuzz.h"

#define INPUT_MAX ((size_t)16 * 1024 * 1024)

/* In a block of its very size, so that AddressSanitizer sees a look behind its end. */
static void replay(struct str input)
{
	uint8_t *copy = malloc(input.len > 0 ? input.len : 1);

	PROMISE(copy != NULL);
	memcpy(copy, input.data, input.len);
	LLVMFuzzerTestOneInput(copy, input.len);
	free(copy);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct buf input = BUF_INIT;
		struct error error = ERROR_INIT;

		if (!file_read(argv[i], INPUT_MAX, &input, &error)) {
			fprintf(stderr, "%s\n", error.message);
			buf_release(&input);
			return 1;
		}
		replay(buf_str(&input));
		buf_release(&input);
	}
	printf("%d inputs replayed\n", argc - 1);
	return 0;
}
