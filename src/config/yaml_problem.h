/* Why libyaml could not read a file, in words for the person who wrote it. */
#ifndef POCKETCI_CONFIG_YAML_PROBLEM_H
#define POCKETCI_CONFIG_YAML_PROBLEM_H

#include <yaml.h>

#include "base/str.h"
#include "config/problem.h"

/* Notes the error that the parser stopped with. text is what it was given. */
void yaml_problem_syntax(struct problems *problems, const char *file, const yaml_parser_t *parser, struct str text);

#endif
