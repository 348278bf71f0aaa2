/*
 * Replies come from the engine, with the names that the module's author chose: every part is looked at before it is used.
 */
#include "run/dagger_module.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/number.h"
#include "lib/json.h"
#include "payload/payload.h"
#include "payload/value.h"
#include "run/dagger_name.h"

/* --- The version -------------------------------------------------------------------------------------------------- */

static bool read_number(struct str *rest, char end, unsigned *number)
{
	size_t len = 0;
	uint64_t value;
	while (len < rest->len && rest->data[len] >= '0' && rest->data[len] <= '9')
		len++;
	if (!number_parse_unsigned(str_head(*rest, len), 0, 1000000, &value) ||
	    (end != '\0' && (len == rest->len || rest->data[len] != end)))
		return false;
	*number = (unsigned)value;
	*rest = str_from_index(*rest, end != '\0' ? len + 1 : len);
	return true;
}

bool dagger_version_read(struct str text, struct dagger_version *version, struct error *error)
{
	struct str rest = text, line;
	while (str_split_next(&rest, '\n', &line)) {
		if (!str_starts(line, STR("dagger v")))
			continue;
		line = str_from_index(line, STR("dagger v").len);
		if (read_number(&line, '.', &version->major) && read_number(&line, '.', &version->minor) &&
		    read_number(&line, '\0', &version->patch))
			return true;
	}
	return error_set(error, ERROR_COMMAND, "dagger version prints no version");
}

bool dagger_version_is_at_least(const struct dagger_version *version, unsigned major, unsigned minor, unsigned patch)
{
	if (version->major != major)
		return version->major > major;
	return version->minor != minor ? version->minor > minor : version->patch >= patch;
}

/* --- The query ---------------------------------------------------------------------------------------------------- */

#define BODY \
	"name objects{asObject{name functions{name description args{name defaultValue " \
	"typeDef{kind optional asObject{name} asList{elementTypeDef{kind}}}}}}}"

/* The folder below the checkout: "./ci" is "ci". */
static struct str root_of(struct str module)
{
	while (str_starts(module, STR("./")))
		module = str_from_index(module, 2);
	return module.len > 0 ? module : STR(".");
}

struct str dagger_module_query(struct arena *arena, const char *checkout, struct str module,
                               const struct dagger_version *version)
{
	bool initialize = !dagger_version_is_at_least(version, 0, 16, 0);
	struct buf text = BUF_INIT;

	buf_append_c(&text, "{host{directory(path:");
	json_write_string(&text, str_from(checkout)); /* GraphQL has the strings of JSON */
	buf_append_c(&text, "){asModule(sourceRootPath:");
	json_write_string(&text, root_of(module));
	buf_append_c(&text, initialize ? "){initialize{" BODY "}}}}}\n" : "){" BODY "}}}}\n");
	struct str query = str_copy(arena, buf_str(&text));
	buf_release(&text);
	return query;
}

/* --- The reply ---------------------------------------------------------------------------------------------------- */

static struct str text_of(const struct value *map, struct str key)
{
	const struct value *value = value_map_get(map, key);
	return value && value->kind == VALUE_STRING ? value->as.text : STR("");
}

static const struct value_list *list_of(const struct value *map, struct str key)
{
	static const struct value_list none;
	const struct value *value = value_map_get(map, key);
	return value && value->kind == VALUE_LIST ? &value->as.list : &none;
}

/* A default is a document of JSON in a string. */
static struct str default_of(struct arena *arena, struct str document, bool *has)
{
	struct error ignored = ERROR_INIT;
	struct value *wrapped = NULL;
	struct str joined = STR("");

	*has = false;
	if (document.len == 0 ||
	    !payload_parse_json_map(arena, str_printf(arena, "{\"v\":%.*s}", STR_ARGS(document)), &wrapped, &ignored))
		return joined;
	const struct value *value = value_map_get(wrapped, STR("v"));
	*has = value && value->kind != VALUE_NULL;
	if (!*has)
		return joined;
	if (value->kind != VALUE_LIST)
		return value_text(arena, value);
	for (size_t i = 0; i < value->as.list.count; i++) {
		if (i > 0)
			joined = str_join(arena, joined, STR(","));
		joined = str_join(arena, joined, value_text(arena, value->as.list.items[i]));
	}
	return joined;
}

