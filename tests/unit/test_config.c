/*
 * config/config.h: the defaults, every key from the file and from the command line, which wins, secrets in a file that
 * others can read, what is said of wrong ones, where the file and the state folder are found. Each test has a folder of
 * its own, which the working folder is while it runs.
 */
#include "check.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "config/config.h"
#include "config/problem.h"

static char folder[64];
static struct arena arena;

static int enter_folder(void **state)
{
	(void)state;
	make_temporary_folder(folder);
	umask(022);
	unsetenv("POCKETCI_CONFIG");
	arena = (struct arena)ARENA_INIT;
	return chdir(folder);
}

static int leave_folder(void **state)
{
	struct error error = ERROR_INIT;
	(void)state;
	arena_release(&arena);
	return chdir("/") != 0 || !file_remove_tree(folder, &error);
}

/* A path in the test's folder. */
static const char *here(const char *name)
{
	return file_join(&arena, folder, name);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	struct error error = ERROR_INIT;
	assert_true(file_replace(path, str_from(text), mode, &error));
}

/* Reads text as a configuration that nobody else can read. */
static bool read_config(const char *text, struct config *config, struct error *error)
{
	write_file("pocketci.yaml", text, 0600);
	config_init(config);
	*error = (struct error)ERROR_INIT;
	return config_read_file(&arena, config, "pocketci.yaml", error);
}

/* The command line of a program, the words between spaces as arguments, over a file (NULL: none). */
static bool load(const char *file, const char *line, struct config *config, enum config_wanted *wanted,
                 struct error *error)
{
	char *arguments[32] = {arena_strdup(&arena, "pocketci.fcgi")};
	struct str rest = str_from(line), word;
	int count = 1;
	if (file)
		write_file("pocketci.yaml", file, 0600);
	/* An empty file, so that none of this machine's is found. */
	write_file("none.yaml", "{}\n", 0600);
	setenv("POCKETCI_CONFIG", file ? "pocketci.yaml" : "none.yaml", 1);
	while (str_split_next(&rest, ' ', &word))
		arguments[count++] = str_to_c(&arena, word);
	config_init(config);
	*error = (struct error)ERROR_INIT;
	return config_load(&arena, config, count, arguments, wanted, error);
}

static void assert_loads(const char *file, const char *line, struct config *config)
{
	enum config_wanted wanted;
	struct error error;
	if (!load(file, line, config, &wanted, &error))
		fail_msg("%s: %s", line, error.message);
	assert_int_equal(wanted, CONFIG_WANTS_RUN);
}

/* --- The file ----------------------------------------------------------------------------------------------------- */

static void test_defaults(void **state)
{
	struct config config;
	struct error error;
	(void)state;
	assert_true(read_config("{}", &config, &error));
	assert_str(config.path, here("pocketci.yaml"));
	assert_str(config.url_prefix, "hooks");
	assert_int_equal(config.socket_mode, 0660);
	assert_int_equal(config.children_min, 4);
	assert_int_equal(config.children_max, 32);
	assert_int_equal(config.setuid, -1);
	assert_int_equal(config.setgid, -1);
	assert_int_equal(config.timeout, 3600000);
	assert_int_equal(config.stop_grace, 10000);
	assert_int_equal(config.request_timeout, 60000);
	assert_int_equal(config.limits.body, 25 * 1024 * 1024);
	assert_int_equal(config.limits.output, 100 * 1024 * 1024);
	assert_int_equal(config.max_multipart_mem, 1024 * 1024);
	assert_int_equal(config.hooks.count, 0);
	assert_int_equal(config.repositories.count, 0);
	assert_int_equal(config.port, 0);
	assert_false(config.verbose);
}

