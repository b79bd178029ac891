/* config.c - the knobs of the law: defaults, ranges, reasons. */
#include "nenc/nenc.h"

const char *nenc_version(void) { return NENC_VERSION; }
