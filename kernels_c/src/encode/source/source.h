/* source.h - what kinds of picture source there are. */
#ifndef NENC_ENCODE_SOURCE_SOURCE_H
#define NENC_ENCODE_SOURCE_SOURCE_H

#include "nenc/source.h"

/* Into text, in one line; returns status. */
__attribute__((format(printf, 4, 5))) int nenc_source_wrong(char *text, size_t size, int status, const char *format, ...);

struct nenc_source {
    uint32_t width;
    uint32_t height;
    uint32_t fps_num; /* 0/0: it has none */
    uint32_t fps_den;
    int (*render)(nenc_source *source, uint64_t number, uint8_t *const plane[2], const int64_t stride[2]);
    void (*close)(nenc_source *source);
};

#endif