static void test_every_key(void **state)
{
	struct config config;
	struct error error;
	(void)state;
	bool good = read_config(
		"hooks: [hooks.yaml, /srv/more.json]\nhotreload: true\nurlprefix: /ci/\nhttp-methods: post, GET\n"
		"header: [{name: X-A, value: '1'}, {name: X-B, value: b c}]\nbase-url: https://ci.example.com/\n"
		"socket: run/sock\nsocket-mode: 0600\nsocket-owner: me\nsocket-group: www-data\nip: 127.0.0.1\nport: 9000\n"
		"children: 2,8\nsetuid: 33\nsetgid: 44\npidfile: pid\ntrusted-proxies: [10.0.0.0/8, '::1']\nstate: state\n"
		"program: bin/pocketci\ntimeout: none\nstop-grace: 5s\nrequest-timeout: 2m\nlimits: {body: 1MiB, output: 2K}\n"
		"max-multipart-mem: 4096\nverbose: yes\ndebug: no\nlogfile: log\nlog-format: json\nx-request-id: on\nx-request-id-limit: 20\nnopanic: true\n"
		"template: true\nsecure: no\n",
		&config, &error);
	assert_string_equal(error.message, "");
	assert_true(good);
	assert_int_equal(config.hooks.count, 2);
	assert_str(config.hooks.items[0], here("hooks.yaml"));
	assert_str(config.hooks.items[1], "/srv/more.json");
	assert_true(config.hotreload);
	assert_str(config.url_prefix, "ci");
	assert_int_equal(config.http_methods.count, 2);
	assert_str(config.http_methods.items[0], "POST");
	assert_str(config.http_methods.items[1], "GET");
	assert_int_equal(config.header_count, 2);
	assert_str(config.headers[1].name, "X-B");
	assert_str(config.headers[1].value, "b c");
	assert_str(config.base_url, "https://ci.example.com");
	assert_str(config.socket, here("run/sock"));
	assert_int_equal(config.socket_mode, 0600);
	assert_str(config.socket_owner, "me");
	assert_str(config.socket_group, "www-data");
	assert_str(config.ip, "127.0.0.1");
	assert_int_equal(config.port, 9000);
	assert_int_equal(config.children_min, 2);
	assert_int_equal(config.children_max, 8);
	assert_int_equal(config.setuid, 33);
	assert_int_equal(config.setgid, 44);
	assert_str(config.pidfile, here("pid"));
	assert_int_equal(config.trusted_proxies.count, 2);
	assert_str(config.state, here("state"));
	assert_str(config.program, here("bin/pocketci"));
	assert_int_equal(config.timeout, -1);
	assert_int_equal(config.stop_grace, 5000);
	assert_int_equal(config.request_timeout, 120000);
	assert_int_equal(config.limits.body, 1024 * 1024);
	assert_int_equal(config.limits.output, 2048);
	assert_int_equal(config.max_multipart_mem, 4096);
	assert_true(config.verbose);
	assert_true(config.template);
	assert_false(config.debug);
	assert_str(config.logfile, here("log"));
	assert_str(config.log_format, "json");
	assert_true(config.request_id_from_header);
	assert_int_equal(config.request_id_limit, 20);
	assert_true(config.nopanic);
}

static void test_repositories(void **state)
{
	struct config config;
	struct error error;
	(void)state;
	bool good = read_config("repositories:\n- {match: github.com/acme/*, token: {env: TOKEN}, username: bot}\n"
	                        "- match: git.example/**\n  ssh-key: {file: keys/id}\n  secret: {credential: hook}\n"
	                        "- {match: 'http://127.0.0.1:8080/**', token: hunter2, secrets: [deploy, npm],\n"
	                        "   fork-pull-requests: allow}\n"
	                        "- {match: github.com/x/y, secrets: one, fork-pull-requests: never}\n",
	                        &config, &error);
	assert_string_equal(error.message, "");
	assert_true(good);
	const struct repository *items = config.repositories.items;
	assert_int_equal(config.repositories.count, 4);
	assert_str(items[0].match, "github.com/acme/*");
	assert_int_equal(items[0].token.kind, SECRET_ENVIRONMENT);
	assert_str(items[0].token.text, "TOKEN");
	assert_str(items[0].username, "bot");
	assert_int_equal(items[0].secret.kind, SECRET_NONE);
	assert_int_equal(items[1].ssh_key.kind, SECRET_FILE);
	assert_str(items[1].ssh_key.text, here("keys/id"));
	assert_int_equal(items[1].secret.kind, SECRET_CREDENTIAL);
	assert_int_equal(items[2].token.kind, SECRET_TEXT);
	assert_str(items[2].token.text, "hunter2");
	assert_int_equal(items[2].secrets.count, 2);
	assert_str(items[2].secrets.items[1], "npm");
	assert_true(items[2].runs_forks);
	assert_str(items[3].username, "");
	assert_str(items[3].secrets.items[0], "one");
	assert_false(items[0].runs_forks || items[3].runs_forks);
}

