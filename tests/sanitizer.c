/*
 * What sanitized builds of the two programs do with a report: a file in the build folder, because a web server, a
 * detached process or a command's clean environment would lose it. Linked into them where SANITIZE is set, only there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The programs end without giving back what lives as long as they do, so leaks are looked for in the unit tests only. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:exitcode=99:log_path=" SANITIZER_REPORTS;
}

/* libubsan beside libasan has no log_path; it calls this once it knows what it will print to standard error. */
void __ubsan_get_current_report_data(const char **kind, const char **message, const char **file, unsigned *line,
                                     unsigned *column, char **address);
void __ubsan_on_report(void);
void __ubsan_on_report(void)
{
	const char *kind, *message, *file;
	unsigned line, column;
	char *address;
	__ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
	int report = open(SANITIZER_REPORTS ".undefined", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (report < 0)
		return;
	dprintf(report, "%s:%u:%u: process %d: %s: %s\n", file, line, column, (int)getpid(), kind, message);
	close(report);
}
