/* model.c - a camera without pictures: frame sizes and times of the statistical model. */
#include "encode/camera/backend.h"
#include "encode/camera/fields.h"

#include <math.h>

static int open_model(const nenc_camera_config *config, void **state, nenc_failure *failure)
{
    const nenc_model_config model = nenc_camera_model_config(config);
    *state = nenc_model_create(&model);
    return *state
               ? NENC_OK
               : nenc_fail(failure, NENC_EINVAL, "model: a field of nenc_model_config is out of its range, or memory is short");
}

static int shoot(void *state, int64_t now_ns, double encode_bps, double fps, uint32_t rung, double qp, nenc_shot *shot,
                 nenc_failure *failure)
{
    nenc_model_frame frame;
    const int status = nenc_model_encode(state, now_ns, encode_bps, fps, rung, qp, &frame);
    if (status != NENC_OK || frame.bytes > UINT32_MAX)
        return nenc_fail(failure, status != NENC_OK ? status : NENC_ERANGE,
                         "model: a frame of %g bit/s at %g frames/s is too large", encode_bps, fps);
    *shot = (nenc_shot){
        .bytes = (uint32_t)frame.bytes,
        .key = frame.key,
        .software = frame.software,
        .rung = frame.rung,
        .qp = frame.qp,
        .psnr = NAN,
        .ssim = NAN,
        .encode_ns = frame.encode_ns,
        .interval_ns = frame.interval_ns,
    };
    return NENC_OK;
}

static void request_key(void *state) { nenc_model_request_key(state); }
static void set_resolution(void *state, uint32_t lines) { nenc_model_set_resolution(state, lines); }

static int set_fault(void *state, uint32_t fault, int on, nenc_failure *failure)
{
    return nenc_model_set_fault(state, fault, on);
}

static void close_model(void *state) { nenc_model_destroy(state); }

const nenc_camera_backend nenc_camera_model = {
    .open = open_model,
    .shoot = shoot,
    .request_key = request_key,
    .set_resolution = set_resolution,
    .set_fault = set_fault,
    .close = close_model,
};