static void test_secrets(void **state)
{
	struct config config;
	struct error error;
	(void)state;
	bool good = read_config("secrets:\n  deploy-token: {file: keys/token}\n  Other: {env: OTHER}\n"
	                        "  third: {credential: third}\n  text: hunter2\n",
	                        &config, &error);
	assert_string_equal(error.message, "");
	assert_true(good);
	assert_int_equal(config.secrets.count, 4);
	const struct secret *secret = named_secrets_find(&config.secrets, STR("deploy-token"));
	assert_non_null(secret);
	assert_int_equal(secret->kind, SECRET_FILE);
	assert_str(secret->text, here("keys/token"));
	assert_string_equal(secret_path(&arena, secret), here("keys/token"));
	secret = named_secrets_find(&config.secrets, STR("Other"));
	assert_int_equal(secret->kind, SECRET_ENVIRONMENT);
	assert_null(secret_path(&arena, secret));
	assert_null(named_secrets_find(&config.secrets, STR("other")));
	secret = named_secrets_find(&config.secrets, STR("third"));
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_null(secret_path(&arena, secret));
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
	assert_string_equal(secret_path(&arena, secret), "/run/credentials/x/third");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(named_secrets_find(&config.secrets, STR("text"))->kind, SECRET_TEXT);
}

static void test_secrets_that_others_can_read(void **state)
{
	static const char text[] = "repositories:\n- match: github.com/acme/*\n  token: hunter2\n";
	static const struct {
		mode_t mode;
		bool good;
	} cases[] = {{0600, true},  {0400, true},  {0640, false}, {0604, false},
	             {0644, false}, {0666, false}, {0622, true}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config config;
		struct error error = ERROR_INIT;
		write_file("pocketci.yaml", text, 0600);
		assert_int_equal(chmod("pocketci.yaml", cases[i].mode), 0);
		config_init(&config);
		assert_int_equal(config_read_file(&arena, &config, "pocketci.yaml", &error), cases[i].good);
		if (cases[i].good)
			continue;
		assert_contains(error.message, "pocketci.yaml:3:10: repository \"github.com/acme/*\": token: ");
		assert_contains(error.message, arena_printf(&arena, "chmod 600 %s", here("pocketci.yaml")));
		assert_null(strstr(error.message, "hunter2"));
		assert_int_equal(config.repositories.count, 0);
		/* Secrets that are kept elsewhere may be named in a file that all can read. */
		write_file("pocketci.yaml", "repositories:\n- {match: github.com/acme/*, token: {env: T}}\n",
		           cases[i].mode);
		assert_true(config_read_file(&arena, &config, "pocketci.yaml", &error));
		write_file("pocketci.yaml", "secrets: {a: hunter2}\n", cases[i].mode);
		assert_false(config_read_file(&arena, &config, "pocketci.yaml", &error));
		assert_contains(error.message, "secrets: a: the secret stands in this file, which others can read");
		assert_null(strstr(error.message, "hunter2"));
	}
}

