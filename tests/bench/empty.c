/* An empty program, as CGI: what there is to pay for any. It reads the body, since Apache resets connections otherwise. */
#include <unistd.h>

int main(void)
{
	static const char text[] = "Content-Type: text/plain\r\n\r\nok\n";
	char body[65536];

	while (read(STDIN_FILENO, body, sizeof(body)) > 0)
		;
	return write(STDOUT_FILENO, text, sizeof(text) - 1) < 0;
}
