/* picture.c - the planes of each format, and a check that two pictures match their descriptions. */
#include "quality/picture.h"

#include <stdbool.h>

/* rows: height of the plane; row_bytes: bytes that are read of each row */
static bool plane_fits(const uint8_t *plane, int64_t stride, uint32_t row_bytes, uint32_t rows)
{
    ptrdiff_t size;
    return plane && stride >= (int64_t)row_bytes && stride <= PTRDIFF_MAX &&
           !__builtin_mul_overflow((ptrdiff_t)stride, (ptrdiff_t)rows, &size) && (uintptr_t)plane <= UINTPTR_MAX - (size_t)size;
}

int nenc_picture_pair(const nenc_picture *a, const nenc_picture *b, nenc_plane_pair planes[NENC_PLANES])
{
    static const int plane_count[] = {[NENC_GREY] = 1, [NENC_I420] = 3, [NENC_NV12] = 2};
    if (!a || !b || a->format > NENC_NV12 || a->format != b->format || a->width != b->width || a->height != b->height ||
        a->width < 1 || a->height < 1 || a->width > NENC_PICTURE_MAX || a->height > NENC_PICTURE_MAX)
        return NENC_EINVAL;
    const int count = plane_count[a->format];
    for (int i = 0; i < count; i++) {
        const uint32_t width = i == 0 ? a->width : (a->width + 1) / 2, height = i == 0 ? a->height : (a->height + 1) / 2;
        const int components = i == 1 && a->format == NENC_NV12 ? 2 : 1;
        if (!plane_fits(a->plane[i], a->stride[i], width * (uint32_t)components, height) ||
            !plane_fits(b->plane[i], b->stride[i], width * (uint32_t)components, height))
            return NENC_EINVAL;
        planes[i] = (nenc_plane_pair){
            .a = a->plane[i],
            .b = b->plane[i],
            .a_stride = (ptrdiff_t)a->stride[i],
            .b_stride = (ptrdiff_t)b->stride[i],
            .width = width,
            .height = height,
            .components = components,
            .first = i,
        };
    }
    return count;
}