static void test_wrong_files(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"- a", "pocketci.yaml:1:1: expected a map of keys such as \"hooks: …\", found a list"},
		{"hooks: {a: b}", "pocketci.yaml:1:8: hooks: expected a list of texts, found a map"},
		{"port: 65536", "port: expected a whole number from 0 to 65535, found 65536"},
		{"port: '80'", "port: expected a whole number from 0 to 65535 without quotes"},
		{"verbose: 'yes'", "verbose: expected true or false without quotes, found a text"},
		{"children: 8,4", "children: expected MIN,MAX such as 4,32"},
		{"children: 0", "children: expected MIN,MAX such as 4,32"},
		{"children: 0,4", "children: expected MIN,MAX such as 4,32"},
		{"children: 4,", "children: expected MIN,MAX such as 4,32"},
		{"children: 1,2,3", "children: expected MIN,MAX such as 4,32"},
		{"children: [1]", "children: expected MIN,MAX such as 4,32"},
		{"children: [[1], 2]", "children: expected MIN,MAX such as 4,32"},
		{"children: 10001", "children: expected MIN,MAX such as 4,32"},
		{"header: [{value: x}]", "pocketci.yaml:1:10: name is missing"},
		{"header: [{name: 'A B', value: x}]", "name: a character that cannot stand in a header's name"},
		{"header: [{name: A, value: \"x\\nB: y\"}]", "value: a control character cannot stand in a header"},
		{"header: 'A:B'", "header: expected NAME=VALUE"},
		{"base-url: ci.example.com", "base-url: expected a URL such as https://ci.example.com"},
		{"base-url: https://", "base-url: expected a URL such as https://ci.example.com"},
		{"base-url: 'https://a\"b'", "base-url: a character that cannot stand in this URL"},
		{"urlprefix: 'a b'", "urlprefix: a character that cannot stand in a URL's path"},
		{"trusted-proxies: 10.0.0.0/33", "trusted-proxies: expected an address or a range"},
		{"trusted-proxies: [proxy.example]", "trusted-proxies: expected an address or a range"},
		{"trusted-proxies: '::1/129'", "trusted-proxies: expected an address or a range"},
		{"timeout: 0", "timeout: expected a duration such as 30s"},
		{"limits: {body: 0}", "body: expected a size such as 25MiB"},
		{"limits: {body: 2GiB}", "body: expected a size such as 25MiB"},
		{"limits: 5", "pocketci.yaml:1:9: expected a map of keys such as \"body: …\""},
		{"secure: true", "secure: the web server in front of pocketci does TLS; INSTALL shows how"},
		{"cert: a.pem", "cert: the web server in front of pocketci does TLS; INSTALL shows how"},
		{"repositories: github.com/acme/*",
	         "repositories: expected a list of {match: PATTERN, …}, found a text"},
		{"repositories: [github.com/acme]", "repositories: expected a map of keys such as \"match: …\""},
		{"repositories: [{token: {env: A}}]", "repositories: match is missing"},
		{"repositories: [{match: github.com}]", "repository \"github.com\": match: the path is missing"},
		{"repositories: [{match: a/b, token: 0123}]", "repository \"a/b\": token: put the secret in quotes"},
		{"repositories: [{match: a/b, fork-pull-requests: yes}]",
	         "repository \"a/b\": fork-pull-requests: expected never or allow"},
		{"repositories: [{match: a/b, fork-pull-requests: [allow]}]",
	         "repository \"a/b\": fork-pull-requests: expected never or allow"},
		{"repositories: [{match: a/b, secrets: {a: b}}]", "repository \"a/b\": secrets: expected"},
		{"repositories: [{match: a/b, token: {}}]",
	         "repository \"a/b\": token: expected one of env, file and credential"},
		{"secrets: [a]", "secrets: expected a map of names such as {token: {file: PATH}}, found a list"},
		{"secrets: {a: {env: A}, b: {fil: x}}", "1:27: secrets: b: expected one of env, file and credential"},
		{"secrets: {a: ''}", "1:14: secrets: a: the secret is empty"},
		{"secrets: {a: {env: HTTP_A}}",
	         "env: as CGI a variable that begins with HTTP_ is whatever a client sends"},
		{"secrets: {'': {env: A}}", "1:11: secrets: a name is empty"},
		{"port: x\nverbose: x\nhooks: {}\n",
	         "pocketci.yaml:1:7: port: expected a whole number from 0 to 65535, found a text (and 2 more)"},
		{"a: b: c", "pocketci.yaml:1:5: a \":\" cannot stand here"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config config;
		struct error error;
		if (read_config(cases[i].text, &config, &error))
			fail_msg("%s was taken", cases[i].text);
		assert_int_equal(error.kind, ERROR_INVALID);
		assert_contains(error.message, cases[i].message);
		assert_str(config.path, "");
	}
}

/* What a run of the function writes to standard error. */
static const char *standard_error_of(int (*function)(void *), int expected)
{
	struct buf text = BUF_INIT;
	struct error error = ERROR_INIT;
	int kept = dup(STDERR_FILENO), descriptor = file_open_unnamed(folder, &error);
	dup2(descriptor, STDERR_FILENO);
	int status = status_in_child(function, NULL);
	dup2(kept, STDERR_FILENO);
	close(kept);
	assert_int_equal(status, expected);
	lseek(descriptor, 0, SEEK_SET);
	assert_true(file_read_descriptor(descriptor, "standard error", 1 << 20, &text, &error));
	close(descriptor);
	const char *copy = arena_strdup(&arena, text.data);
	buf_release(&text);
	return copy;
}

static int read_with_unknown_key(void *unused)
{
	struct config config;
	struct error error;
	(void)unused;
	return read_config("prot: 80\nworkers: 4\n", &config, &error) ? 0 : 1;
}

static void test_unknown_keys_are_told(void **state)
{
	(void)state;
	const char *text = standard_error_of(read_with_unknown_key, 0);
	assert_contains(text, "pocketci.yaml:1:1: unknown key \"prot\": did you mean \"port\"?");
	assert_contains(text, "pocketci.yaml:2:1: unknown key \"workers\"");
}

static int read_empty(void *unused)
{
	struct config config;
	struct error error;
	(void)unused;
	return read_config("# nothing\n", &config, &error) ? 0 : 1;
}

