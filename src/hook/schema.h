/*
 * The JSON Schema (2020-12) of a hooks file, for editors.
 */
#ifndef POCKETCI_HOOK_SCHEMA_H
#define POCKETCI_HOOK_SCHEMA_H

struct buf;

/*
 * Appends it, made from the tables that the files are read by. What it refuses hooks_read refuses too, but for keys in
 * another case, a key without a value, and unknown keys, of which hooks_read only warns where it is not strict. The
 * reverse does not hold: a regex that does not compile, say, is no matter of a schema.
 */
void schema_write(struct buf *out);

#endif
