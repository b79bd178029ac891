/* alloc.h - the one way the core gets memory: zeroed, on a cache line of its own. */
#ifndef NENC_CORE_ALLOC_H
#define NENC_CORE_ALLOC_H

#include <stddef.h>

enum { NENC_CACHE_LINE = 64 };

/* NULL when memory is short. Free with nenc_free. */
void *nenc_alloc(size_t size);
void nenc_free(void *memory);

#endif
