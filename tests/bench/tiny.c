/*
 * The least that a command or CGI program does: a byte at the end of the file "runs" in its folder counts that it ran. It
 * does without the C library's start, whose CPUID instructions alone take 0.4 ms in a virtual machine.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

_Noreturn void _start(void);

void _start(void)
{
	static const char text[] = "Content-Type: text/plain\r\n\r\nok\n";
	long file = syscall(SYS_openat, AT_FDCWD, "runs", O_WRONLY | O_APPEND);

	syscall(SYS_write, file, ".", 1L);
	syscall(SYS_write, STDOUT_FILENO, text, sizeof(text) - 1);
	for (;;)
		syscall(SYS_exit_group, 0);
}
