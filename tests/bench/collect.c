/*
 * collect PROGRAM ARGUMENT…: runs it and waits for whatever it leaves behind, so that the CPU time of detached processes
 * is found in one tree as well. A SIGTERM is handed on.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* To all of them: not every program ends those that it forked. */
static void hand_on(int number)
{
	signal(number, SIG_IGN);
	kill(0, number);
}

int main(int argc, char **argv)
{
	int status = 0, result = 127;
	pid_t pid, program;

	setpgid(0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
	program = argc > 1 ? fork() : -1;
	if (program == 0) {
		execv(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	signal(SIGTERM, hand_on);
	while ((pid = wait(&status)) > 0 || errno == EINTR) {
		if (pid == program)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return result;
}
