/* film.h - the pictures that a real encoder encodes: chosen by time, at whatever size is asked for. */
#ifndef NENC_ENCODE_CAMERA_FILM_H
#define NENC_ENCODE_CAMERA_FILM_H

#include "nenc/source.h"

typedef struct nenc_film {
    nenc_source *source;
    nenc_source *given;   /* the caller's source, which is not closed; NULL: file or pattern */
    nenc_pattern pattern; /* its size is the picture's, also of a file or of a given source */
    char *file;           /* NULL: none */
    double fps;           /* pictures per second of the source, however many of them are encoded */
    int64_t start_ns;     /* of picture 0 */
} nenc_film;

/* Opens a film that is all zero but for given, pattern, fps and start_ns. Without `given`, it shows the file's pictures (Y4M, or
 * raw NV12 of pattern's size), or without a file, made pictures of pattern's size. On failure text says why. */
int nenc_film_open(nenc_film *film, const char *file, char *text, size_t size);

/* Whether its size stays as it is. */
int nenc_film_is_fixed(const nenc_film *film);

/* Switches to made pictures of `lines`, of the same scene; the film stays as it is when that fails. Not of a fixed film. */
int nenc_film_resize(nenc_film *film, uint32_t lines, char *text, size_t size);

/* Renders the picture at now_ns. NENC_ERANGE, and the reason in text: the file is not what it was when it was opened. */
int nenc_film_render(nenc_film *film, int64_t now_ns, const nenc_picture *into, char *text, size_t size);

/* May be called twice. */
void nenc_film_close(nenc_film *film);

#endif
