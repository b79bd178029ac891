/* pool.h - memory for pictures that another process, or a GPU, can use without a copy.
 *
 * A pool holds NV12 pictures of one size, each in a memory object of its own: a DMA-BUF where this machine supports them
 * (/dev/udmabuf), else a memfd. Luma begins at the object's start, rows are a multiple of 256 bytes apart, chroma follows.
 * Errors: 0 or a negative nenc_status. Threads: a pool belongs to one thread at a time; callers synchronise access to the
 * pictures' contents.
 */
#ifndef NENC_POOL_H
#define NENC_POOL_H

#include "nenc/encode.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef struct nenc_pool nenc_pool;

typedef enum nenc_memory { NENC_MEMORY_ANY = 0, NENC_MEMORY_MEMFD = 1, NENC_MEMORY_DMABUF = 2 } nenc_memory;

enum { NENC_POOL_MAX = 64 };

/* Creates `count` (1..NENC_POOL_MAX) black pictures of width x height (even, 16..16384). NENC_MEMORY_ANY takes DMA-BUFs where
 * possible. NENC_EINVAL, NENC_ENOMEM (out of memory or descriptors), NENC_ESTATE (DMA-BUFs were demanded and are not
 * available). */
NENC_API int nenc_pool_create(uint32_t width, uint32_t height, uint32_t count, uint32_t memory, nenc_pool **pool);

/* NENC_MEMORY_MEMFD or NENC_MEMORY_DMABUF. */
NENC_API int nenc_pool_memory(const nenc_pool *pool);

/* Picture `number`, from 0: everything but pts_ns is filled in; buffer is number + 1. Planes may be written (cast the const
 * away) while no encoder uses the picture. The pool keeps ownership of descriptors and memory. */
NENC_API int nenc_pool_frame(const nenc_pool *pool, uint32_t number, nenc_frame *frame);

/* Ends writing and makes it visible to readers on other devices (DMA_BUF_IOCTL_SYNC where needed). */
NENC_API int nenc_pool_written(const nenc_pool *pool, uint32_t number);

/* Accepts NULL. Encoders that have imported pictures keep them alive. */
NENC_API void nenc_pool_destroy(nenc_pool *pool);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
