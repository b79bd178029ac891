/* null.c - a camera without pictures: frames of exactly the rate's share, at once and evenly spaced. */
#include "core/alloc.h"
#include "encode/camera/backend.h"

#include <math.h>

typedef struct still {
    double fps; /* of the source */
    double owed; /* bytes that rounding left over: they go into the next frame */
    uint32_t lines;
    int failed;
    int key;
} still;

static int open_null(const nenc_camera_config *config, void **state, nenc_failure *failure)
{
    still *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "null: out of memory");
    *self = (still){.fps = config->fps, .lines = config->lines, .key = 1};
    *state = self;
    return NENC_OK;
}

static int shoot(void *state, int64_t now_ns, double encode_bps, double fps, uint32_t rung, double qp, nenc_shot *shot,
                 nenc_failure *failure)
{
    still *self = state;
    if (fps > self->fps) fps = self->fps;
    self->owed += encode_bps / 8.0 / fps;
    if (!(self->owed < 4e9))
        return nenc_fail(failure, NENC_ERANGE, "null: a frame of %g bit/s at %g frames/s is too large", encode_bps, fps);
    *shot = (nenc_shot){
        .bytes = self->owed < 1.0 ? 1 : (uint32_t)self->owed,
        .key = (uint32_t)self->key,
        .rung = rung < self->lines ? rung : self->lines,
        .qp = qp,
        .psnr = NAN,
        .ssim = NAN,
        .interval_ns = (int64_t)rint(1e9 / fps),
    };
    self->owed -= shot->bytes;
    self->key = 0;
    return NENC_OK;
}

static void request_key(void *state) { ((still *)state)->key = 1; }

static void set_resolution(void *state, uint32_t lines)
{
    still *self = state;
    if (lines != self->lines) self->key = 1;
    self->lines = lines;
}

static int set_fault(void *state, uint32_t fault, int on, nenc_failure *failure)
{
    still *self = state;
    if (fault == NENC_FAULT_IGNORE_RATE) return NENC_OK; /* it has no rate control to fail */
    if (on != self->failed) self->key = 1;
    self->failed = on;
    return NENC_OK;
}

const nenc_camera_backend nenc_camera_null = {
    .open = open_null,
    .shoot = shoot,
    .request_key = request_key,
    .set_resolution = set_resolution,
    .set_fault = set_fault,
    .close = nenc_free,
};
