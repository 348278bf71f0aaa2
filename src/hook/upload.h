/*
 * `pass-uploads-to-command:` of a hook: files of a multipart body that the command gets as files.
 */
#ifndef POCKETCI_HOOK_UPLOAD_H
#define POCKETCI_HOOK_UPLOAD_H

#include <stdbool.h>

struct hook;
struct job;
struct key;
struct key_map;
struct key_reader;
struct request;
struct yaml_node;

/*
 * true, or a list of {name, envname}, into a struct hook_uploads. An envname that is no name of a variable, or that
 * programs act upon (PATH, LD_PRELOAD …), is refused.
 */
bool uploads_read(struct key_reader *reader, const struct key *key, const struct yaml_node *node, void *field);

/* The table of one entry. */
extern const struct key_map upload_map;

/*
 * Adds to a job, whose variables and files are there, the uploads that the hook passes: each a file whose path is in
 * the variable envname, else HOOK_UPLOAD_ and the name in upper case with '_' for what is no letter or digit. What the
 * client called it is in …_FILENAME, its Content-Type in …_TYPE; neither can hold a control character, the former no
 * '/' either. Where a variable of that name is there already, of another upload or of the hook, _2, _3 and so on follow
 * the name. A listed upload that the request lacks is left out with a line in the log.
 */
void uploads_pass(const struct hook *hook, struct request *request, struct job *job);

#endif
