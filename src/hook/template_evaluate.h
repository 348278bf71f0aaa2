/* Runs what the template's parser made. Internal to template*.c. */
#ifndef POCKETCI_HOOK_TEMPLATE_EVALUATE_H
#define POCKETCI_HOOK_TEMPLATE_EVALUATE_H

#include <stdbool.h>

struct template_definition;
struct template_output;
struct template_source;

/* Runs the definition "hooks" and appends to output. False where a problem was noted. */
bool template_evaluate(struct template_source *source, const struct template_definition *definitions,
                       struct template_output *output);

#endif
