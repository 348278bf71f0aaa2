/* hook/invocation.h: the job of a hook and a request; checkouts that are made, have nothing to do, or are refused. */
#include "check.h"

#include <signal.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "config/problem.h"
#include "hook/file.h"
#include "hook/hook.h"
#include "hook/invocation.h"
#include "payload/request.h"
#include "payload/value.h"
#include "run/id.h"
#include "run/job.h"

#define AFTER "89abcdef0123456789abcdef0123456789abcdef"
#define BEFORE "0123456789abcdef0123456789abcdef01234567"
#define ZEROS "0000000000000000000000000000000000000000"
#define REPOSITORY "\"repository\":{\"clone_url\":\"https://github.com/acme/app.git\",\"full_name\":\"acme/app\"}"
#define PUSH "{\"ref\":\"refs/heads/main\",\"before\":\"" BEFORE "\",\"after\":\"" AFTER "\"," REPOSITORY "}"
#define DELETED \
	"{\"ref\":\"refs/heads/x\",\"before\":\"" BEFORE "\",\"after\":\"" ZEROS "\",\"deleted\":true," REPOSITORY "}"
#define PULL \
	"{\"action\":\"opened\",\"number\":7,\"pull_request\":{\"head\":{\"ref\":\"door\",\"sha\":" \
	"\"0123456789abcdef0123456789abcdef01234567\",\"repo\":null},\"base\":{\"ref\":\"main\"}}," REPOSITORY "}"
#define PING "{\"zen\":\"Keep it simple.\"," REPOSITORY "}"

struct fixture {
	struct arena arena;
	struct problems problems;
	struct hooks hooks;
	struct request request;
	struct config config;
	struct repository repositories[2];
	struct job job;
	struct error error;
	char folder[64];
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){.arena = ARENA_INIT, .error = ERROR_INIT};
	log_set_level(LOG_LEVEL_ERROR);
	make_temporary_folder(f->folder);
	f->problems.arena = &f->arena;
	f->repositories[0].match = STR("github.com/acme/*");
	f->repositories[1].match = STR("http://127.0.0.1:8080/**");
	config_init(&f->config);
	f->config.state = str_from(f->folder);
	f->config.repositories = (struct repositories){f->repositories, 2};
	f->request = (struct request){
		.arena = &f->arena,
		.method = STR("POST"),
		.remote_address = STR("192.0.2.1:4711"),
		.query = STR(""),
		.body = STR(PUSH),
		.content_type = STR("application/json"),
	};
}

static void tear_down(struct fixture *f)
{
	assert_true(file_remove_tree(f->folder, &f->error));
	arena_release(&f->arena);
}

/* A hook with these lines. */
static const struct hook *read_hook(struct fixture *f, const char *lines)
{
	static const struct hooks_options options = {.strict = true};
	const char *text = arena_printf(&f->arena, "- id: deploy\n  execute-command: run.sh\n%s", lines);
	if (!hooks_read(&f->arena, &f->hooks, str_from(text), "h.yaml", &options, &f->problems))
		fail_msg("%s", problem_text(&f->arena, &f->problems.items[0]));
	return f->hooks.items[f->hooks.count - 1];
}

static enum invocation invoke(struct fixture *f, const char *lines)
{
	return invocation_make(read_hook(f, lines), &f->request, &f->config, &f->job, &f->error);
}

/* What is logged while it runs. */
static const char *capture_log(struct fixture *f, void (*run)(struct fixture *))
{
	struct buf text = BUF_INIT;
	int kept = dup(STDERR_FILENO), file = memfd_create("log", 0);
	dup2(file, STDERR_FILENO);
	run(f);
	dup2(kept, STDERR_FILENO);
	lseek(file, 0, SEEK_SET);
	assert_true(file_read_descriptor(file, "log", 1 << 20, &text, &f->error));
	close(kept);
	close(file);
	const char *copy = arena_strdup(&f->arena, text.data);
	buf_release(&text);
	return copy;
}

static void test_plain(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.config.timeout = 1234;
	f.config.stop_grace = 567;
	assert_int_equal(invoke(&f, "  command-working-directory: sub\n"), INVOCATION_RUN);
	assert_true(run_id_is_valid(f.job.id));
	assert_str(f.job.hook, "deploy");
	assert_int_equal(f.job.argument_count, 1);
	assert_str(f.job.arguments[0], "run.sh");
	assert_int_equal(f.job.variable_count, 0);
	assert_int_equal(f.job.file_count, 0);
	assert_str(f.job.directory, "sub");
	assert_int_equal(f.job.timeout, 1234);
	assert_int_equal(f.job.stop_grace, 567);
	assert_int_equal(f.job.stop_signal, SIGTERM);
	assert_false(f.job.inherit_environment);
	assert_false(f.job.keep_processes);
	assert_false(f.job.stop_when_client_leaves);
	assert_false(f.job.checkout);
	assert_str(f.job.run_url, "");
	assert_str(f.job.state, "");
	tear_down(&f);
}

static void test_settings(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.config.base_url = STR("https://ci.example.org/ci");
	assert_int_equal(invoke(&f, "  timeout: none\n  stop-signal: INT\n  keep-processes: true\n"
	                            "  inherit-environment: true\n  when-client-leaves: stop\n"
	                            "  include-command-output-in-response: true\n"),
	                 INVOCATION_RUN);
	assert_int_equal(f.job.timeout, -1);
	assert_int_equal(f.job.stop_signal, SIGINT);
	assert_true(f.job.keep_processes);
	assert_true(f.job.inherit_environment);
	assert_true(f.job.stop_when_client_leaves);
	assert_str(f.job.run_url, str_printf(&f.arena, "https://ci.example.org/ci/runs/%.*s", STR_ARGS(f.job.id)).data);
	/* Where nobody waits for output, nobody leaves. */
	f.hooks = (struct hooks){0};
	assert_int_equal(invoke(&f, "  when-client-leaves: stop\n"), INVOCATION_RUN);
	assert_false(f.job.stop_when_client_leaves);
	f.hooks = (struct hooks){0};
	assert_int_equal(invoke(&f, "  when-client-leaves: stop\n  stream-command-output: true\n"), INVOCATION_RUN);
	assert_true(f.job.stop_when_client_leaves);
	tear_down(&f);
}

static void test_arguments(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.request.body = STR("{\"commits\":[{\"message\":\"a b'\\\"$(x)\"}],\"list\":[1,2]}");
	assert_int_equal(invoke(&f, "  pass-arguments-to-command:\n"
	                            "  - {source: string, name: --string-arg}\n"
	                            "  - {source: payload, name: commits.0.message}\n"
	                            "  - {source: payload, name: commits.1.message}\n"
	                            "  - {source: payload, name: list}\n"),
	                 INVOCATION_RUN);
	assert_int_equal(f.job.argument_count, 5);
	assert_str(f.job.arguments[0], "run.sh");
	assert_str(f.job.arguments[1], "--string-arg");
	assert_str(f.job.arguments[2], "a b'\"$(x)");
	assert_str(f.job.arguments[3], "");
	assert_str(f.job.arguments[4], "[1,2]");
	tear_down(&f);
}

