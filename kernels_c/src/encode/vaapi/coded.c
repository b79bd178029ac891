/* coded.c - the frame of a picture: waiting with patience, then every segment of it. */
#include "core/clock.h"
#include "encode/vaapi/vaapi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static VAStatus sync_buffer(nenc_vaapi *self, VASurfaceID surface, uint64_t left_ns)
{
    return vaSyncBuffer(self->display.va, self->coded, left_ns);
}

static VAStatus sync_surface(nenc_vaapi *self, VASurfaceID surface, uint64_t left_ns)
{
    return vaSyncSurface2(self->display.va, surface, left_ns);
}

/* The two waits that end; drivers have both, one or none of them. */
static const struct {
    const char *call;
    VAStatus (*sync)(nenc_vaapi *self, VASurfaceID surface, uint64_t left_ns);
} waits[] = {{"vaSyncBuffer", sync_buffer}, {"vaSyncSurface2", sync_surface}};

enum { WAITS = sizeof waits / sizeof *waits };

/* "Still running, call again" and "hung" are the same answer: only time tells them apart. */
static int wait_for(nenc_vaapi *self, VASurfaceID surface, nenc_failure *failure)
{
    const int64_t until_ns = nenc_now_ns() + self->config.timeout_ns;
    for (int way = 0; way < WAITS;) {
        const int64_t left_ns = until_ns - nenc_now_ns();
        const VAStatus status = waits[way].sync(self, surface, left_ns > 0 ? (uint64_t)left_ns : 0);
        if (status == VA_STATUS_ERROR_UNIMPLEMENTED) way++;
        else if (status != VA_STATUS_ERROR_TIMEDOUT) return nenc_vaapi_check(self, waits[way].call, status, failure);
        else if (left_ns <= 0)
            return nenc_fail(failure, NENC_ENCODE_TIMEOUT, "%s: not done within %lld ms", waits[way].call,
                             (long long)(self->config.timeout_ns / 1000000));
    }
    return nenc_vaapi_check(self, "vaSyncSurface", vaSyncSurface(self->display.va, surface), failure);
}

static int keep(nenc_vaapi *self, const VACodedBufferSegment *segment, size_t *bytes, nenc_failure *failure)
{
    if (*bytes + segment->size > self->capacity) {
        const size_t capacity = 2 * (*bytes + segment->size);
        uint8_t *more = realloc(self->data, capacity);
        if (!more) return nenc_fail(failure, NENC_ENOMEM, "vaapi: out of memory");
        self->data = more;
        self->capacity = capacity;
    }
    if (segment->size) memcpy(self->data + *bytes, segment->buf, segment->size);
    *bytes += segment->size;
    return NENC_OK;
}

static int collect(nenc_vaapi *self, const VACodedBufferSegment *segment, nenc_coded *coded, nenc_failure *failure)
{
    static const uint32_t spoilt = VA_CODED_BUF_STATUS_BAD_BITSTREAM | VA_CODED_BUF_STATUS_FRAME_SIZE_OVERFLOW;
    size_t bytes = 0;
    uint32_t bits = 0;
    if (!segment) return nenc_fail(failure, NENC_ENCODE_EMPTY, "vaMapBuffer: success, and no frame");
    const uint32_t qp = segment->status & VA_CODED_BUF_STATUS_PICTURE_AVE_QP_MASK; /* of the picture: the first says it */
    for (; segment; segment = segment->next) {
        bits |= segment->status;
        int status = keep(self, segment, &bytes, failure);
        if (status != NENC_OK) return status;
    }
    if (bits & spoilt)
        return nenc_fail(failure, NENC_ENCODE_EMPTY, "vaMapBuffer: the frame is marked %s (0x%x)",
                         bits & VA_CODED_BUF_STATUS_BAD_BITSTREAM ? "BAD_BITSTREAM" : "FRAME_SIZE_OVERFLOW", bits);
    if (!bytes) return nenc_fail(failure, NENC_ENCODE_EMPTY, "vaMapBuffer: a frame of 0 bytes");
    coded->data = self->data;
    coded->bytes = (uint32_t)bytes;
    coded->qp = qp ? (float)qp : NAN;
    return NENC_OK;
}

int nenc_vaapi_take(nenc_vaapi *self, VASurfaceID surface, nenc_coded *coded, nenc_failure *failure)
{
    void *mapped = NULL;
    int status = wait_for(self, surface, failure);
    if (status == NENC_OK)
        status = nenc_vaapi_check(self, "vaMapBuffer", vaMapBuffer(self->display.va, self->coded, &mapped), failure);
    if (status != NENC_OK) return status;
    status = collect(self, mapped, coded, failure);
    const VAStatus unmapped = vaUnmapBuffer(self->display.va, self->coded);
    return status == NENC_OK ? nenc_vaapi_check(self, "vaUnmapBuffer", unmapped, failure) : status;
}
