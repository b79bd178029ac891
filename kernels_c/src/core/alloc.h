/* alloc.h - memory for the controller: zeroed, and aligned to cache lines. */
#ifndef NENC_CORE_ALLOC_H
#define NENC_CORE_ALLOC_H

#include <stddef.h>

enum { NENC_CACHE_LINE = 64 };

/* Returns NULL when out of memory. Free with nenc_free. */
void *nenc_alloc(size_t size);
void nenc_free(void *memory);

#endif
