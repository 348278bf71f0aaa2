/*
 * What is done to a map once all of it is read: keys that come twice are refused, merge keys (<<) are carried out.
 */
#ifndef POCKETCI_CONFIG_YAML_MAP_H
#define POCKETCI_CONFIG_YAML_MAP_H

#include <stdbool.h>

#include "config/yaml.h"

struct names;

/* False and a problem where the map cannot be used. names is scratch, the same one for every map of a file. */
bool yaml_map_finish(struct arena *arena, struct yaml_node *map, struct names *names, struct problems *problems);

#endif