static void test_empty_file(void **state)
{
	(void)state;
	assert_contains(standard_error_of(read_empty, 0), "the file is empty");
}

/* For a check: all of it at once, under the name that it was given by. */
static void test_check(void **state)
{
	struct problems problems = {.arena = &arena};
	struct config config;
	(void)state;

	write_file("pocketci.yaml", "hooks: hooks.yaml\ntiemout: 1s\nport: x\nrepositories: [{token: t}]\n", 0644);
	config_init(&config);
	assert_false(config_check_file(&arena, &config, "pocketci.yaml", "given", &problems));
	assert_int_equal(problems.errors, 4);
	assert_string_equal(problem_text(&arena, &problems.items[0]),
	                    "given:2:1: unknown key \"tiemout\": did you mean \"timeout\"?");
	assert_contains(problem_text(&arena, &problems.items[1]), "given:3:7: port: ");
	assert_contains(problem_text(&arena, &problems.items[2]), "given:4:24: repositories: token: ");
	assert_string_equal(problem_text(&arena, &problems.items[3]), "given:4:16: repositories: match is missing");
	assert_str(config.hooks.items[0], here("hooks.yaml"));

	problems = (struct problems){.arena = &arena};
	assert_false(config_check_file(&arena, &config, "missing.yaml", "given", &problems));
	assert_contains(problem_text(&arena, &problems.items[0]), "given: there is no configuration file ");

	write_file("pocketci.yaml", "hooks: hooks.yaml\nhotreload:\n", 0644);
	assert_true(config_check_file(&arena, &config, "pocketci.yaml", "given", &problems));
	assert_true(problems.items[1].warning);
}

static void test_missing_and_unreadable_files(void **state)
{
	struct config config;
	struct error error = ERROR_INIT;
	(void)state;
	config_init(&config);
	assert_false(config_read_file(&arena, &config, "missing.yaml", &error));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_contains(error.message, arena_printf(&arena, "there is no configuration file %s", here("missing.yaml")));
	assert_false(config_read_file(&arena, &config, "", &error));
	assert_false(config_read_file(&arena, &config, folder, &error));
	assert_contains(error.message, folder);
	write_file("large.yaml", "", 0600);
	assert_int_equal(truncate("large.yaml", 17 * 1024 * 1024), 0);
	assert_false(config_read_file(&arena, &config, "large.yaml", &error));
	assert_int_equal(error.kind, ERROR_TOO_LARGE);
}

/* --- Where it is found -------------------------------------------------------------------------------------------- */

