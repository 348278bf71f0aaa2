/*
 * The way of a request as CGI: environment and descriptor 0. The first byte says what CONTENT_LENGTH is, a line each are
 * variables, the rest is the body. No byte behind the length is read, and no header is left in the environment.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "gateway/cgi.h"
#include "gateway/exchange.h"

#define VARIABLES_MAX 8

static struct arena arena;

static void replace_input(struct str body)
{
	int ends[2];

	PROMISE(pipe2(ends, O_CLOEXEC) == 0 && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	PROMISE(body.len == 0 || write(ends[1], body.data, body.len) == (ssize_t)body.len);
	close(ends[0]);
	close(ends[1]);
}

static void set_variable(struct str line)
{
	struct str name = str_head(line, str_find(line, '='));

	if (name.len > 0 && name.len < line.len && !str_has_nul(line))
		setenv(str_to_c(&arena, name), str_to_c(&arena, str_from_index(line, name.len + 1)), 1);
}

/* How many bytes of the body there are for us. */
static size_t set_length(unsigned choice, size_t len)
{
	size_t said = choice / 4 < len ? choice / 4 : len;

	if (choice % 4 == 0 || choice % 4 == 1)
		setenv("CONTENT_LENGTH", choice % 4 == 0 ? "" : "-1", 1);
	else
		setenv("CONTENT_LENGTH", arena_printf(&arena, "%zu", choice % 4 == 2 ? said : len + choice / 4), 1);
	return choice % 4 == 2 ? said : len;
}

static void check_environment(const struct exchange *exchange, size_t count)
{
	size_t kept = 0;

	for (char *const *entry = environ; *entry != NULL; entry++)
		PROMISE(strncmp(*entry, "HTTP_", 5) != 0);
	while (exchange->parameters[kept] != NULL)
		kept++;
	PROMISE(kept == count);
}

static size_t count_variables(void)
{
	size_t count = 0;

	while (environ[count] != NULL)
		count++;
	return count;
}

static void check_body(struct exchange *exchange, struct str body, size_t piece)
{
	struct buf read = BUF_INIT;
	char bytes[64];
	ssize_t got;

	while ((got = exchange->read(exchange, bytes, 1 + piece % sizeof(bytes))) > 0)
		buf_append(&read, bytes, (size_t)got);
	PROMISE(got == 0 && exchange->read(exchange, bytes, sizeof(bytes)) == 0);
	PROMISE(str_equal(buf_str(&read), body));
	buf_release(&read);
}

/* What is written arrives, in its order, however it is cut and queued. */
static void check_answer(struct exchange *exchange, size_t piece, int output)
{
	static char response[12000], arrived[sizeof(response) + 1];
	size_t len = piece * sizeof(response) / 256, written = 0;
	int ends[2];

	PROMISE(pipe2(ends, O_CLOEXEC) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
	close(ends[1]);
	for (size_t i = 0; i < len; i++)
		response[i] = (char)(i * 7 / 3);
	for (size_t next = 1 + piece * piece; written < len; written += next) {
		next = next < len - written ? next : len - written;
		PROMISE(exchange->write(exchange, response + written, next));
	}
	PROMISE(piece % 4 > 0 || exchange->flush(exchange));
	cgi_finish(exchange);
	written = 0;
	for (ssize_t got = 1; got > 0; written += (size_t)got)
		got = read(ends[0], arrived + written, sizeof(arrived) - written);
	PROMISE(written == len && memcmp(arrived, response, len) == 0);
	close(ends[0]);
	dup2(output, STDOUT_FILENO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_text(data, size);
	unsigned choice = fuzz_byte(&rest), lines = fuzz_byte(&rest) % VARIABLES_MAX, piece = fuzz_byte(&rest);
	static int output = -1;

	if (output < 0)
		output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	clearenv();
	setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
	for (unsigned i = 0; i < lines; i++)
		set_variable(fuzz_line(&rest));
	size_t len = set_length(choice, rest.len), count = count_variables();
	replace_input(rest);
	PROMISE(getenv("GATEWAY_INTERFACE") == NULL || cgi_is_wanted());
	struct exchange *exchange = cgi_open(&arena, -1);
	check_environment(exchange, count);
	check_body(exchange, str_head(rest, len), piece);

	/* What is behind the length still waits in the pipe. */
	char behind[4096];
	PROMISE(read(STDIN_FILENO, behind, sizeof(behind)) == (ssize_t)(rest.len - len));
	PROMISE(exchange->cgi && exchange->client == -1);
	check_answer(exchange, piece, output);
	arena_reset(&arena);
	return 0;
}
