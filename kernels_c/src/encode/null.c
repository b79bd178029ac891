/* null.c - frames of exactly the rate's share: one NAL unit of a type that decoders skip; what rounding leaves over goes into
 * the next. */
#include "encode/null.h"
#include "core/alloc.h"

#include <math.h>
#include <string.h>

/* H.264: an access unit delimiter, then filler data (7.3.2.7). A key frame is marked by the delimiter's primary_pic_type 0 (I). */
static const uint8_t begin[] = {0, 0, 0, 1, 9, 0x30, 0, 0, 0, 1, 12};
enum { LEAST = sizeof begin + 2 };

typedef struct null_encoder {
    nenc_rate rate;
    uint32_t fps_num, fps_den;
    double owed;
    uint8_t *data;
    size_t capacity;
} null_encoder;

static int open_null(const nenc_encoder_config *config, void **state, nenc_failure *failure)
{
    if (config->codec != NENC_H264) return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "null: only h264");
    null_encoder *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "null: out of memory");
    *self = (null_encoder){.rate = config->rate, .fps_num = config->fps_num, .fps_den = config->fps_den};
    *state = self;
    return NENC_OK;
}

static int set_rate(void *state, const nenc_rate *rate, nenc_failure *failure)
{
    ((null_encoder *)state)->rate = *rate;
    return NENC_OK;
}

static int set_fps(void *state, uint32_t num, uint32_t den, nenc_failure *failure)
{
    ((null_encoder *)state)->fps_num = num;
    ((null_encoder *)state)->fps_den = den;
    return NENC_OK;
}

static int encode(void *state, const nenc_frame *frame, int key, nenc_coded *coded, nenc_failure *failure)
{
    null_encoder *self = state;
    self->owed += self->rate.bitrate_bps / 8.0 * self->fps_den / self->fps_num;
    const size_t bytes = self->owed > LEAST ? (size_t)self->owed : LEAST;
    self->owed -= (double)bytes;
    if (bytes > self->capacity) {
        uint8_t *more = nenc_alloc(bytes);
        if (!more) return nenc_fail(failure, NENC_ENOMEM, "null: out of memory");
        nenc_free(self->data);
        self->data = more;
        self->capacity = bytes;
    }
    memset(self->data, 0xff, bytes);
    memcpy(self->data, begin, sizeof begin);
    if (key) self->data[5] = 0x10;
    self->data[bytes - 1] = 0x80;
    coded->data = self->data;
    coded->bytes = (uint32_t)bytes;
    coded->key = (uint32_t)key;
    coded->qp = NAN;
    coded->input = frame->buffer ? NENC_INPUT_ZERO_COPY : NENC_INPUT_COPY;
    return NENC_OK;
}

static int drain(void *state, nenc_failure *failure) { return NENC_OK; }
static const char *describe(const void *state) { return "null"; }

static void close_null(void *state)
{
    null_encoder *self = state;
    nenc_free(self->data);
    nenc_free(self);
}

const nenc_backend nenc_null_backend = {
    .abi = NENC_BACKEND_ABI,
    .size = sizeof(nenc_backend),
    .open = open_null,
    .set_rate = set_rate,
    .set_fps = set_fps,
    .encode = encode,
    .drain = drain,
    .describe = describe,
    .close = close_null,
};