static void test_variables(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	assert_int_equal(invoke(&f, "  pass-environment-to-command:\n"
	                            "  - {source: payload, name: repository.full_name, envname: NAME}\n"
	                            "  - {source: payload, name: missing, envname: LEFT_OUT}\n"
	                            "  - {source: payload, name: ref}\n"
	                            "  - {source: header, name: x-missing}\n"
	                            "  - {source: string, name: text}\n"),
	                 INVOCATION_RUN);
	assert_int_equal(f.job.variable_count, 3);
	assert_str(f.job.variables[0].name, "NAME");
	assert_str(f.job.variables[0].value, "acme/app");
	assert_str(f.job.variables[1].name, "HOOK_ref");
	assert_str(f.job.variables[1].value, "refs/heads/main");
	assert_str(f.job.variables[2].name, "HOOK_text");
	assert_str(f.job.variables[2].value, "text");
	tear_down(&f);
}

static void test_passed_files(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.request.body = STR("{\"plain\":\"text\",\"good\":\"aGVsbG8=\",\"bad\":\"aGVs!!\"}");
	assert_int_equal(invoke(&f, "  pass-file-to-command:\n"
	                            "  - {source: payload, name: plain}\n"
	                            "  - {source: payload, name: good, envname: GOOD, base64decode: true}\n"
	                            "  - {source: payload, name: good, envname: UNDECODED}\n"
	                            "  - {source: payload, name: missing, envname: LEFT_OUT}\n"
	                            "  - {source: payload, name: bad, base64decode: true}\n"),
	                 INVOCATION_RUN);
	assert_int_equal(f.job.file_count, 4);
	assert_str(f.job.files[0].name, "HOOK_PLAIN");
	assert_str(f.job.files[0].data, "text");
	assert_str(f.job.files[1].name, "GOOD");
	assert_str(f.job.files[1].data, "hello");
	assert_str(f.job.files[2].data, "aGVsbG8=");
	assert_str(f.job.files[3].name, "HOOK_BAD");
	assert_str(f.job.files[3].data, "hel");
	tear_down(&f);
}

static void test_defaults(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	assert_int_equal(invoke(&f, "  pass-arguments-to-command:\n"
	                            "  - {source: payload, name: missing, default: instead}\n"
	                            "  - {source: payload, name: ref, default: instead}\n"
	                            "  pass-environment-to-command:\n"
	                            "  - {source: header, name: x-missing, envname: A, default: ''}\n"
	                            "  pass-file-to-command:\n"
	                            "  - {source: payload, name: missing, default: aGVsbG8=, base64decode: true}\n"),
	                 INVOCATION_RUN);
	assert_str(f.job.arguments[1], "instead");
	assert_str(f.job.arguments[2], "refs/heads/main");
	assert_int_equal(f.job.variable_count, 1);
	assert_str(f.job.variables[0].name, "A");
	assert_str(f.job.variables[0].value, "");
	assert_int_equal(f.job.file_count, 1);
	assert_str(f.job.files[0].data, "hello");
	tear_down(&f);
}

static void test_script(void **state)
{
	static const char text[] =
		"- id: s\n  run: echo \"$1\"\n  pass-arguments-to-command: [{source: payload, name: a}]\n";
	static const struct hooks_options options = {.strict = true};
	struct fixture f;
	(void)state;

	set_up(&f);
	f.request.body = STR("{\"a\":\"$(id)\"}");
	assert_true(hooks_read(&f.arena, &f.hooks, str_from(text), "h.yaml", &options, &f.problems));
	assert_int_equal(invocation_make(f.hooks.items[0], &f.request, &f.config, &f.job, &f.error), INVOCATION_RUN);
	assert_str(f.job.script, "echo \"$1\"");
	assert_int_equal(f.job.argument_count, 2);
	assert_str(f.job.arguments[0], "/bin/sh");
	assert_str(f.job.arguments[1], "$(id)");
	tear_down(&f);
}

static void run_without_input(struct fixture *f)
{
	assert_int_equal(invoke(f, "  pass-stdin-to-command: {source: payload, name: nothing}\n"), INVOCATION_RUN);
}

static void test_input(void **state)
{
	static const struct {
		const char *value, *input;
	} cases[] = {
		{"{source: payload, name: good}", "aGVsbG8="},
		{"{source: payload, name: good, base64decode: true}", "hello"},
		{"{source: entire-payload}", "{\"good\":\"aGVsbG8=\"}"},
		{"{source: raw-request-body}", "{ \"good\":\"aGVsbG8=\"}"},
		{"{source: string, name: fixed}", "fixed"},
	};
	struct fixture f;
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		set_up(&f);
		f.request.body = STR("{ \"good\":\"aGVsbG8=\"}");
		assert_int_equal(invoke(&f, arena_printf(&f.arena, "  pass-stdin-to-command: %s\n", cases[i].value)),
		                 INVOCATION_RUN);
		assert_str(f.job.input, cases[i].input);
		assert_int_equal(f.job.argument_count, 1);
		tear_down(&f);
	}
	set_up(&f);
	log_set_level(LOG_LEVEL_WARNING);
	assert_contains(capture_log(&f, run_without_input),
	                "hook \"deploy\": standard input is left empty: there is no payload nothing");
	assert_str(f.job.input, "");
	tear_down(&f);
}

/* --- Uploads ------------------------------------------------------------------------------------------------------ */

#define UPLOAD(name, filename, content) \
	"--x\r\nContent-Disposition: form-data; name=\"" name "\"; filename" filename \
	"\r\nContent-Type: text/plain\r\n\r\n" content "\r\n"

static void set_form(struct fixture *f, const char *body)
{
	f->request.content_type = STR("multipart/form-data; boundary=x");
	request_add_header(&f->request, STR("Content-Type"), f->request.content_type);
	f->request.body = str_from(body);
}

/* "NAME=value" of the variables and "NAME:content" of the files, each with a newline behind it. */
static const char *list_job(struct fixture *f)
{
	char *list = arena_strdup(&f->arena, "");
	for (size_t i = 0; i < f->job.file_count; i++)
		list = arena_printf(&f->arena, "%s%.*s:%.*s\n", list, STR_ARGS(f->job.files[i].name),
		                    STR_ARGS(f->job.files[i].data));
	for (size_t i = 0; i < f->job.variable_count; i++)
		list = arena_printf(&f->arena, "%s%.*s=%.*s\n", list, STR_ARGS(f->job.variables[i].name),
		                    STR_ARGS(f->job.variables[i].value));
	return list;
}

