/* alloc.c - aligned, zeroed memory. */
#include "core/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *nenc_alloc(size_t size)
{
    if (size == 0 || size > SIZE_MAX - NENC_CACHE_LINE) return NULL;
    size_t rounded = (size + NENC_CACHE_LINE - 1) & ~(size_t)(NENC_CACHE_LINE - 1);
    void *memory = aligned_alloc(NENC_CACHE_LINE, rounded);
    if (memory) memset(memory, 0, rounded);
    return memory;
}

void nenc_free(void *memory) { free(memory); }