static void test_find(void **state)
{
	(void)state;
	assert_str(config_find(&arena, "/a/b.yaml"), "/a/b.yaml");
	assert_str(config_find(&arena, "b.yaml"), here("b.yaml"));
	setenv("POCKETCI_CONFIG", "/c/d.yaml", 1);
	assert_str(config_find(&arena, NULL), "/c/d.yaml");
	assert_str(config_find(&arena, "b.yaml"), here("b.yaml"));
	setenv("POCKETCI_CONFIG", "", 1);

	/* Beside the program, where no other is. */
	const struct passwd *user = getpwuid(geteuid());
	const char *own = user ? file_join(&arena, user->pw_dir, ".config/pocketci/pocketci.yaml") : "";
	if (access(own, F_OK) == 0 || access("/etc/pocketci/pocketci.yaml", F_OK) == 0)
		skip();
	char program[4096] = "";
	assert_true(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
	*strrchr(program, '/') = '\0';
	char *beside = file_join(&arena, program, "pocketci.yaml");
	assert_str(config_find(&arena, NULL), "");
	write_file(beside, "", 0600);
	struct str found = config_find(&arena, NULL);
	unlink(beside);
	assert_str(found, beside);
}

/* --- The command line --------------------------------------------------------------------------------------------- */

static void test_every_flag(void **state)
{
	struct config config;
	(void)state;
	assert_loads(
		NULL,
		"-hooks a.yaml --hooks=/b.json -hotreload -urlprefix ci -http-methods post,GET -header X-A=1 -header X-B=2=3 "
		"-base-url http://ci -socket s -socket-mode 0666",
		&config);
	assert_int_equal(config.hooks.count, 2);
	assert_str(config.hooks.items[0], here("a.yaml"));
	assert_str(config.hooks.items[1], "/b.json");
	assert_true(config.hotreload);
	assert_str(config.url_prefix, "ci");
	assert_int_equal(config.http_methods.count, 2);
	assert_str(config.http_methods.items[0], "POST");
	assert_int_equal(config.header_count, 2);
	assert_str(config.headers[1].name, "X-B");
	assert_str(config.headers[1].value, "2=3");
	assert_str(config.base_url, "http://ci");
	assert_str(config.socket, here("s"));
	assert_int_equal(config.socket_mode, 0666);

	assert_loads(NULL,
	             "-socket-owner me -socket-group us -ip ::1 -port 9000 -children 3 -setuid 1 -setgid 2 -pidfile p "
	             "-trusted-proxies 10.0.0.1,::1 -state st -program pr -timeout 5m -stop-grace 1s",
	             &config);
	assert_str(config.socket_owner, "me");
	assert_str(config.socket_group, "us");
	assert_str(config.ip, "::1");
	assert_int_equal(config.port, 9000);
	assert_int_equal(config.children_min, 3);
	assert_int_equal(config.children_max, 3);
	assert_int_equal(config.setuid, 1);
	assert_int_equal(config.setgid, 2);
	assert_str(config.pidfile, here("p"));
	assert_int_equal(config.trusted_proxies.count, 2);
	assert_str(config.state, here("st"));
	assert_str(config.program, here("pr"));
	assert_int_equal(config.timeout, 300000);
	assert_int_equal(config.stop_grace, 1000);

	assert_loads(NULL,
	             "-request-timeout 9s -limit-body 1K -limit-output=2K -max-multipart-mem 5 -verbose -x-request-id "
	             "-x-request-id-limit 7 -nopanic -template -secure=false",
	             &config);
	assert_int_equal(config.request_timeout, 9000);
	assert_int_equal(config.limits.body, 1024);
	assert_int_equal(config.limits.output, 2048);
	assert_int_equal(config.max_multipart_mem, 5);
	assert_true(config.verbose);
	assert_true(config.request_id_from_header);
	assert_int_equal(config.request_id_limit, 7);
	assert_true(config.nopanic);
	assert_true(config.template);
	assert_str(config.logfile, "");

	assert_loads(NULL, "-logfile l -log-format=json", &config);
	assert_str(config.logfile, here("l"));
	assert_str(config.log_format, "json");
	assert_true(config.verbose);
	assert_loads(NULL, "-debug", &config);
	assert_true(config.debug && config.verbose);
}

static void test_flags_win(void **state)
{
	static const char file[] =
		"hooks: [f.yaml, g.yaml]\nheader: [{name: F, value: f}]\nport: 1\nverbose: true\nip: 10.0.0.1\n"
		"http-methods: GET\nlimits: {body: 1K, output: 1K}\n";
	struct config config;
	(void)state;
	assert_loads(file, "", &config);
	assert_int_equal(config.hooks.count, 2);
	assert_int_equal(config.port, 1);
	assert_str(config.path, here("pocketci.yaml"));

	assert_loads(
		file,
		"-hooks a.yaml -hooks b.yaml -header A=a -port 2 -verbose=false -http-methods POST,PUT -limit-body 2K",
		&config);
	assert_int_equal(config.hooks.count, 2);
	assert_str(config.hooks.items[0], here("a.yaml"));
	assert_str(config.hooks.items[1], here("b.yaml"));
	assert_int_equal(config.header_count, 1);
	assert_str(config.headers[0].name, "A");
	assert_int_equal(config.port, 2);
	assert_false(config.verbose);
	assert_str(config.ip, "10.0.0.1");
	assert_int_equal(config.http_methods.count, 2);
	assert_int_equal(config.limits.body, 2048);
	assert_int_equal(config.limits.output, 1024);

	assert_loads(NULL, "-port 1 -port 2", &config);
	assert_int_equal(config.port, 2);
}

static void test_config_flag(void **state)
{
	struct config config;
	enum config_wanted wanted;
	struct error error;
	(void)state;
	write_file("other.yaml", "port: 5\nip: 10.0.0.1\n", 0600);
	assert_loads("port: 1\n", "-port 7 -config other.yaml", &config);
	assert_int_equal(config.port, 7);
	assert_str(config.ip, "10.0.0.1");
	assert_str(config.path, here("other.yaml"));
	assert_false(load(NULL, "-config missing.yaml", &config, &wanted, &error));
	assert_contains(error.message, "there is no configuration file");
	assert_false(load("port: x", "", &config, &wanted, &error));
	assert_contains(error.message, "pocketci.yaml:1:7: port");
}

static void test_wrong_flags(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{"-prot 80", "unknown flag -prot: did you mean -port?"},
		{"--hook x", "unknown flag -hook: did you mean -hooks?"},
		{"-verbse", "unknown flag -verbse: did you mean -verbose?"},
		{"-Port 80", "unknown flag -Port: did you mean -port?"},
		{"-nothing-like-it", "unknown flag -nothing-like-it: -help lists all there are"},
		{"-repositories x", "unknown flag -repositories"},
		{"-limits x", "unknown flag -limits"},
		{"-port", "-port needs a value: -port NUMBER"},
		{"-config", "-config needs a value: -config FILE"},
		{"-config=", "-config needs the path of a file"},
		{"-port=", "-port: expected a whole number from 0 to 65535, found nothing"},
		{"-port http", "-port: expected a whole number from 0 to 65535, found a text"},
		{"-verbose=maybe", "-verbose: expected true or false, found a text"},
		{"-verbose true", "\"true\" is no flag: flags begin with -"},
		{"hooks.yaml", "\"hooks.yaml\" is no flag"},
		{"-", "\"-\" is no flag"},
		{"--", "\"--\" is no flag"},
		{"---port 80", "\"---port\" is no flag"},
		{"-=x", "\"-=x\" is no flag"},
		{"-header X", "-header: expected NAME=VALUE"},
		{"-header =x", "-header: the header's name is empty"},
		{"-header A=b\rC", "-header: a control character cannot stand in a header"},
		{"-children 4,2", "-children: expected MIN,MAX such as 4,32"},
		{"-limit-body lots", "-limit-body: expected a size such as 25MiB"},
		{"-secure", "-secure: the web server in front of pocketci does TLS; INSTALL shows how"},
		{"-cert a.pem", "-cert: the web server in front of pocketci does TLS"},
		{"-key a.pem", "-key: the web server in front of pocketci does TLS"},
		{"-tls-min-version 1.2", "-tls-min-version: the web server in front of pocketci does TLS"},
		{"-cipher-suites x", "-cipher-suites: the web server in front of pocketci does TLS"},
		{"-list-cipher-suites", "-list-cipher-suites: the web server in front of pocketci does TLS"},
		{"-setuid 5", "setuid and setgid must be given together"},
		{"-setgid 5", "setuid and setgid must be given together"},
		{"-setuid -1 -setgid -1", "-setuid: expected a whole number from 0 to 4294967294, found -1"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config config;
		enum config_wanted wanted;
		struct error error;
		if (load(NULL, cases[i].line, &config, &wanted, &error))
			fail_msg("%s was taken", cases[i].line);
		assert_int_equal(error.kind, ERROR_INVALID);
		assert_contains(error.message, cases[i].message);
	}
}

static void test_version_and_help(void **state)
{
	static const struct {
		const char *line;
		enum config_wanted wanted;
	} cases[] = {
		{"-version", CONFIG_WANTS_VERSION}, {"--version", CONFIG_WANTS_VERSION},
		{"-help", CONFIG_WANTS_HELP},       {"--help", CONFIG_WANTS_HELP},
		{"-h", CONFIG_WANTS_HELP},          {"-port 5 -h", CONFIG_WANTS_HELP},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct config config;
		enum config_wanted wanted;
		struct error error;
		/* A broken file is not in the way. */
		assert_true(load("port: x", cases[i].line, &config, &wanted, &error));
		assert_int_equal(wanted, cases[i].wanted);
	}
}

/* As CGI there are no arguments. */
static void test_no_arguments(void **state)
{
	struct config config;
	enum config_wanted wanted;
	struct error error = ERROR_INIT;
	(void)state;
	write_file("pocketci.yaml", "port: 5\n", 0600);
	setenv("POCKETCI_CONFIG", "pocketci.yaml", 1);
	config_init(&config);
	assert_true(config_load(&arena, &config, 0, NULL, &wanted, &error));
	assert_int_equal(wanted, CONFIG_WANTS_RUN);
	assert_int_equal(config.port, 5);
}

/* Every row can be documented, and no flag is there twice. */
static void check_rows(const struct key *table, size_t count, struct text_list *flags)
{
	for (size_t i = 0; i < count; i++) {
		assert_non_null(table[i].name);
		assert_true(table[i].summary && table[i].summary[0]);
		assert_true((table[i].type == KEY_CUSTOM) == (table[i].read != NULL));
		assert_true(table[i].type != KEY_BOOL || !table[i].argument);
		if (table[i].flag && table[i].type != KEY_BOOL && table[i].type != KEY_REFUSED)
			assert_non_null(table[i].argument);
		for (size_t j = 0; table[i].flag && j < flags->count; j++)
			assert_false(str_equal_c(flags->items[j], table[i].flag));
		if (table[i].flag)
			flags->items[flags->count++] = str_from(table[i].flag);
		check_rows(table[i].keys, table[i].key_count, flags);
	}
}

static void test_table_and_help(void **state)
{
	struct str names[100];
	struct text_list flags = {names, 0};
	struct buf help = BUF_INIT;
	(void)state;
	check_rows(config_keys, config_key_count, &flags);
	assert_true(flags.count > 35);
	config_write_help(&help, "pocketci.fcgi");
	assert_contains(help.data, "Usage: pocketci.fcgi");
	assert_contains(help.data, "  -limit-body SIZE\n");
	assert_contains(help.data, "  -config FILE\n");
	assert_contains(help.data, "  -verbose\n");
	assert_null(strstr(help.data, "-cert"));
	buf_release(&help);
}

/* --- The state folder --------------------------------------------------------------------------------------------- */

static mode_t mode_of(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void test_state(void **state)
{
	struct config config;
	struct error error = ERROR_INIT;
	struct str found;
	(void)state;
	config_init(&config);
	config.state = str_from(here("a/b"));
	assert_true(config_state(&arena, &config, &found, &error));
	assert_str(found, here("a/b"));
	assert_int_equal(mode_of("a/b"), 0700);
	assert_int_equal(chmod("a/b", 0750), 0);
	assert_true(config_state(&arena, &config, &found, &error)); /* what is there stays as it is */
	assert_int_equal(mode_of("a/b"), 0750);

	write_file("file", "", 0600);
	config.state = str_from(here("file"));
	assert_false(config_state(&arena, &config, &found, &error));
	assert_int_equal(error.kind, ERROR_STORAGE);
	assert_contains(error.message, here("file"));
	config.state = str_from(here("file/x"));
	assert_false(config_state(&arena, &config, &found, &error));
	assert_int_equal(error.kind, ERROR_STORAGE);
	assert_contains(error.message, "state: in pocketci.yaml");
}

/* As a user who may not write there; only root can become one. 0: as it should be. */
static int state_as_nobody(void *unused)
{
	const char *const folders[] = {"locked", "open/state"};
	struct error error = ERROR_INIT;
	struct str found;
	(void)unused;
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setegid(65534) != 0 || seteuid(65534) != 0))
		return 1;
	if (config_state_among(&arena, folders, 1, &found, &error))
		return 2;
	if (error.kind != ERROR_STORAGE ||
	    !strstr(error.message, "the state folder locked cannot be used: Permission denied"))
		return 3;
	if (!config_state_among(&arena, folders, 2, &found, &error) || !str_equal_c(found, "open/state"))
		return 4;
	return 0;
}

