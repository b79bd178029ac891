/* pairs.c - splits at commas and equals signs. */
#include "pairs.h"

#include "tool.h"

#include <stdlib.h>
#include <string.h>

bool nenc_pairs_read(const char *command, const char *option, const char *pairs,
                     int (*set)(void *into, const char *name, double value), void *into)
{
    for (const char *at = pairs ? pairs : ""; *at;) {
        char pair[128];
        const size_t length = strcspn(at, ",");
        if (length >= sizeof pair) {
            nenc_complain(command, NENC_EXIT_INPUT, "--%s: '%.40s...' is too long", option, at);
            return false;
        }
        memcpy(pair, at, length);
        pair[length] = '\0';
        at += length + (at[length] == ',');
        char *equals = strchr(pair, '='), *end = NULL;
        double value = 0.0;
        if (equals) value = strtod(equals + 1, &end);
        if (!equals || end == equals + 1 || *end) {
            nenc_complain(command, NENC_EXIT_INPUT, "--%s: '%s' is not name=number", option, pair);
            return false;
        }
        *equals = '\0';
        if (set(into, pair, value) == 0) continue;
        nenc_complain(command, NENC_EXIT_INPUT, "--%s: %s=%s: unknown name, or the value is out of range", option, pair,
                      equals + 1);
        return false;
    }
    return true;
}
