/*
 * getenv, cat, credential: what they give is taken for a secret and remembered, so that no message shows it. As in the
 * reference what is not there is an empty text.
 */
#include "hook/template_value.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/identity.h"
#include "hook/template.h"
#include "hook/template_syntax.h"

#define FILE_MAX ((size_t)1024 * 1024)

static void remember(struct template_call *call, struct str value)
{
	struct template_output *output = call->output;

	output->pulled = arena_grow(call->source->arena, output->pulled, output->pulled_count, &output->pulled_capacity,
	                            sizeof(*output->pulled));
	output->pulled[output->pulled_count++] = value;
}

/* A text of the variable, or nothing; a name with "=" would find a part of one. */
static struct str get_variable(struct template_call *call, struct str name)
{
	bool possible = name.len > 0 && !str_has_nul(name) && str_find(name, '=') == name.len;
	return str_from(possible ? getenv(str_to_c(call->source->arena, name)) : NULL);
}

bool template_call_getenv(struct template_call *call, struct template_value *result)
{
	*result = template_text(str_copy(call->source->arena, get_variable(call, call->arguments[0].text)));
	remember(call, result->text);
	return true;
}

static void note_file(struct template_call *call, const char *path)
{
	struct template_output *output = call->output;

	for (size_t i = 0; i < output->file_count; i++) {
		if (str_equal_c(output->files[i].path, path))
			return;
	}
	if (output->file_count == TEMPLATE_FILES_MAX)
		return;
	output->files = arena_grow(call->source->arena, output->files, output->file_count, &output->file_capacity,
	                           sizeof(*output->files));
	output->files[output->file_count++] = (struct template_file){str_from(path), file_identify(path)};
}

/* The file less one final newline. That one is there and cannot be read is worth a warning, without its name. */
static bool read_file(struct template_call *call, const char *path, struct template_value *result)
{
	struct error error = ERROR_INIT;
	struct buf text = BUF_INIT;

	*result = template_text(STR(""));
	note_file(call, path);
	if (!file_read(path, FILE_MAX, &text, &error)) {
		buf_release(&text);
		if (error.kind == ERROR_TOO_LARGE)
			return template_call_fail(call, "the file has more than %zu MiB", FILE_MAX >> 20);
		if (error.kind != ERROR_NOT_FOUND)
			template_warn(call->source, call->at,
			              "%s: the file cannot be read: an empty text stands for it", call->function->name);
		return true;
	}
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	if (!template_take_text(call, &text, result))
		return false;
	remember(call, result->text);
	return true;
}

bool template_call_cat(struct template_call *call, struct template_value *result)
{
	struct str path = call->arguments[0].text;

	*result = template_text(STR(""));
	return path.len == 0 || str_has_nul(path) || read_file(call, str_to_c(call->source->arena, path), result);
}

/* Of systemd; without its folder the variable of this name. */
bool template_call_credential(struct template_call *call, struct template_value *result)
{
	struct arena *arena = call->source->arena;
	struct str folder = get_variable(call, STR("CREDENTIALS_DIRECTORY"));
	struct str name = call->arguments[0].text;

	if (folder.len == 0)
		return template_call_getenv(call, result);
	*result = template_text(STR(""));
	return name.len == 0 || str_has_nul(name) ||
	       read_file(call, file_join(arena, str_to_c(arena, folder), str_to_c(arena, name)), result);
}