static void test_state_without_permission(void **state)
{
	(void)state;
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(mkdir("locked", 0555), 0);
	assert_int_equal(mkdir("open", 0777), 0);
	assert_int_equal(chmod("open", 0777), 0);
	assert_int_equal(status_in_child(state_as_nobody, NULL), 0);
}

static void test_state_among_none(void **state)
{
	const char *const none[] = {NULL};
	struct error error = ERROR_INIT;
	struct str found;
	(void)state;
	assert_false(config_state_among(&arena, none, 1, &found, &error));
	assert_int_equal(error.kind, ERROR_STORAGE);
}

#define CONFIG_TEST(function) cmocka_unit_test_setup_teardown(function, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(test_defaults),
		CONFIG_TEST(test_check),
		CONFIG_TEST(test_every_key),
		CONFIG_TEST(test_repositories),
		CONFIG_TEST(test_secrets),
		CONFIG_TEST(test_secrets_that_others_can_read),
		CONFIG_TEST(test_wrong_files),
		CONFIG_TEST(test_unknown_keys_are_told),
		CONFIG_TEST(test_empty_file),
		CONFIG_TEST(test_missing_and_unreadable_files),
		CONFIG_TEST(test_find),
		CONFIG_TEST(test_every_flag),
		CONFIG_TEST(test_flags_win),
		CONFIG_TEST(test_config_flag),
		CONFIG_TEST(test_wrong_flags),
		CONFIG_TEST(test_version_and_help),
		CONFIG_TEST(test_no_arguments),
		CONFIG_TEST(test_table_and_help),
		CONFIG_TEST(test_state),
		CONFIG_TEST(test_state_without_permission),
		CONFIG_TEST(test_state_among_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