static void test_uploads(void **state)
{
	static const struct {
		const char *lines, *body, *job;
	} cases[] = {
		{"  pass-uploads-to-command: true\n", UPLOAD("the report", "=r.txt", "R") UPLOAD("b", "=b", ""),
	         "HOOK_UPLOAD_THE_REPORT:R\nHOOK_UPLOAD_B:\nHOOK_UPLOAD_THE_REPORT_FILENAME=r.txt\n"
	         "HOOK_UPLOAD_THE_REPORT_TYPE=text/plain\nHOOK_UPLOAD_B_FILENAME=b\nHOOK_UPLOAD_B_TYPE=text/plain\n"},
		{"  pass-uploads-to-command: false\n", UPLOAD("a", "=a", "A"), ""},
		{"  pass-uploads-to-command:\n  - {name: a, envname: Report}\n  - {name: missing}\n",
	         UPLOAD("b", "=b", "B") UPLOAD("a", "=a", "A"),
	         "Report:A\nReport_FILENAME=a\nReport_TYPE=text/plain\n"},
		/* Repeated names, and names that become the same. */
		{"  pass-uploads-to-command: true\n",
	         UPLOAD("a", "=1", "1") UPLOAD("a", "=2", "2") UPLOAD("A", "=3", "3") UPLOAD("a_2", "=4", "4"),
	         "HOOK_UPLOAD_A:1\nHOOK_UPLOAD_A_2:2\nHOOK_UPLOAD_A_3:3\nHOOK_UPLOAD_A_2_2:4\n"
	         "HOOK_UPLOAD_A_FILENAME=1\nHOOK_UPLOAD_A_TYPE=text/plain\n"
	         "HOOK_UPLOAD_A_2_FILENAME=2\nHOOK_UPLOAD_A_2_TYPE=text/plain\n"
	         "HOOK_UPLOAD_A_3_FILENAME=3\nHOOK_UPLOAD_A_3_TYPE=text/plain\n"
	         "HOOK_UPLOAD_A_2_2_FILENAME=4\nHOOK_UPLOAD_A_2_2_TYPE=text/plain\n"},
		/* What a client says never stands where a path is looked for, nor where the hook put something. */
		{"  pass-uploads-to-command: true\n",
	         UPLOAD("a", "=\"/etc/passwd\"", "A") UPLOAD("a-filename", "=x", "X"),
	         "HOOK_UPLOAD_A:A\nHOOK_UPLOAD_A_FILENAME_2:X\n"
	         "HOOK_UPLOAD_A_FILENAME=passwd\nHOOK_UPLOAD_A_TYPE=text/plain\n"
	         "HOOK_UPLOAD_A_FILENAME_2_FILENAME=x\nHOOK_UPLOAD_A_FILENAME_2_TYPE=text/plain\n"},
		{"  pass-uploads-to-command: true\n", UPLOAD("a-filename", "=x", "X") UPLOAD("a", "=a", "A"),
	         "HOOK_UPLOAD_A_FILENAME:X\nHOOK_UPLOAD_A_2:A\n"
	         "HOOK_UPLOAD_A_FILENAME_FILENAME=x\nHOOK_UPLOAD_A_FILENAME_TYPE=text/plain\n"
	         "HOOK_UPLOAD_A_2_FILENAME=a\nHOOK_UPLOAD_A_2_TYPE=text/plain\n"},
		{"  pass-uploads-to-command: true\n", UPLOAD("a-type", "=x", "X") UPLOAD("a", "=a", "A"),
	         "HOOK_UPLOAD_A_TYPE:X\nHOOK_UPLOAD_A_2:A\n"
	         "HOOK_UPLOAD_A_TYPE_FILENAME=x\nHOOK_UPLOAD_A_TYPE_TYPE=text/plain\n"
	         "HOOK_UPLOAD_A_2_FILENAME=a\nHOOK_UPLOAD_A_2_TYPE=text/plain\n"},
		{"  pass-uploads-to-command: true\n"
	         "  pass-environment-to-command: [{source: string, name: mine, envname: HOOK_UPLOAD_A}]\n"
	         "  pass-file-to-command: [{source: string, name: f, envname: HOOK_UPLOAD_B}]\n",
	         UPLOAD("a", "=a", "A") UPLOAD("b", "=b", "B"),
	         "HOOK_UPLOAD_B:f\nHOOK_UPLOAD_A_2:A\nHOOK_UPLOAD_B_2:B\nHOOK_UPLOAD_A=mine\n"
	         "HOOK_UPLOAD_A_2_FILENAME=a\nHOOK_UPLOAD_A_2_TYPE=text/plain\n"
	         "HOOK_UPLOAD_B_2_FILENAME=b\nHOOK_UPLOAD_B_2_TYPE=text/plain\n"},
		/* Names of files. */
		{"  pass-uploads-to-command: [{name: a, envname: A}]\n", UPLOAD("a", "=\"../../x/..\"", "1"),
	         "A:1\nA_FILENAME=_\nA_TYPE=text/plain\n"},
		{"  pass-uploads-to-command: [{name: a, envname: A}]\n", UPLOAD("a", "=\"C:\\\\dir\\\\b.txt\"", "1"),
	         "A:1\nA_FILENAME=b.txt\nA_TYPE=text/plain\n"},
		{"  pass-uploads-to-command: [{name: a, envname: A}]\n",
	         UPLOAD("a", "*=UTF-8''gr%C3%BC%C3%9F%00%0A%1B%C2%9B%FF.txt", "1"),
	         "A:1\nA_FILENAME=gr\xC3\xBC\xC3\x9F_____.txt\nA_TYPE=text/plain\n"},
		{"  pass-uploads-to-command: [{name: a, envname: A}]\n", UPLOAD("a", "=\"dir/\"", "1"),
	         "A:1\nA_FILENAME=_\nA_TYPE=text/plain\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		set_form(&f, arena_printf(&f.arena, "%s--x--\r\n", cases[i].body));
		assert_int_equal(invoke(&f, cases[i].lines), INVOCATION_RUN);
		assert_string_equal(list_job(&f), cases[i].job);
		tear_down(&f);
	}
}

/* As many as a body may have, all of one name: each has a variable of its own, and soon. */
static void test_many_uploads(void **state)
{
	struct buf body = BUF_INIT;
	struct fixture f;
	(void)state;

	set_up(&f);
	for (int i = 0; i < 1000; i++)
		buf_append_c(&body, UPLOAD("a", "=a", "A"));
	buf_append_c(&body, "--x--\r\n");
	set_form(&f, body.data);
	assert_int_equal(invoke(&f, "  pass-uploads-to-command: true\n"), INVOCATION_RUN);
	assert_int_equal(f.job.file_count, 1000);
	assert_str(f.job.files[999].name, "HOOK_UPLOAD_A_1000");
	tear_down(&f);
	buf_release(&body);
}

static void run_without_upload(struct fixture *f)
{
	assert_int_equal(invoke(f, "  pass-uploads-to-command: [{name: report}]\n"), INVOCATION_RUN);
}

static void test_missing_upload(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f); /* a body of another kind has none */
	log_set_level(LOG_LEVEL_WARNING);
	assert_contains(capture_log(&f, run_without_upload),
	                "hook \"deploy\": an upload is left out: there is no file \"report\" in the body");
	assert_int_equal(f.job.file_count, 0);
	tear_down(&f);
}

static void run_with_secrets(struct fixture *f)
{
	log_set_level(LOG_LEVEL_DEBUG);
	f->request.body = STR("{\"token\":\"s3cret-value\",\"json\":\"s3cret-value\"}");
	request_add_header(&f->request, STR("X-Token"), STR("s3cret-value"));
	const struct hook *hook = read_hook(f, "  parse-parameters-as-json:\n"
	                                       "  - {source: payload, name: json}\n"
	                                       "  - {source: payload, name: no-json}\n"
	                                       "  pass-arguments-to-command:\n"
	                                       "  - {source: payload, name: token}\n"
	                                       "  - {source: payload, name: no-argument}\n"
	                                       "  - {source: string, name: s3cret-value}\n"
	                                       "  pass-environment-to-command:\n"
	                                       "  - {source: header, name: X-Token, envname: TOKEN}\n"
	                                       "  - {source: header, name: X-No-Variable}\n"
	                                       "  pass-file-to-command:\n"
	                                       "  - {source: payload, name: token, envname: FILE, base64decode: true}\n"
	                                       "  - {source: url, name: no-file}\n");
	invocation_parse_parameters(hook, &f->request);
	assert_int_equal(invocation_make(hook, &f->request, &f->config, &f->job, &f->error), INVOCATION_RUN);
	log_set_level(LOG_LEVEL_ERROR);
}

