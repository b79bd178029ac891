/* source.c - the public picture source: checks what it is given and hands it to its kind. */
#include "encode/source/source.h"

#include <stdarg.h>
#include <stdio.h>

int nenc_source_wrong(char *text, size_t size, int status, const char *format, ...)
{
    if (!text || !size) return status;
    va_list args;
    va_start(args, format);
    vsnprintf(text, size, format, args);
    va_end(args);
    return status;
}

int nenc_source_size(const nenc_source *source, uint32_t *width, uint32_t *height)
{
    if (!source || !width || !height) return NENC_EINVAL;
    *width = source->width;
    *height = source->height;
    return NENC_OK;
}

int nenc_source_fps(const nenc_source *source, uint32_t *num, uint32_t *den)
{
    if (!source || !num || !den) return NENC_EINVAL;
    *num = source->fps_num;
    *den = source->fps_den;
    return NENC_OK;
}

int nenc_source_render(nenc_source *source, uint64_t number, const nenc_picture *into)
{
    if (!source || !into || into->format != NENC_NV12 || into->width != source->width || into->height != source->height ||
        !into->plane[0] || !into->plane[1] || into->stride[0] < source->width || into->stride[1] < source->width)
        return NENC_EINVAL;
    uint8_t *const plane[2] = {(uint8_t *)(uintptr_t)into->plane[0], (uint8_t *)(uintptr_t)into->plane[1]};
    return source->render(source, number, plane, into->stride);
}

void nenc_source_close(nenc_source *source)
{
    if (source) source->close(source);
}
