/* pairs.h - "name=value,name=value" of an option, each handed to whoever knows the name. */
#ifndef NENC_TOOLS_PAIRS_H
#define NENC_TOOLS_PAIRS_H

#include <stdbool.h>

/* Calls `set` for each; false, and a complaint that names option and pair, when a pair is none, the value is no number, or
 * `set` does not take it (not 0). NULL or "": nothing. */
bool nenc_pairs_read(const char *command, const char *option, const char *pairs,
                     int (*set)(void *into, const char *name, double value), void *into);

#endif