/* The log names what is missing, and shows no value. */
static void test_log(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	const char *log = capture_log(&f, run_with_secrets);
	assert_contains(log, "hook \"deploy\": an argument is left empty: there is no payload no-argument\n");
	assert_contains(log, "hook \"deploy\": a variable is left out: there is no header X-No-Variable\n");
	assert_contains(log, "hook \"deploy\": a file is left out: there is no query no-file\n");
	assert_contains(log, "hook \"deploy\": file FILE: its value is not base64 to the end\n");
	assert_contains(log,
	                "hook \"deploy\": parse-parameters-as-json: payload no-json: there is no payload no-json\n");
	assert_contains(log, "hook \"deploy\": parse-parameters-as-json: payload json: ");
	assert_null(strstr(log, "s3cret"));
	tear_down(&f);
}

static void test_parse_parameters(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.request.body = STR("{\"top\":\"{\\\"a\\\":{\\\"b\\\":1.0}}\",\"in\":{\"x\":[\"{\\\"y\\\":2}\",\"[1]\"]},"
	                     "\"a.b\":\"{\\\"c\\\":3}\",\"null\":\"null\",\"map\":{\"k\":4}}");
	f.request.query = STR("q=%7B%22k%22%3A5%7D");
	request_add_header(&f.request, STR("X-Json"), STR("{\"k\":6}"));
	invocation_parse_parameters(read_hook(&f, "  parse-parameters-as-json:\n"
	                                          "  - {source: payload, name: top}\n"
	                                          "  - {source: payload, name: in.x.0}\n"
	                                          "  - {source: payload, name: in.x.1}\n"
	                                          "  - {source: payload, name: a.b}\n"
	                                          "  - {source: payload, name: 'null'}\n"
	                                          "  - {source: payload, name: map}\n"
	                                          "  - {source: query, name: q}\n"
	                                          "  - {source: header, name: x-json}\n"),
	                            &f.request);
	static const struct {
		const char *name, *value;
	} cases[] = {
		{"top.a.b", "1.0"},   {"in.x.0.y", "2"}, {"in.x.1", "[1]"},
		{"a.b", "{\"c\":3}"}, {"null", "null"},  {"map.k", "4"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct value *value = value_find(request_payload(&f.request), str_from(cases[i].name));
		if (!value)
			fail_msg("there is no %s", cases[i].name);
		assert_str(value_text(&f.arena, value), cases[i].value);
	}
	assert_str(value_text(&f.arena, value_find(request_query_values(&f.request), STR("q.k"))), "5");
	assert_str(value_text(&f.arena, value_find(request_header_values(&f.request), STR("X-Json.k"))), "6");
	tear_down(&f);
}

static void test_push(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	request_add_header(&f.request, STR("X-GitHub-Event"), STR("push"));
	assert_int_equal(invoke(&f, "  checkout: true\n  pass-arguments-to-command: [{source: payload, name: ref}]\n"),
	                 INVOCATION_RUN);
	assert_true(f.job.checkout);
	assert_str(f.job.url, "https://github.com/acme/app.git");
	assert_str(f.job.ref, "refs/heads/main");
	assert_str(f.job.commit, AFTER);
	assert_str(f.job.before, BEFORE);
	assert_str(f.job.forge, "github");
	assert_str(f.job.event, "push");
	assert_str(f.job.forge_event, "push");
	assert_str(f.job.repository, "acme/app");
	assert_str(f.job.branch, "main");
	assert_str(f.job.tag, "");
	assert_str(f.job.payload, PUSH);
	assert_str(f.job.state, f.folder);
	assert_str(f.job.arguments[1], "refs/heads/main");
	tear_down(&f);
}

/* A form that holds the event: its JSON is the payload. */
static void test_push_as_form(void **state)
{
	struct fixture f;
	struct buf body = BUF_INIT;
	(void)state;

	set_up(&f);
	buf_append_c(&body, "payload=");
	for (const char *c = PUSH; *c; c++)
		buf_printf(&body, "%%%02X", (unsigned char)*c);
	f.request.body = buf_str(&body);
	f.request.content_type = STR("application/x-www-form-urlencoded");
	request_add_header(&f.request, STR("X-GitHub-Event"), STR("push"));
	assert_int_equal(invoke(&f, "  checkout: true\n"), INVOCATION_RUN);
	assert_str(f.job.commit, AFTER);
	assert_str(f.job.payload, PUSH);
	buf_release(&body);
	tear_down(&f);
}

#define FIXED "http://127.0.0.1:8080/srv/app.git"

static void test_checkouts(void **state)
{
	static const struct {
		const char *checkout, *event, *body; /* event NULL: no forge */
		const char *url, *ref, *commit, *before, *repository, *forge;
	} cases[] = {
		/* Parts of the hook go before those of the event; a commit of the event comes with its own ref only. */
		{"{repository: '" FIXED "'}", "push", PUSH, FIXED, "refs/heads/main", AFTER, BEFORE, "acme/app",
	         "github"},
		{"{ref: refs/heads/main}", "push", PUSH, "https://github.com/acme/app.git", "refs/heads/main", AFTER,
	         BEFORE, "acme/app", "github"},
		{"{ref: refs/heads/dev}", "push", PUSH, "https://github.com/acme/app.git", "refs/heads/dev", "", "",
	         "acme/app", "github"},
		{"{ref: refs/heads/dev}", "push", DELETED, "https://github.com/acme/app.git", "refs/heads/dev", "", "",
	         "acme/app", "github"},
		{"{ref: refs/heads/dev}", "ping", PING, "https://github.com/acme/app.git", "refs/heads/dev", "", "",
	         "acme/app", "github"},
		{"{commit: " AFTER "}", "push", PUSH, "https://github.com/acme/app.git", "refs/heads/main", AFTER,
	         BEFORE, "acme/app", "github"},
		{"{commit: " BEFORE "}", "push", PUSH, "https://github.com/acme/app.git", "", BEFORE, "", "acme/app",
	         "github"},
		{"{commit: {source: payload, name: after}}", "push", PUSH, "https://github.com/acme/app.git",
	         "refs/heads/main", AFTER, BEFORE, "acme/app", "github"},
		/* Without a forge. */
		{"{repository: '" FIXED "', ref: refs/tags/v1}", NULL, "{}", FIXED, "refs/tags/v1", "", "", "srv/app",
	         ""},
		{"{repository: '" FIXED "', commit: " BEFORE "}", NULL, "no json", FIXED, "", BEFORE, "", "srv/app",
	         ""},
		{"{repository: {source: payload, name: repository.clone_url}, ref: {source: payload, name: ref}, "
	         "commit: {source: payload, name: after}}",
	         NULL, PUSH, "https://github.com/acme/app.git", "refs/heads/main", AFTER, "", "acme/app", ""},
		/* An event that cannot be read does not matter where nothing is wanted of it. */
		{"{repository: '" FIXED "', ref: refs/heads/main}", "push", "{}", FIXED, "refs/heads/main", "", "",
	         "srv/app", ""},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		f.request.body = str_from(cases[i].body);
		if (cases[i].event)
			request_add_header(&f.request, STR("X-GitHub-Event"), str_from(cases[i].event));
		const char *lines = arena_printf(&f.arena, "  checkout: %s\n", cases[i].checkout);
		if (invoke(&f, lines) != INVOCATION_RUN)
			fail_msg("%s: %s", cases[i].checkout, f.error.message);
		assert_str(f.job.url, cases[i].url);
		assert_str(f.job.ref, cases[i].ref);
		assert_str(f.job.commit, cases[i].commit);
		assert_str(f.job.before, cases[i].before);
		assert_str(f.job.repository, cases[i].repository);
		assert_str(f.job.forge, cases[i].forge);
		tear_down(&f);
	}
}

#define HEAD "0123456789abcdef0123456789abcdef01234567"

/* A pull request of GitHub, part by part: what its head and base repositories are, and the one that it is for. */
static struct str pull_of(struct fixture *f, const char *head, const char *base, const char *repository)
{
	return str_printf(&f->arena,
	                  "{\"action\":\"opened\",\"number\":7,\"before\":\"" BEFORE
	                  "\",\"pull_request\":{\"head\":{\"ref\":"
	                  "\"door\",\"sha\":\"" HEAD "\",\"repo\":%s},\"base\":{\"ref\":\"main\",\"repo\":%s}},"
	                  "\"repository\":%s}",
	                  head, base, repository);
}

#define OWN "{\"id\":1,\"full_name\":\"acme/app\",\"clone_url\":\"https://github.com/acme/app.git\"}"
#define FORK "{\"id\":2,\"full_name\":\"eve/app\",\"clone_url\":\"https://github.com/eve/app.git\"}"

static void set_up_pull(struct fixture *f, const char *head)
{
	set_up(f);
	f->request.body = pull_of(f, head, OWN, OWN);
	request_add_header(&f->request, STR("X-GitHub-Event"), STR("pull_request"));
}

/* Where on names it the event says everything; else the hook says ref or commit. */
static void test_pull_request(void **state)
{
	static const char *const hooks[] = {
		"  on: pull-request\n  checkout: true\n  paths: [src/**]\n",
		"  checkout: {commit: {source: event, name: commit}}\n",
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(hooks); i++) {
		struct fixture f;
		set_up_pull(&f, OWN);
		if (invoke(&f, hooks[i]) != INVOCATION_RUN)
			fail_msg("%s", f.error.message);
		assert_str(f.job.url, "https://github.com/acme/app.git");
		assert_str(f.job.ref, "refs/pull/7/head");
		assert_str(f.job.commit, HEAD);
		assert_str(f.job.before, BEFORE);
		assert_str(f.job.event, "pull-request");
		assert_str(f.job.forge_event, "pull_request");
		/* Never the target's: a script that deploys "main" would deploy a stranger's. */
		assert_str(f.job.branch, "");
		assert_str(f.job.base, "refs/heads/main");
		assert_true(f.job.changes);
		assert_false(f.job.fork);
		assert_int_equal(f.job.path_count, i == 0);
		tear_down(&f);
	}
}

static void test_changes(void **state)
{
	static const struct {
		const char *lines, *body;
		bool changes;
		const char *base;
		size_t paths;
	} cases[] = {
		{"  checkout: true\n", PUSH, true, "", 0},
		{"  checkout: true\n  paths: [a, b]\n",
	         "{\"ref\":\"refs/heads/dev\",\"after\":\"" AFTER "\",\"repository\":{\"clone_url\":"
	         "\"https://github.com/acme/app.git\",\"full_name\":\"acme/app\",\"default_branch\":\"trunk\"}}",
	         true, "refs/heads/trunk", 2},
		{"  checkout: true\n  paths: [a, b]\n",
	         "{\"ref\":\"refs/tags/v1\",\"after\":\"" AFTER "\"," REPOSITORY "}", false, "", 0},
		{"  checkout: {ref: refs/heads/dev}\n  paths: [a, b]\n", PUSH, false, "", 2},
		{"  checkout: {commit: " BEFORE "}\n", PUSH, false, "", 0},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		f.request.body = str_from(cases[i].body);
		request_add_header(&f.request, STR("X-GitHub-Event"), STR("push"));
		if (invoke(&f, cases[i].lines) != INVOCATION_RUN)
			fail_msg("%s", f.error.message);
		if (f.job.changes != cases[i].changes || f.job.path_count != cases[i].paths)
			fail_msg("%s: %d, %zu", cases[i].lines, f.job.changes, f.job.path_count);
		assert_str(f.job.base, cases[i].base);
		tear_down(&f);
	}
}

/* --- Forks -------------------------------------------------------------------------------------------------------- */

#define ON_PULLS "  on: pull-request\n"

static void test_forks(void **state)
{
	static const struct {
		const char *lines, *head;
		bool is_fork;
	} cases[] = {
		{ON_PULLS "  checkout: true\n", FORK, true},
		{ON_PULLS "  checkout: true\n", "null", true}, /* gone */
		{ON_PULLS "  checkout: true\n", OWN, false},
		{ON_PULLS, FORK, true},
		{"  checkout: {ref: {source: event, name: ref}}\n", FORK, true},
		{"  checkout: {commit: {source: payload, name: pull_request.head.sha}}\n", FORK, true},
		{"  checkout: {ref: refs/pull/7/head}\n", FORK, true},
		{"  checkout: {ref: refs/heads/main, repository: {source: payload, name: repository.clone_url}}\n",
	         FORK, true},
		{"  checkout: {commit: {source: payload, name: pull_request.head.sha}}\n", OWN, false},
		/* What the server says itself, or a hook that knows nothing of all this. */
		{"  checkout: {ref: refs/heads/main}\n", FORK, false},
		{"", FORK, false},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (int allowed = 0; allowed < 2; allowed++) {
			struct fixture f;
			set_up_pull(&f, cases[i].head);
			f.repositories[0].runs_forks = allowed;
			enum invocation expected =
				cases[i].is_fork && !allowed ? INVOCATION_NOTHING_TO_DO : INVOCATION_RUN;
			if (invoke(&f, cases[i].lines) != expected)
				fail_msg("%s, allowed %d: %s", cases[i].lines, allowed, f.error.message);
			assert_int_equal(f.job.fork, cases[i].is_fork);
			if (expected == INVOCATION_NOTHING_TO_DO) {
				assert_int_equal(f.error.kind, ERROR_NONE);
				assert_contains(f.error.message, "nothing to do: pull request 7 is from a fork");
			}
			tear_down(&f);
		}
	}
}

/* A name of a branch that we refuse must not open what is closed to forks. */
static void test_a_fork_that_cannot_be_read(void **state)
{
	static const struct {
		const char *lines;
		enum invocation result;
	} cases[] = {
		{"  checkout: {commit: {source: payload, name: pull_request.head.sha}, repository: 'https://github.com/acme/app'}\n",
	         INVOCATION_REFUSED},
		{"  checkout: {repository: {source: payload, name: repository.clone_url}, ref: refs/heads/main}\n",
	         INVOCATION_REFUSED},
		{"  checkout: {repository: 'https://github.com/acme/app', ref: refs/heads/main}\n", INVOCATION_RUN},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		f.request.body = STR(
			"{\"action\":\"opened\",\"number\":7,\"pull_request\":{\"head\":{\"ref\":\"-x\",\"sha\":\"" HEAD
			"\",\"repo\":" FORK "},\"base\":{\"ref\":\"main\",\"repo\":" OWN "}},\"repository\":" OWN "}");
		request_add_header(&f.request, STR("X-GitHub-Event"), STR("pull_request"));
		if (invoke(&f, cases[i].lines) != cases[i].result)
			fail_msg("%s: %s", cases[i].lines, f.error.message);
		if (cases[i].result == INVOCATION_REFUSED)
			assert_contains(f.error.message, "checkout: github event pull_request: pull_request.head.ref");
		tear_down(&f);
	}
}

/* The entry of the event's repository and that of what is checked out both have a say. */
static void test_fork_of_another_repository(void **state)
{
	static const char lines[] = ON_PULLS "  checkout: {repository: 'http://127.0.0.1:8080/srv/app'}\n";
	(void)state;

	for (int i = 0; i < 4; i++) {
		struct fixture f;
		set_up_pull(&f, FORK);
		f.repositories[0].runs_forks = i & 1;
		f.repositories[1].runs_forks = i & 2;
		assert_int_equal(invoke(&f, lines), i == 3 ? INVOCATION_RUN : INVOCATION_NOTHING_TO_DO);
		tear_down(&f);
	}
}

/* One field at a time says something else: it is refused, or a fork's as before. */
static void test_spoofed_fields(void **state)
{
	static const struct {
		const char *what, *head, *base, *repository;
		enum invocation result; /* where forks are not allowed */
		bool fork;
	} cases[] = {
		{"as it comes", FORK, OWN, OWN, INVOCATION_NOTHING_TO_DO, true},
		{"head.repo.full_name", "{\"id\":2,\"full_name\":\"acme/app\"}", OWN, OWN, INVOCATION_NOTHING_TO_DO,
	         true},
		{"head.repo.clone_url", "{\"id\":2,\"clone_url\":\"https://github.com/acme/app.git\"}", OWN, OWN,
	         INVOCATION_NOTHING_TO_DO, true},
		{"head.repo.fork", "{\"id\":2,\"fork\":false}", OWN, OWN, INVOCATION_NOTHING_TO_DO, true},
		{"head.repo.id is missing", "{\"full_name\":\"acme/app\",\"fork\":false}", OWN, OWN,
	         INVOCATION_NOTHING_TO_DO, true},
		{"base.repo.id", FORK, "{\"id\":2,\"full_name\":\"acme/app\"}", OWN, INVOCATION_REFUSED, false},
		{"repository.id", FORK, OWN,
	         "{\"id\":2,\"full_name\":\"acme/app\",\"clone_url\":\"https://github.com/acme/app.git\"}",
	         INVOCATION_REFUSED, false},
		{"no base.repo.id", FORK, "{}", OWN, INVOCATION_NOTHING_TO_DO, true},
		{"no id at all", "{\"full_name\":\"acme/app\"}", "{\"full_name\":\"acme/app\"}",
	         "{\"full_name\":\"acme/app\",\"clone_url\":\"https://github.com/acme/app.git\"}",
	         INVOCATION_NOTHING_TO_DO, true},
		{"repository.full_name", OWN, OWN,
	         "{\"id\":1,\"full_name\":\"acme/other\",\"clone_url\":\"https://github.com/acme/app.git\"}",
	         INVOCATION_REFUSED, false},
		{"repository.clone_url", OWN, OWN,
	         "{\"id\":1,\"full_name\":\"acme/app\",\"clone_url\":\"https://github.com/acme/other.git\"}",
	         INVOCATION_REFUSED, false},
		{"both clone_urls, of a repository that is not listed", OWN,
	         "{\"id\":1,\"clone_url\":\"https://github.com/eve/app.git\"}",
	         "{\"id\":1,\"full_name\":\"acme/app\",\"clone_url\":\"https://github.com/eve/app.git\"}",
	         INVOCATION_REFUSED, false},
		{"the fork's own", FORK, FORK, FORK, INVOCATION_REFUSED, false},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		f.request.body = pull_of(&f, cases[i].head, cases[i].base, cases[i].repository);
		request_add_header(&f.request, STR("X-GitHub-Event"), STR("pull_request"));
		enum invocation result = invoke(&f, ON_PULLS "  checkout: true\n");
		if (result != cases[i].result || f.job.fork != cases[i].fork)
			fail_msg("%s: %d, %d: %s", cases[i].what, (int)result, f.job.fork, f.error.message);
		tear_down(&f);
	}
}

/* The same of GitLab and Bitbucket, whose payloads say what they are about in other places. */
static void test_spoofed_fields_of_others(void **state)
{
	static const struct {
		const char *header, *word, *body;
		enum invocation result;
		bool fork;
	} cases[] = {
#define MERGE(target, source, project) \
	"{\"object_kind\":\"merge_request\",\"project\":{\"id\":" project ",\"path_with_namespace\":\"acme/app\"," \
	"\"git_http_url\":\"https://github.com/acme/app.git\"},\"object_attributes\":{\"iid\":7,\"action\":\"open\"," \
	"\"target_branch\":\"main\",\"source_branch\":\"x\",\"target_project_id\":" target \
	",\"source_project_id\":" source ",\"last_commit\":{\"id\":\"" HEAD "\"}}}"
		{"X-Gitlab-Event", "Merge Request Hook", MERGE("1", "1", "1"), INVOCATION_RUN, false},
		{"X-Gitlab-Event", "Merge Request Hook", MERGE("1", "2", "1"), INVOCATION_NOTHING_TO_DO, true},
		{"X-Gitlab-Event", "Merge Request Hook", MERGE("1", "null", "1"), INVOCATION_NOTHING_TO_DO, true},
		{"X-Gitlab-Event", "Merge Request Hook", MERGE("2", "2", "1"), INVOCATION_REFUSED, false},
		{"X-Gitlab-Event", "Merge Request Hook", MERGE("1", "1", "2"), INVOCATION_REFUSED, false},
#define BITBUCKET(to, from, own) \
	"{\"repository\":{\"uuid\":" own ",\"full_name\":\"acme/app\",\"links\":{\"html\":{\"href\":" \
	"\"https://github.com/acme/app\"}}},\"pullrequest\":{\"id\":7,\"destination\":{\"branch\":{\"name\":\"main\"}," \
	"\"repository\":{\"uuid\":" to "}},\"source\":{\"branch\":{\"name\":\"x\"},\"commit\":{\"hash\":" \
	"\"0123456789ab\"},\"repository\":{\"uuid\":" from "}}}}"
		{"X-Event-Key", "pullrequest:created", BITBUCKET("\"{1}\"", "\"{1}\"", "\"{1}\""), INVOCATION_RUN,
	         false},
		{"X-Event-Key", "pullrequest:created", BITBUCKET("\"{1}\"", "\"{2}\"", "\"{1}\""),
	         INVOCATION_NOTHING_TO_DO, true},
		{"X-Event-Key", "pullrequest:created", BITBUCKET("\"{2}\"", "\"{2}\"", "\"{1}\""), INVOCATION_REFUSED,
	         false},
		{"X-Event-Key", "pullrequest:created", BITBUCKET("null", "null", "null"), INVOCATION_NOTHING_TO_DO,
	         true},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		f.request.body = str_from(cases[i].body);
		request_add_header(&f.request, str_from(cases[i].header), str_from(cases[i].word));
		request_add_header(&f.request, STR("X-Hook-Uuid"), STR("u"));
		enum invocation result = invoke(&f, ON_PULLS "  checkout: true\n");
		if (result != cases[i].result || f.job.fork != cases[i].fork)
			fail_msg("%zu: %d, %d: %s", i, (int)result, f.job.fork, f.error.message);
		tear_down(&f);
	}
}

/* Bitbucket Cloud gives the first digits alone, and has no ref for what a fork brings. */
static void test_short_commit(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.request.body = STR(BITBUCKET("\"{1}\"", "\"{1}\"", "\"{1}\""));
	request_add_header(&f.request, STR("X-Event-Key"), STR("pullrequest:created"));
	request_add_header(&f.request, STR("X-Hook-Uuid"), STR("u"));
	assert_int_equal(invoke(&f, ON_PULLS "  checkout: true\n"), INVOCATION_RUN);
	assert_str(f.job.ref, "refs/heads/x");
	assert_str(f.job.commit, "");
	assert_str(f.job.short_commit, "0123456789ab");
	assert_str(f.job.branch, "x");
	assert_str(f.job.base, "refs/heads/main");
	assert_true(f.job.changes);
	tear_down(&f);

	set_up(&f);
	f.repositories[0].runs_forks = true;
	f.request.body = STR(BITBUCKET("\"{1}\"", "\"{2}\"", "\"{1}\""));
	request_add_header(&f.request, STR("X-Event-Key"), STR("pullrequest:created"));
	request_add_header(&f.request, STR("X-Hook-Uuid"), STR("u"));
	assert_int_equal(invoke(&f, ON_PULLS "  checkout: true\n"), INVOCATION_NOTHING_TO_DO);
	assert_string_equal(f.error.message,
	                    "nothing to do: an event of type pull-request names no ref to fetch its commits from");
	tear_down(&f);
}

#define SECRETIVE \
	ON_PULLS \
	"  checkout: true\n" \
	"  inherit-environment: true\n" \
	"  trigger-rule: {match: {type: value, value: open-sesame, parameter: {source: header, name: X-Gitlab-Token}}}\n" \
	"  pass-arguments-to-command:\n" \
	"  - {source: header, name: X-Gitlab-Token}\n" \
	"  - {source: event, name: number}\n" \
	"  pass-environment-to-command:\n" \
	"  - {source: string, envname: KEPT, value: {env: TEST_INVOCATION_KEPT}}\n" \
	"  - {source: secret, name: deploy, envname: DEPLOY}\n" \
	"  - {source: string, envname: PLAIN, value: plain}\n" \
	"  - {source: entire-headers, envname: HEADERS}\n" \
	"  pass-file-to-command: [{source: secret, name: deploy, envname: FILE}]\n" \
	"  pass-stdin-to-command: {source: secret, name: deploy}\n"

static const struct hook *read_secretive(struct fixture *f)
{
	static struct named_secret items[] = {{.name = {"deploy", 6}, .secret = {SECRET_TEXT, {"deploy-text", 11}}}};
	static const struct named_secrets secrets = {items, 1};
	static const struct hooks_options options = {.secrets = &secrets};
	const char *text = "- id: deploy\n  execute-command: run.sh\n" SECRETIVE;
	setenv("TEST_INVOCATION_KEPT", "kept-text", 1);
	if (!hooks_read(&f->arena, &f->hooks, str_from(text), "h.yaml", &options, &f->problems))
		fail_msg("%s", problem_text(&f->arena, &f->problems.items[0]));
	return f->hooks.items[0];
}

static struct str value_of(const struct job *job, const char *name)
{
	for (size_t i = 0; i < job->variable_count; i++) {
		if (str_equal_c(job->variables[i].name, name))
			return job->variables[i].value;
	}
	return STR("(none)");
}

static void make_secretive(struct fixture *f)
{
	const struct hook *hook = read_secretive(f);
	assert_int_equal(invocation_make(hook, &f->request, &f->config, &f->job, &f->error), INVOCATION_RUN);
}

/* The body with more fields at its end. */
static struct str add_fields(struct fixture *f, const char *fields)
{
	return str_printf(&f->arena, "%.*s%s", STR_ARGS(str_head(f->request.body, f->request.body.len - 1)), fields);
}

static void test_a_fork_gets_no_secrets(void **state)
{
	struct fixture f;
	struct buf text = BUF_INIT;
	(void)state;

	/* Not a fork: all of it arrives. */
	set_up_pull(&f, OWN);
	request_add_header(&f.request, STR("X-Gitlab-Token"), STR("open-sesame"));
	make_secretive(&f);
	assert_str(f.job.arguments[1], "open-sesame");
	assert_str(value_of(&f.job, "DEPLOY"), "deploy-text");
	assert_str(value_of(&f.job, "KEPT"), "kept-text");
	assert_str(f.job.input, "deploy-text");
	assert_int_equal(f.job.file_count, 1);
	assert_true(f.job.inherit_environment);
	tear_down(&f);

	set_up_pull(&f, FORK);
	f.repositories[0].runs_forks = true;
	f.request.body = add_fields(&f, ",\"word\":\"open-sesame\",\"secret\":\"in-the-payload\"}");
	request_add_header(&f.request, STR("X-Gitlab-Token"), STR("open-sesame"));
	log_set_level(LOG_LEVEL_WARNING);
	const char *log = capture_log(&f, make_secretive);
	assert_contains(log, "a variable is left out: secret deploy is secret, and the run is of a fork");
	assert_contains(log, "standard input is left empty");
	assert_contains(log, "a fork does not inherit the environment of the server");
	assert_contains(log, "the payload holds a secret");
	assert_str(f.job.arguments[1], "");
	assert_str(f.job.arguments[2], "7");
	assert_str(value_of(&f.job, "DEPLOY"), "(none)");
	assert_str(value_of(&f.job, "KEPT"), "(none)");
	assert_str(value_of(&f.job, "PLAIN"), "plain");
	assert_contains(str_to_c(&f.arena, value_of(&f.job, "HEADERS")), "redacted");
	assert_str(f.job.input, "");
	assert_int_equal(f.job.file_count, 0);
	assert_false(f.job.inherit_environment);
	assert_contains(str_to_c(&f.arena, f.job.payload), HEAD);

	/* Nowhere in all that goes to the run. */
	static const char *const secrets[] = {"deploy-text", "kept-text", "open-sesame", "\"sesame\"",
	                                      "in-the-payload"};
	job_write(&text, &f.job);
	for (size_t i = 0; i < COUNT_OF(secrets); i++) {
		if (strstr(text.data, secrets[i]) || strstr(log, secrets[i]))
			fail_msg("%s", secrets[i]);
	}
	buf_release(&text);
	tear_down(&f);
}

static void test_no_checkout(void **state)
{
	static const struct {
		const char *checkout, *event, *body;
		enum invocation result;
		enum error_kind kind;
		const char *message;
	} cases[] = {
		/* Nothing to run. */
		{"true", "push", DELETED, INVOCATION_NOTHING_TO_DO, ERROR_NONE,
	         "nothing to do: refs/heads/x was deleted"},
		{"{ref: {source: payload, name: ref}}", "push", DELETED, INVOCATION_NOTHING_TO_DO, ERROR_NONE,
	         "nothing to do: refs/heads/x was deleted"},
		{"{commit: {source: payload, name: after}}", "push", DELETED, INVOCATION_NOTHING_TO_DO, ERROR_NONE,
	         "nothing to do: refs/heads/x was deleted"},
		{"{repository: '" FIXED "', commit: {source: payload, name: after}}", NULL, DELETED,
	         INVOCATION_NOTHING_TO_DO, ERROR_NONE, "nothing to do: the ref was deleted"},
		{"{repository: '" FIXED "', ref: {source: payload, name: r}, commit: {source: payload, name: c}}", NULL,
	         "{\"r\":\"<b>\",\"c\":\"" ZEROS "\"}", INVOCATION_NOTHING_TO_DO, ERROR_NONE,
	         "nothing to do: the ref was deleted"},
		{"true", "ping", PING, INVOCATION_NOTHING_TO_DO, ERROR_NONE,
	         "nothing to do: an event of type ping names no commit"},
		{"true", "pull_request", PULL, INVOCATION_NOTHING_TO_DO, ERROR_NONE,
	         "nothing to do: an event of type pull-request is checked out only where on names it, or checkout names "
	         "ref or commit"},
		{"{repository: '" FIXED "'}", "pull_request", PULL, INVOCATION_NOTHING_TO_DO, ERROR_NONE,
	         "nothing to do: an event of type pull-request is checked out only where on names it, or checkout names "
	         "ref or commit"},
		/* Not allowed. */
		{"{repository: 'https://github.com/other/app'}", "push", PUSH, INVOCATION_REFUSED, ERROR_NOT_ALLOWED,
	         "repository github.com/other/app is not listed under repositories in pocketci.yaml"},
		{"{repository: 'http://github.com/acme/app'}", "push", PUSH, INVOCATION_REFUSED, ERROR_NOT_ALLOWED,
	         "repository http://github.com/acme/app is not listed under repositories in pocketci.yaml"},
		{"{repository: {source: payload, name: url}, ref: refs/heads/main}", NULL, "{\"url\":\"file:///etc\"}",
	         INVOCATION_REFUSED, ERROR_NOT_ALLOWED,
	         "repository file:///etc is not listed under repositories in pocketci.yaml"},
		/* Not said. */
		{"true", NULL, PUSH, INVOCATION_REFUSED, ERROR_INVALID,
	         "checkout: the request is no event of a forge that is known here, so the hook must name repository and "
	         "ref or commit"},
		{"{repository: '" FIXED "'}", NULL, PUSH, INVOCATION_REFUSED, ERROR_INVALID,
	         "checkout: the request is no event of a forge that is known here, so the hook must name ref or commit"},
		{"{ref: refs/heads/main}", NULL, PUSH, INVOCATION_REFUSED, ERROR_INVALID,
	         "checkout: the request is no event of a forge that is known here, so the hook must name repository"},
		{"{repository: {source: payload, name: none}, ref: refs/heads/main}", NULL, PUSH, INVOCATION_REFUSED,
	         ERROR_INVALID, "checkout: repository: there is no payload none"},
		{"{repository: '" FIXED "', commit: {source: url, name: none}}", NULL, PUSH, INVOCATION_REFUSED,
	         ERROR_INVALID, "checkout: commit: there is no query none"},
		/* Wrong; what was sent is not repeated. */
		{"{repository: {source: payload, name: r}, ref: refs/heads/main}", NULL, "{\"r\":\"\"}",
	         INVOCATION_REFUSED, ERROR_INVALID, "checkout: repository (payload r) is empty"},
		{"{repository: '" FIXED "', ref: {source: payload, name: r}}", NULL, "{\"r\":\"--upload-pack=x\"}",
	         INVOCATION_REFUSED, ERROR_INVALID,
	         "checkout: ref (payload r) is not the full name of a ref such as refs/heads/main"},
		{"{repository: '" FIXED "', ref: {source: payload, name: r}}", NULL, "{\"r\":\"\"}", INVOCATION_REFUSED,
	         ERROR_INVALID, "checkout: ref (payload r) is not the full name of a ref such as refs/heads/main"},
		{"{repository: '" FIXED "', commit: {source: payload, name: r}}", NULL, "{\"r\":\"HEAD\"}",
	         INVOCATION_REFUSED, ERROR_INVALID,
	         "checkout: commit (payload r) is not a full commit id of 40 or 64 lower-case hexadecimal digits"},
		{"{repository: '" FIXED "', commit: {source: payload, name: r}}", NULL, "{\"r\":\"\"}",
	         INVOCATION_REFUSED, ERROR_INVALID,
	         "checkout: commit (payload r) is not a full commit id of 40 or 64 lower-case hexadecimal digits"},
		{"{commit: {source: payload, name: head}}", "push", "{\"head\":\"\"," REPOSITORY "}",
	         INVOCATION_REFUSED, ERROR_INVALID, NULL},
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		set_up(&f);
		f.request.body = str_from(cases[i].body);
		if (cases[i].event)
			request_add_header(&f.request, STR("X-GitHub-Event"), str_from(cases[i].event));
		const char *lines = arena_printf(&f.arena, "  checkout: %s\n", cases[i].checkout);
		enum invocation result = invoke(&f, lines);
		if (result != cases[i].result)
			fail_msg("%s: %d, %s", cases[i].checkout, (int)result, f.error.message);
		assert_int_equal(f.error.kind, cases[i].kind);
		if (cases[i].message)
			assert_string_equal(f.error.message, cases[i].message);
		tear_down(&f);
	}
}

static void test_url_of_the_event(void **state)
{
	static const char *const urls[] = {"ext::sh -c id", "https://user:s3cret@github.com/acme/app",
	                                   "-oProxyCommand=x", "https://github.com/acme/../app", "../app"};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct fixture f;
		set_up(&f);
		f.request.body = str_printf(&f.arena,
		                            "{\"ref\":\"refs/heads/main\",\"after\":\"" AFTER "\",\"repository\":"
		                            "{\"clone_url\":\"%s\",\"full_name\":\"acme/app\"}}",
		                            urls[i]);
		request_add_header(&f.request, STR("X-GitHub-Event"), STR("push"));
		assert_int_equal(invoke(&f, "  checkout: true\n"), INVOCATION_REFUSED);
		assert_int_equal(f.error.kind, ERROR_INVALID);
		assert_contains(f.error.message, "checkout: ");
		assert_null(strstr(f.error.message, "s3cret"));
		tear_down(&f);
	}
}

