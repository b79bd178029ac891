/* callback.c - pictures that the caller renders. */
#include "core/alloc.h"
#include "encode/source/source.h"

typedef struct callback {
    nenc_source source;
    nenc_render render;
    void *user;
} callback;

static int render(nenc_source *source, uint64_t number, uint8_t *const plane[2], const int64_t stride[2])
{
    const callback *self = (callback *)source;
    const nenc_picture into = {
        .format = NENC_NV12,
        .width = source->width,
        .height = source->height,
        .plane = {plane[0], plane[1]},
        .stride = {stride[0], stride[1]},
    };
    return self->render(self->user, number, &into);
}

static void close_callback(nenc_source *source) { nenc_free(source); }

int nenc_source_callback(uint32_t width, uint32_t height, nenc_render function, void *user, nenc_source **source, char *text,
                         size_t size)
{
    if (source) *source = NULL;
    if (!function || !source) return nenc_source_wrong(text, size, NENC_EINVAL, "no function, or nowhere to put the source");
    if (width < 16 || width > 16384 || width % 2 || height < 16 || height > 16384 || height % 2)
        return nenc_source_wrong(text, size, NENC_EINVAL, "pictures of %ux%u: both must be even, 16 to 16384", width, height);
    callback *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_source_wrong(text, size, NENC_ENOMEM, "out of memory");
    *self = (callback){.source = {.width = width, .height = height, .render = render, .close = close_callback},
                       .render = function,
                       .user = user};
    *source = &self->source;
    return NENC_OK;
}
