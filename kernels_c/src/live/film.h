/* film.h - what a real encoder films: pictures by time, at whatever size it is asked for. */
#ifndef NENC_LIVE_FILM_H
#define NENC_LIVE_FILM_H

#include "nenc/source.h"

typedef struct nenc_film {
    nenc_source *source;
    nenc_pattern pattern; /* its size is the picture's, a file's too */
    char *file;           /* NULL: made pictures */
    double fps;           /* pictures per second of what is filmed, however many of them are taken */
    int64_t start_ns;     /* of picture 0 */
} nenc_film;

/* Fills a film that is all zero but for pattern, fps and start_ns: made pictures of pattern's size; or with a file its pictures
 * (raw NV12 of pattern's size, or Y4M). In text why not. */
int nenc_film_open(nenc_film *film, const char *file, char *text, size_t size);

/* 16:9 of that many lines, even. */
uint32_t nenc_film_width(uint32_t lines);

/* Made pictures of `lines` from now on, the same scene; the film stays as it is when that fails. Not of a file. */
int nenc_film_resize(nenc_film *film, uint32_t lines, char *text, size_t size);

/* The picture at now_ns. NENC_ERANGE and words in text: the file is not what it was when it was opened. */
int nenc_film_render(nenc_film *film, int64_t now_ns, const nenc_picture *into, char *text, size_t size);

/* May be called twice. */
void nenc_film_close(nenc_film *film);

#endif
