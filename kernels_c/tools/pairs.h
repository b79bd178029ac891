/* pairs.h - parses an option's "name=value,name=value" and hands each pair to a callback. */
#ifndef NENC_TOOLS_PAIRS_H
#define NENC_TOOLS_PAIRS_H

#include <stdbool.h>

/* Calls `set` for each pair. Returns false after a complaint that names the option and the pair when a pair is malformed, its
 * value is no number, or `set` returns nonzero. NULL and "" have no pairs. */
bool nenc_pairs_read(const char *command, const char *option, const char *pairs,
                     int (*set)(void *into, const char *name, double value), void *into);

#endif
