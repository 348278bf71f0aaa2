/*
 * The command of the hooks under comparison. It prints what it was given: its folder, its arguments, its environment
 * and the contents of files that a variable names, each on a line of its own with odd bytes escaped. Called as
 * report-fails it ends with status 3, as report-dies by a signal.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static void print_bytes(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)data[i];
		if (byte < ' ' || byte == '\\' || byte == 0x7F)
			printf("\\x%02X", byte);
		else
			putchar(byte);
	}
	putchar('\n');
}

/* The file of a variable is known by where it lies; its name differs from run to run and is not shown. */
static int print_file(const char *name, size_t len, const char *path)
{
	const char *folder = getenv("TMPDIR");
	char here[4096];
	char data[65536];
	struct stat status;

	int passed = folder && strncmp(path, folder, strlen(folder)) == 0;
	passed |= getcwd(here, sizeof(here)) && strncmp(path, here, strlen(here)) == 0;
	passed |= strncmp(path, "./", 2) == 0;
	if (!passed || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return 0;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = file < 0 ? -1 : read(file, data, sizeof(data));
	printf("file %.*s mode %o size %lld ", (int)len, name, (unsigned)status.st_mode & 0777, (long long)status.st_size);
	print_bytes(data, got > 0 ? (size_t)got : 0);
	if (file >= 0)
		close(file);
	return 1;
}

/* The name of a variable may hold a '=' here. */
static int is_file(const char *variable)
{
	for (const char *at = strchr(variable, '='); at; at = strchr(at + 1, '=')) {
		if (print_file(variable, (size_t)(at - variable), at + 1))
			return 1;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
	char here[4096];
	size_t count = 0;

	printf("folder %s\n", getcwd(here, sizeof(here)) ? here : "?");
	for (int i = 0; i < argc; i++) {
		printf("argument %d ", i);
		print_bytes(argv[i], strlen(argv[i]));
	}
	while (environ[count])
		count++;
	qsort(environ, count, sizeof(*environ), by_text);
	for (size_t i = 0; i < count; i++) {
		if (strncmp(environ[i], "POCKETCI", 8) == 0 || is_file(environ[i]))
			continue;
		printf("variable ");
		print_bytes(environ[i], strlen(environ[i]));
	}
	fflush(stdout);
	size_t length = argc > 0 ? strlen(argv[0]) : 0;
	if (length > 5 && strcmp(argv[0] + length - 5, "-dies") == 0)
		raise(SIGKILL);
	return length > 6 && strcmp(argv[0] + length - 6, "-fails") == 0 ? 3 : 0;
}
