/*
 * Uploads become files and variables of a job. Their names come from whoever sends the request: a variable is made of
 * letters, digits and '_' behind a prefix, none is set twice, and no file is ever named by a request.
 */
#include "hook/upload.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/utf8.h"
#include "config/keys.h"
#include "config/names.h"
#include "hook/hook.h"
#include "hook/shape.h"
#include "payload/request.h"
#include "run/job.h"

#define PREFIX "HOOK_UPLOAD_"

enum {
	VARIABLE_MAX = 100, /* bytes of the name in a variable's name */
	TEXT_MAX = 255,     /* bytes of a file's name or type: NAME_MAX */
};

/* --- Reading ------------------------------------------------------------------------------------------------------ */

/* What the loader, shells, interpreters and git act upon, and what is the run's own. A '_' at the end: all that begin so. */
static const char *const refused_names[] = {
	"BASHOPTS", "BASH_",     "CDPATH",      "CI",         "CURL_HOME",  "ENV",           "GIT_",
	"GITHUB_",  "HOME",      "HTTPS_PROXY", "HTTP_PROXY", "IFS",        "JAVA_",         "LANG",
	"LC_",      "LD_",       "NODE_",       "PATH",       "PERL5DB",    "PERL5LIB",      "PERL5OPT",
	"POCKETCI", "POCKETCI_", "PS4",         "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "RUBYLIB",
	"RUBYOPT",  "SHELL",     "SHELLOPTS",   "SSH_",       "TMPDIR",     "USER",
};

static bool is_letter(char byte)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool check_envname(struct str name, struct error *error)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!is_letter(name.data[i]) && (i == 0 || !is_digit(name.data[i])))
			return error_set(error, ERROR_INVALID,
			                 "expected a variable's name of letters, digits and '_', found \"%.*s\"",
			                 STR_ARGS(str_head(name, 64)));
	}
	for (size_t i = 0; i < sizeof(refused_names) / sizeof(refused_names[0]); i++) {
		struct str refused = str_from(refused_names[i]);
		struct str head = str_ends(refused, STR("_")) ? str_head(name, refused.len) : name;
		if (str_equal_nocase(head, refused))
			return error_set(error, ERROR_INVALID,
			                 "programs act upon %.*s: choose another name for an upload's path",
			                 STR_ARGS(str_head(name, 64)));
	}
	return name.len > 0 || error_set(error, ERROR_INVALID, "a variable's name cannot be empty");
}

static bool check_name(struct str name, struct error *error)
{
	return name.len > 0 || error_set(error, ERROR_INVALID, "an upload's name cannot be empty");
}

static const struct key keys[] = {
	{
		.name = "name",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.required = true,
		.offset = offsetof(struct hook_upload, name),
		.check = check_name,
		.summary = "the name of the part of the body",
	},
	{
		.name = "envname",
		.type = KEY_TEXT,
		.repository = KEY_REPOSITORY,
		.offset = offsetof(struct hook_upload, envname),
		.check = check_envname,
		.summary = "the variable that gets its path; HOOK_UPLOAD_ and the name where not given",
	},
};

const struct key_map upload_map = {
	.name = "upload",
	.summary = "a file of a multipart body",
	.keys = keys,
	.count = sizeof(keys) / sizeof(keys[0]),
};

bool uploads_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field)
{
	struct hook_uploads *uploads = field;
	const struct key boolean = {.name = key->name, .type = KEY_BOOL};
	bool good = true;

	if (node->kind == YAML_SCALAR && node->scalar == YAML_BOOL)
		return keys_read_value(reader, &boolean, node, &uploads->all);
	if (node->kind != YAML_LIST)
		return keys_expected(reader, key, node, "true, false or a list of {name, envname}");
	uploads->items = arena_array(reader->arena, node->count, sizeof(*uploads->items));
	uploads->count = node->count;
	for (size_t i = 0; i < node->count; i++) {
		struct hook_upload *upload = &uploads->items[i];
		*upload = (struct hook_upload){STR(""), STR("")};
		good = keys_read(reader, node->items[i], keys, sizeof(keys) / sizeof(keys[0]), upload) && good;
	}
	return good;
}

/* --- Passing ------------------------------------------------------------------------------------------------------ */

struct passing {
	const struct hook *hook;
	struct arena *arena;
	struct job *job;
	struct names taken; /* variables that are set */
	struct names bases; /* names as they were wanted, to the number that the next one of it gets */
};

/* Room for so many more; the lists that are there were made to measure. */
static void make_room(struct passing *passing, size_t count)
{
	struct job *job = passing->job;
	struct job_file *files = arena_array(passing->arena, job->file_count + count, sizeof(*files));
	struct job_variable *variables =
		arena_array(passing->arena, job->variable_count + 2 * count, sizeof(*variables));

	for (size_t i = 0; i < job->file_count; i++) {
		files[i] = job->files[i];
		names_set(passing->arena, &passing->taken, files[i].name, 0);
	}
	for (size_t i = 0; i < job->variable_count; i++) {
		variables[i] = job->variables[i];
		names_set(passing->arena, &passing->taken, variables[i].name, 0);
	}
	job->files = files;
	job->variables = variables;
}