static void test_event_that_cannot_be_read(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.request.body = STR("{\"ref\":\"refs/heads/main\"," REPOSITORY "}");
	request_add_header(&f.request, STR("X-GitHub-Event"), STR("push"));
	assert_int_equal(invoke(&f, "  checkout: true\n"), INVOCATION_REFUSED);
	assert_int_equal(f.error.kind, ERROR_INVALID);
	assert_string_equal(f.error.message, "checkout: github event push: after is missing");
	tear_down(&f);
}

static void test_state_that_cannot_be_written(void **state)
{
	struct fixture f;
	(void)state;

	set_up(&f);
	f.config.state = STR("/proc/nothing/pocketci");
	request_add_header(&f.request, STR("X-GitHub-Event"), STR("push"));
	assert_int_equal(invoke(&f, "  checkout: true\n"), INVOCATION_REFUSED);
	assert_int_equal(f.error.kind, ERROR_STORAGE);
	assert_contains(f.error.message, "/proc/nothing");
	/* A plain hook asks for no state. */
	assert_int_equal(invocation_make(f.hooks.items[0], &f.request, &f.config, &f.job, &f.error),
	                 INVOCATION_REFUSED);
	f.hooks = (struct hooks){0};
	assert_int_equal(invoke(&f, ""), INVOCATION_RUN);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_settings),
		TEST(test_arguments),
		TEST(test_variables),
		TEST(test_passed_files),
		TEST(test_defaults),
		TEST(test_script),
		TEST(test_input),
		TEST(test_uploads),
		TEST(test_many_uploads),
		TEST(test_missing_upload),
		TEST(test_log),
		TEST(test_parse_parameters),
		TEST(test_push),
		TEST(test_push_as_form),
		TEST(test_checkouts),
		TEST(test_pull_request),
		TEST(test_changes),
		TEST(test_forks),
		TEST(test_a_fork_that_cannot_be_read),
		TEST(test_fork_of_another_repository),
		TEST(test_spoofed_fields),
		TEST(test_spoofed_fields_of_others),
		TEST(test_short_commit),
		TEST(test_a_fork_gets_no_secrets),
		TEST(test_no_checkout),
		TEST(test_url_of_the_event),
		TEST(test_event_that_cannot_be_read),
		TEST(test_state_that_cannot_be_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
