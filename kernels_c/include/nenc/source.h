/* source.h - pictures to encode: generated ones, bit-identical on every machine, or those of a file or a callback.
 *
 * Errors: 0 or a negative nenc_status; open functions write the reason in one line to text (size bytes; may be NULL with 0).
 */
#ifndef NENC_SOURCE_H
#define NENC_SOURCE_H

#include "nenc/quality.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef struct nenc_source nenc_source;

/* A gradient, two layers of moving texture, and patches of noise; each cut starts a new scene. The rate in kbit/s that x264
 * (superfast) needs at 1280x720, 30 pictures/s and QP 25:
 *
 *   complexity    0     0.25    0.5    0.75      1
 *                 9      310   1600    8200  20000
 */
typedef struct nenc_pattern {
    uint32_t width; /* even, 16..16384 */
    uint32_t height;
    uint64_t seed;
    double complexity;     /* 0: a still gradient; 0.5: like a talking head; 0.75: like sport; 1: like rain on leaves */
    uint32_t scene_frames; /* pictures between two cuts; 0: no cuts */
    uint32_t reserved;
} nenc_pattern;

NENC_API int nenc_source_pattern(const nenc_pattern *pattern, nenc_source **source, char *text, size_t size);

/* Opens a Y4M file (4:2:0, 8 bit), recognised by its signature, or else raw NV12 of width x height (both ignored for Y4M). The
 * file is read on demand and repeats from its beginning. */
NENC_API int nenc_source_file(const char *path, uint32_t width, uint32_t height, nenc_source **source, char *text, size_t size);

/* Renders picture `number` into the planes of `into` (NV12 of the source's size; cast the const of the planes away). Returns 0,
 * or a negative nenc_status when there is no such picture. */
typedef int (*nenc_render)(void *user, uint64_t number, const nenc_picture *into);

/* Pictures of width x height (even, 16..16384) that the caller renders; `user` is passed on to `render`. */
NENC_API int nenc_source_callback(uint32_t width, uint32_t height, nenc_render render, void *user, nenc_source **source,
                                  char *text, size_t size);

/* Size of the pictures, and the frame rate of a Y4M file; 0/0 when the source has no frame rate. */
NENC_API int nenc_source_size(const nenc_source *source, uint32_t *width, uint32_t *height);
NENC_API int nenc_source_fps(const nenc_source *source, uint32_t *num, uint32_t *den);

/* Writes picture `number`, in any order, into the planes of `into` (NV12 of the source's size; the const of its planes is cast
 * away). NENC_ERANGE: the file ends in the middle of a picture or cannot be read. */
NENC_API int nenc_source_render(nenc_source *source, uint64_t number, const nenc_picture *into);

/* Accepts NULL. */
NENC_API void nenc_source_close(nenc_source *source);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