static bool read_argument(struct arena *arena, const struct value *value, struct dagger_argument *argument)
{
	const struct value *type = value_map_get(value, STR("typeDef"));
	const struct value *optional = value_map_get(type, STR("optional"));
	bool has_default;

	argument->name = text_of(value, STR("name"));
	argument->default_value = default_of(arena, text_of(value, STR("defaultValue")), &has_default);
	argument->required = !has_default && !(optional && optional->kind == VALUE_BOOL && optional->as.boolean);
	return dagger_name_is_valid(argument->name);
}

static bool read_function(struct arena *arena, const struct value *value, struct dagger_function *function)
{
	const struct value_list *arguments = list_of(value, STR("args"));

	function->name = text_of(value, STR("name"));
	if (!dagger_name_is_valid(function->name) || arguments->count > DAGGER_ARGUMENTS_MAX)
		return false;
	function->arguments = arena_array(arena, arguments->count, sizeof(*function->arguments));
	function->argument_count = arguments->count;
	for (size_t i = 0; i < arguments->count; i++) {
		if (!read_argument(arena, arguments->items[i], &function->arguments[i]))
			return false;
	}
	return true;
}

static int compare_functions(const void *a, const void *b)
{
	return str_compare(((const struct dagger_function *)a)->name, ((const struct dagger_function *)b)->name);
}

static bool read_functions(struct arena *arena, const struct value *object, struct dagger_module *module)
{
	const struct value_list *functions = list_of(object, STR("functions"));

	if (functions->count > DAGGER_FUNCTIONS_MAX)
		return false;
	module->functions = arena_array(arena, functions->count, sizeof(*module->functions));
	module->function_count = functions->count;
	for (size_t i = 0; i < functions->count; i++) {
		if (!read_function(arena, functions->items[i], &module->functions[i]))
			return false;
	}
	if (functions->count > 0)
		qsort(module->functions, functions->count, sizeof(*module->functions), compare_functions);
	return true;
}

/* The object whose name is the module's, however each writes it. */
static const struct value *find_main(struct arena *arena, const struct value *as_module, struct str name)
{
	const struct value_list *objects = list_of(as_module, STR("objects"));
	struct str wanted = dagger_name_option(arena, name);

	for (size_t i = 0; i < objects->count; i++) {
		const struct value *object = value_map_get(objects->items[i], STR("asObject"));
		if (str_equal(dagger_name_option(arena, text_of(object, STR("name"))), wanted))
			return object;
	}
	return NULL;
}

bool dagger_module_read(struct arena *arena, struct str reply, struct dagger_module *module, struct error *error)
{
	struct error cause = ERROR_INIT;
	struct value *root = NULL;

	if (!payload_parse_json(arena, reply, &root, &cause))
		return error_set(error, ERROR_COMMAND, "the reply of dagger query is no JSON: %s", cause.message);
	const struct value *host = value_map_get(root, STR("host"));
	const struct value *as_module = value_map_get(value_map_get(host, STR("directory")), STR("asModule"));
	const struct value *initialized = value_map_get(as_module, STR("initialize"));
	if (initialized)
		as_module = initialized;
	module->name = text_of(as_module, STR("name"));
	if (module->name.len == 0)
		return error_set(error, ERROR_COMMAND, "the reply of dagger query names no module");
	const struct value *object = find_main(arena, as_module, module->name);
	if (!object)
		return error_set(error, ERROR_COMMAND, "the module %.*s has no main object",
		                 STR_ARGS(str_head(module->name, 100)));
	return read_functions(arena, object, module) ||
	       error_set(error, ERROR_COMMAND, "the module %.*s has a function that cannot be called",
	                 STR_ARGS(str_head(module->name, 100)));
}
