/*
 * The defaults, and pocketci.yaml read over them. The file is opened once: whether others can read it is asked of the
 * very file that is read.
 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "config/config_read.h"

#define MIB ((int64_t)1024 * 1024)
#define SECOND ((int64_t)1000)

void config_init(struct config *config)
{
	*config = (struct config){
		.path = STR(""),
		.logfile = STR(""),
		.pidfile = STR(""),
		.log_format = STR("text"),
		.url_prefix = STR("hooks"),
		.max_multipart_mem = MIB,
		.setuid = -1,
		.setgid = -1,
		.socket = STR(""),
		.ip = STR(""),
		.socket_owner = STR(""),
		.socket_group = STR(""),
		.socket_mode = 0660,
		.children_min = 4,
		.children_max = 32,
		.state = STR(""),
		.base_url = STR(""),
		.program = STR(""),
		.timeout = 60 * 60 * SECOND,
		.stop_grace = 10 * SECOND,
		.request_timeout = 60 * SECOND,
		.limits = {.body = 25 * MIB, .output = 100 * MIB},
	};
}

/* Opens and reads it whole, and asks who else can read it. */
static bool read_source(struct config_source *source, struct buf *text, struct error *error)
{
	struct stat status;
	int descriptor = open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool good = false;

	if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR))
		error_set(error, ERROR_INVALID, "there is no configuration file %s", source->path);
	else if (descriptor < 0 || fstat(descriptor, &status) != 0)
		error_set_system(error, errno, "cannot open the configuration file %s", source->path);
	else
		good = file_read_descriptor(descriptor, source->path, yaml_limits_server.bytes, text, error);
	if (good)
		source->others_can_read = status.st_mode & (S_IRGRP | S_IROTH);
	file_close(&descriptor);
	return good;
}

static const char *folder_of(struct arena *arena, const char *path)
{
	size_t slash = str_find_last(str_from(path), '/');

	return arena_copy(arena, path, slash == 0 ? 1 : slash);
}

/* Reads the text by the table; false where something was wrong, and then the problems say what, under this name. */
static bool read_keys(struct key_reader *reader, struct config *config, struct str text, const char *name)
{
	const struct yaml_node *root = yaml_parse(reader->arena, text, name, &yaml_limits_server, reader->problems);

	if (!root)
		return false;
	if (root->kind == YAML_SCALAR && root->scalar == YAML_NULL) {
		problem_warn(reader->problems, root->position, "the file is empty");
		return true;
	}
	return keys_read(reader, root, config_keys, config_key_count, config);
}

/*
 * Notes what is wrong under this name, or the path where it is NULL. False where the file cannot be read at all: then
 * error says why.
 */
static bool read_file(struct key_reader *reader, struct config *config, const char *path, const char *name,
                      struct error *error)
{
	struct config_source source = {.path = file_absolute(reader->arena, path, error)};
	struct buf text = BUF_INIT;
	bool good = source.path && read_source(&source, &text, error);

	if (good) {
		reader->context = &source;
		reader->folder = folder_of(reader->arena, source.path);
		read_keys(reader, config, buf_str(&text), name ? name : source.path);
		explicit_bzero(text.data, text.len);
		config->path = str_from(source.path);
	}
	buf_release(&text);
	return good;
}

bool config_read_file(struct arena *arena, struct config *config, const char *path, struct error *error)
{
	struct problems problems = {.arena = arena};
	struct key_reader reader = {.arena = arena, .problems = &problems};
	struct str before = config->path;

	if (!read_file(&reader, config, path, NULL, error))
		return false;
	if (!problems_report(&problems, error)) {
		config->path = before;
		return false;
	}
	config_settle(arena, config);
	return true;
}

bool config_check_file(struct arena *arena, struct config *config, const char *path, const char *name,
                       struct problems *problems)
{
	struct key_reader reader = {.arena = arena, .problems = problems, .strict = true};
	struct error error = ERROR_INIT;
	size_t errors = problems->errors;

	if (!read_file(&reader, config, path, name, &error))
		problem_add(problems, (struct position){name, 0, 0}, "%s", error.message);
	return problems->errors == errors;
}
