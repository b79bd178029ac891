/* camera.h - the next frame of a flow in real time, whatever makes it: the model, x264, hardware with x264 behind it, or nothing.
 *
 *   source (pattern, file) -> picture -> nenc_failover -> access unit --.
 *   model, null ----------------------------------------> padding ------+-> shot
 *
 * Time is the caller's clock (CLOCK_MONOTONIC less the start of the run); what encoding takes is measured, not slept. Pictures
 * are filmed by time and not by count: what moves goes on at its pace when frames are shed.
 * Units: bit/s, int64 nanoseconds, lines, QP 0..51. Errors: 0 or a negative nenc_status or nenc_encode_status, with words in
 * nenc_camera_failure(). Threads: an object belongs to one thread at a time.
 */
#ifndef NENC_LIVE_CAMERA_H
#define NENC_LIVE_CAMERA_H

#include "nenc/failover.h"
#include "nenc/model.h"

typedef struct nenc_camera nenc_camera;

/* What nenc_lab/encode/settings.py has. Strings are not kept; NULL is the same as "". */
typedef struct nenc_camera_config {
    const char *kind; /* model, null, x264, vaapi, nvenc; auto: hardware that opens (nvenc, then render nodes), else software */
    /* Of every kind. */
    uint32_t lines; /* of the source, even; width is 16:9. Not of a file */
    uint32_t follow_rung; /* 1: follow the controller's rung and frame rate below lines and fps; 0: keep to these */
    double fps; /* of the source */
    double rate_bps; /* to begin with */
    int64_t key_interval_ns; /* a key frame at least this often; 0: only on demand */
    int64_t watchdog_ns; /* a picture that takes longer has failed */
    int64_t start_ns; /* of the flow: picture 0 is filmed then */
    uint64_t seed; /* of the pattern, and of the model's chance */
    uint64_t stream; /* of the model: this one and the next */
    nenc_model_config model; /* of the model; the fields above stand in place of those of the same name in it */
    /* Of real encoders. */
    uint32_t codec; /* nenc_codec */
    uint32_t rate_mode; /* nenc_rate_mode */
    uint32_t entry; /* nenc_entry */
    uint32_t threads; /* of a software encoder */
    uint32_t isolate; /* 1: hardware in a process of its own */
    uint32_t quality; /* 1: PSNR and SSIM of each frame, where the kind shows its pictures (x264) */
    uint32_t qp_min;
    uint32_t qp_max;
    uint32_t qp_initial;
    int64_t vbv_ns;
    const char *preset;
    const char *device;
    const char *host; /* the program nenc_encoder_host; "": as nenc_failover_config */
    const char *modules; /* folder of the encoders' modules, for the whole process; "": as nenc_encoder_modules was told */
    /* What is filmed: a file, or a pattern. */
    const char *file; /* Y4M, or raw NV12 of width x height; its size stays, whatever the rung */
    uint32_t width; /* of raw NV12 */
    uint32_t height;
    double complexity; /* of the pattern, nenc_pattern */
    int64_t cut_ns; /* from cut to cut; 0: no cut */
} nenc_camera_config;

typedef struct nenc_shot {
    const uint8_t *data; /* one access unit, valid until the next call with this camera; NULL: `bytes` of anything */
    uint32_t bytes; /* > 0 */
    uint32_t key;
    uint32_t software; /* 1: in place of the hardware, or x264 in its own place (after a failure); 0: the kind asked for */
    uint32_t rung; /* lines */
    float qp; /* NaN: not known */
    float psnr; /* dB; NaN: not measured */
    float ssim;
    int32_t failed; /* status of the hardware when it failed at this picture, else 0 */
    int64_t encode_ns; /* model: ready this long after the capture; real encoders: what it took, opening another size included */
    int64_t render_ns; /* what making the picture took, before encoding */
    int64_t measure_ns; /* what PSNR and SSIM took, after it */
    int64_t interval_ns; /* from this capture to the next */
} nenc_shot;

/* Something the encoder went through: a row of the events table. */
typedef struct nenc_camera_event {
    int64_t at_ns;
    uint64_t frame; /* number of the frame, from 0 */
    char kind[16]; /* fallback, recovery, warning: shown in figures; probe, input, note */
    char text[320]; /* a line for people */
} nenc_camera_event;

/* The model at 2160 lines and 60 frames/s, 2 Mbit/s, follow_rung, 100 ms of watchdog; H.264 CBR, 250 ms of bucket, QP 18 to 51,
 * one thread, isolated; a pattern of complexity 0.5. config must not be NULL. */
void nenc_camera_config_default(nenc_camera_config *config);

/* 0 and *camera; or an error and why in text (size bytes). Hardware that exists and does not open is an event and software from
 * the first frame on, as with nenc_failover_open. */
int nenc_camera_open(const nenc_camera_config *config, nenc_camera **camera, char *text, size_t size);

/* The frame captured at now_ns under the controller's present decision (encode_bps >= 0, fps > 0). An error is final: hardware
 * that fails is not one, a fallback that fails twice is, and so is a file that has changed. */
int nenc_camera_shoot(nenc_camera *camera, int64_t now_ns, double encode_bps, double fps, uint32_t rung, double qp,
                      nenc_shot *shot);

/* The next frame is a key frame. */
int nenc_camera_request_key(nenc_camera *camera);
/* The source's lines from the next frame on; a change makes a key frame. Without effect on a file. */
int nenc_camera_set_resolution(nenc_camera *camera, uint32_t lines);
/* A nenc_fault begins or ends. Of the first three the last to begin counts. */
int nenc_camera_set_fault(nenc_camera *camera, uint32_t fault, int on);

/* The oldest event not yet taken: 1 and *event, or 0. */
int nenc_camera_event_take(nenc_camera *camera, nenc_camera_event *event);

/* The kind in use: what `auto` became. */
const char *nenc_camera_kind(const nenc_camera *camera);
/* What it is: libraries, drivers, versions; "" when the kind says it all. Valid until the next call. */
const char *nenc_camera_describe(const nenc_camera *camera);
/* Why the last call failed, in a line. Valid until the next call. */
const char *nenc_camera_failure(const nenc_camera *camera);

/* Also of NULL. */
void nenc_camera_close(nenc_camera *camera);

#endif