static struct str default_name(struct arena *arena, struct str name)
{
	char *safe = str_to_c(arena, str_upper(arena, str_head(name, VARIABLE_MAX)));
	for (char *byte = safe; *byte; byte++) {
		if (!is_letter(*byte) && !is_digit(*byte))
			*byte = '_';
	}
	return str_join(arena, STR(PREFIX), str_from(safe));
}

static bool is_free(const struct passing *passing, struct str name)
{
	size_t ignored;
	return !names_get(&passing->taken, name, &ignored);
}

/* The three variables of one upload. */
struct variables {
	struct str path, filename, type;
};

static struct variables variables_of(struct arena *arena, struct str name)
{
	return (struct variables){name, str_join(arena, name, STR("_FILENAME")), str_join(arena, name, STR("_TYPE"))};
}

/* Three that are free, and takes them. What one client names must never stand where a script looks for another path. */
static struct variables take_variables(struct passing *passing, struct str base)
{
	size_t number = 1;
	names_get(&passing->bases, base, &number);
	for (;; number++) {
		struct str name = number == 1 ? base : str_printf(passing->arena, "%.*s_%zu", STR_ARGS(base), number);
		struct variables variables = variables_of(passing->arena, name);
		if (!is_free(passing, variables.path) || !is_free(passing, variables.filename) ||
		    !is_free(passing, variables.type))
			continue;
		names_set(passing->arena, &passing->taken, variables.path, 0);
		names_set(passing->arena, &passing->taken, variables.filename, 0);
		names_set(passing->arena, &passing->taken, variables.type, 0);
		names_set(passing->arena, &passing->bases, base, number + 1);
		return variables;
	}
}

/* At most TEXT_MAX bytes of UTF-8 without control characters, '_' in the place of what is neither. */
static struct str clean_text(struct arena *arena, struct str text)
{
	char *clean = arena_alloc(arena, TEXT_MAX + 1);
	size_t len = 0;

	text = utf8_head(text, TEXT_MAX);
	while (text.len > 0) {
		uint32_t character = 0;
		size_t size = utf8_next(text, &character);
		bool good = size > 0 && character >= 0x20 && !(character >= 0x7F && character < 0xA0);
		if (good) {
			memcpy(clean + len, text.data, size);
			len += size;
		} else {
			clean[len++] = '_';
		}
		text = str_from_index(text, size > 0 ? size : 1);
	}
	clean[len] = '\0';
	return (struct str){clean, len};
}

/* The last part of what may be a path of either kind; never one that leads anywhere. */
static struct str clean_filename(struct arena *arena, struct str filename)
{
	for (size_t i = filename.len; i > 0; i--) {
		if (filename.data[i - 1] == '/' || filename.data[i - 1] == '\\') {
			filename = str_from_index(filename, i);
			break;
		}
	}
	struct str clean = clean_text(arena, filename);
	return clean.len == 0 || str_equal_c(clean, ".") || str_equal_c(clean, "..") ? STR("_") : clean;
}

static void add_variable(struct job *job, struct str name, struct str value)
{
	job->variables[job->variable_count++] = (struct job_variable){name, value};
}

static void pass(struct passing *passing, const struct payload_upload *upload, struct str base)
{
	struct job *job = passing->job;
	struct variables variables = take_variables(passing, base);

	job->files[job->file_count++] = (struct job_file){variables.path, upload->content};
	add_variable(job, variables.filename, clean_filename(passing->arena, upload->filename));
	add_variable(job, variables.type, clean_text(passing->arena, upload->type));
}

static void pass_all(struct passing *passing, const struct payload_uploads *uploads)
{
	make_room(passing, uploads->count);
	for (size_t i = 0; i < uploads->count; i++)
		pass(passing, &uploads->items[i], default_name(passing->arena, uploads->items[i].name));
}

static size_t count_named(const struct payload_uploads *uploads, struct str name)
{
	size_t count = 0;
	for (size_t i = 0; i < uploads->count; i++)
		count += str_equal(uploads->items[i].name, name);
	return count;
}

static void pass_listed(struct passing *passing, const struct payload_uploads *uploads)
{
	const struct hook_uploads *listed = &passing->hook->uploads;

	size_t count = 0;

	for (size_t i = 0; i < listed->count; i++)
		count += count_named(uploads, listed->items[i].name);
	make_room(passing, count);
	for (size_t i = 0; i < listed->count; i++) {
		const struct hook_upload *wanted = &listed->items[i];
		struct str base =
			wanted->envname.len > 0 ? wanted->envname : default_name(passing->arena, wanted->name);

		for (size_t k = 0; k < uploads->count; k++) {
			if (str_equal(uploads->items[k].name, wanted->name))
				pass(passing, &uploads->items[k], base);
		}
		if (count_named(uploads, wanted->name) == 0)
			log_warning("hook \"%.*s\": an upload is left out: there is no file \"%.*s\" in the body",
			            STR_ARGS(passing->hook->id), STR_ARGS(str_head(wanted->name, 100)));
	}
}

void uploads_pass(const struct hook *hook, struct request *request, struct job *job)
{
	struct passing passing = {.hook = hook, .arena = request->arena, .job = job};

	if (!hook->uploads.all && hook->uploads.count == 0)
		return;
	request_payload(request);
	if (hook->uploads.all)
		pass_all(&passing, &request->uploads);
	else
		pass_listed(&passing, &request->uploads);
}
