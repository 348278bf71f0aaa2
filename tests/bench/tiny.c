/*
 * tiny [FILE]: the least that a command or CGI program does. A byte at the end of FILE counts that it ran.
 */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char text[] = "Content-Type: text/plain\r\n\r\nok\n";
	int file = argc > 1 ? open(argv[1], O_WRONLY | O_APPEND) : -1;

	if (file >= 0 && write(file, ".", 1) != 1)
		return 1;
	return write(STDOUT_FILENO, text, sizeof(text) - 1) < 0;
}
