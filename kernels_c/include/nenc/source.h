/* source.h - pictures to encode: procedural ones, bit-identical on every machine, those of a file, or those of a callback.
 *
 * Errors: 0 or a negative nenc_status; open functions put the reason in one line into text (size bytes; NULL with 0: not).
 */
#ifndef NENC_SOURCE_H
#define NENC_SOURCE_H

#include "nenc/quality.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef struct nenc_source nenc_source;

/* A gradient, two layers of moving texture, and patches of noise; another scene at each cut. What x264 (superfast) needs for it
 * at 1280x720, 30 pictures/s and QP 25, in kbit/s:
 *
 *   complexity    0     0.25    0.5    0.75      1
 *                 9      310   1600    8200  20000
 */
typedef struct nenc_pattern {
    uint32_t width; /* even, 16..16384 */
    uint32_t height;
    uint64_t seed;
    double complexity;     /* 0: a still gradient; 0.5: like a talking head; 0.75: like sport; 1: like rain on leaves */
    uint32_t scene_frames; /* pictures between two cuts, 0: no cut */
    uint32_t reserved;
} nenc_pattern;

NENC_API int nenc_source_pattern(const nenc_pattern *pattern, nenc_source **source, char *text, size_t size);

/* A Y4M file (4:2:0, 8 bit) by its signature; else raw NV12 of width x height (not read for Y4M). Read as it is needed, from
 * its beginning again behind its end. */
NENC_API int nenc_source_file(const char *path, uint32_t width, uint32_t height, nenc_source **source, char *text, size_t size);

/* Renders picture `number` into the planes of `into` (NV12 of the source's size; cast the const of the planes away). 0, or a
 * negative nenc_status when there is no such picture. */
typedef int (*nenc_render)(void *user, uint64_t number, const nenc_picture *into);

/* Pictures that the caller renders, of width x height (even, 16..16384); `user` is passed on to `render`. */
NENC_API int nenc_source_callback(uint32_t width, uint32_t height, nenc_render render, void *user, nenc_source **source,
                                  char *text, size_t size);

/* Size of its pictures; frame rate of a Y4M file, 0/0 when the source has none. */
NENC_API int nenc_source_size(const nenc_source *source, uint32_t *width, uint32_t *height);
NENC_API int nenc_source_fps(const nenc_source *source, uint32_t *num, uint32_t *den);

/* Picture `number`, in any order, written into the planes of `into` (NV12, the source's size; the const of its planes is cast
 * away). NENC_ERANGE: the file ended in the middle of a picture, or could not be read. */
NENC_API int nenc_source_render(nenc_source *source, uint64_t number, const nenc_picture *into);

/* Also of NULL. */
NENC_API void nenc_source_close(nenc_source *source);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
