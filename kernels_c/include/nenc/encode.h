/* encode.h - a video encoder with live rate control: NV12 pictures in, one Annex-B access unit out per picture, at once.
 *
 * One object is one stream of one size. Backends stand in a table: `null` (bytes, no video), `x264`, `vaapi`, `nvenc`. What
 * needs a library that may be missing, or one under another licence, lives in a module of its own and is loaded on open.
 * Every backend works without B-frames and look-ahead: a picture given is a frame returned. Another size is another object
 * (nenc_encoder_open), which begins with a key frame and its parameter sets.
 *
 * Units: bit/s, int64 nanoseconds, QP 0..51, lines and pixels, unless a name says otherwise.
 * Errors: functions return 0 or a negative number, nenc_status or nenc_encode_status; the failure's own words, with the call
 * that failed and what it said, are in nenc_encoder_failure(). After a failure of encode the object can only be closed.
 * Threads: an object belongs to one thread at a time; different objects may be used from different threads.
 */
#ifndef NENC_ENCODE_H
#define NENC_ENCODE_H

#include "nenc/codecs.h"
#include "nenc/quality.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef struct nenc_encoder nenc_encoder;

/* CBR: a leaky bucket of vbv_ms at bitrate_bps holds every frame. VBR: the mean is bitrate_bps, what easy pictures leave over
 * hard ones may spend, and the bucket never leaks faster than peak_bps. */
typedef enum nenc_rate_mode { NENC_CBR = 0, NENC_VBR = 1 } nenc_rate_mode;

/* VA-API's entry point: the shaders' (EncSlice) or the fixed function's (EncSliceLP). */
typedef enum nenc_entry { NENC_ENTRY_ANY = 0, NENC_ENTRY_SLICE = 1, NENC_ENTRY_LOW_POWER = 2 } nenc_entry;

/* Beside nenc_status. */
typedef enum nenc_encode_status {
    NENC_ENCODE_MISSING = -32, /* this machine or build has no such encoder: failure() says what to install */
    NENC_ENCODE_UNSUPPORTED = -33, /* the encoder cannot do that (codec, size, mode) */
    NENC_ENCODE_FAILED = -34,  /* a call of the driver or the library failed */
    NENC_ENCODE_TIMEOUT = -35, /* it did not answer within timeout_ns */
    NENC_ENCODE_EMPTY = -36,   /* it said done and gave no bytes, or marked them bad */
    NENC_ENCODE_GONE = -37,    /* its process ended, or the device is no more */
    NENC_ENCODE_SOURCE = -38,  /* the pictures to encode cannot be had */
} nenc_encode_status;

/* May change with every frame. */
typedef struct nenc_rate {
    uint32_t bitrate_bps;
    uint32_t peak_bps; /* VBR: >= bitrate_bps, 0: 1.5 times it; CBR: not read */
    uint32_t vbv_ms;   /* size of the bucket, at the rate it leaks with; 1..10000 */
    uint32_t qp_min;
    uint32_t qp_max;
    uint32_t qp_initial; /* not every driver reads it */
} nenc_rate;

typedef struct nenc_encoder_config {
    uint32_t size;      /* sizeof(nenc_encoder_config), set by nenc_encoder_config_default */
    uint32_t codec;     /* nenc_codec */
    uint32_t rate_mode; /* nenc_rate_mode */
    uint32_t entry;     /* nenc_entry */
    uint32_t width;     /* even, 16..16384 */
    uint32_t height;    /* even, 16..16384 */
    uint32_t fps_num;   /* frames per second */
    uint32_t fps_den;
    uint32_t threads;     /* of a software encoder; 1: the same bytes every time */
    uint32_t reconstruct; /* 1: nenc_coded.reconstruction is filled where the backend can */
    uint32_t window_ms;   /* VAEncMiscParameterRateControl.window_size */
    uint32_t reserved;
    int64_t timeout_ns;   /* a frame that takes longer has failed, where the backend can tell; at most an hour */
    nenc_rate rate;
    char preset[32];  /* x264's names, which NVENC maps to its own and VA-API does not read; empty: the default */
    char
        device[256]; /* VA-API: /dev/dri/renderD128, or driver:NAME (a driver without a device); NVENC: 0, 1, ...; empty: first */
} nenc_encoder_config;

/* Where a picture is. Pictures from a pool can be handed over without a copy. */
typedef struct nenc_frame {
    nenc_picture picture; /* NV12 of the encoder's size; only read, and only during the call */
    int64_t pts_ns; /* capture time: of no influence on the stream, comes back with the frame */
    int32_t fd; /* memory object that holds the picture, or -1 */
    uint32_t buffer; /* number of that object in its pool, from 1; 0: in no pool */
    uint64_t modifier; /* DRM format modifier, 0: linear */
    uint32_t offset[2]; /* of the planes in the object */
} nenc_frame;

typedef enum nenc_input_path { NENC_INPUT_COPY = 0, NENC_INPUT_ZERO_COPY = 1 } nenc_input_path;

typedef struct nenc_coded {
    uint64_t number; /* of the picture since open, from 0 */
    int64_t pts_ns;
    const uint8_t *data; /* one access unit; valid until the next call with this object */
    uint32_t bytes;
    uint32_t key; /* 1: IDR, with its parameter sets */
    float qp; /* mean of the picture; NaN when the backend does not say */
    uint32_t input; /* nenc_input_path that was taken */
    int64_t encode_ns; /* what the call took, by the wall clock */
    nenc_picture reconstruction; /* plane[0] NULL: there is none; valid as long as data */
} nenc_coded;

/* One line of the table of codecs. */
typedef struct nenc_codec_info {
    const char *name;     /* "h264" */
    const char *endings;  /* of its files, without the dot: "264|h264"; files that are written have the first */
    const char *software; /* the encoder that takes over from hardware */
    const char *device;   /* the device that encoder is opened with, "": none */
} nenc_codec_info;

/* The codec of a number (nenc_codec); NULL when there is none. Static, not to be freed. */
NENC_API const nenc_codec_info *nenc_codec_at(size_t number);

/* One line of the table of encoders. */
typedef struct nenc_encoder_info {
    const char *name; /* "x264" */
    const char *library; /* what it needs on this machine, "" : nothing */
    const char *description; /* a line for people */
} nenc_encoder_info;

/* Line `number` of the table, from 0; NULL behind its end. Static, not to be freed. */
NENC_API const nenc_encoder_info *nenc_encoder_at(size_t number);

/* H.264 CBR, 1280x720 at 30 frames/s, 2 Mbit/s with a bucket of 250 ms, the origin's QP 25, 18 to 51 and window of 1000 ms,
 * one thread, a second of patience. Never fails; config must not be NULL. */
NENC_API void nenc_encoder_config_default(nenc_encoder_config *config);

/* Where modules are looked for: here first (a copy is kept, NULL: nowhere), then in the folder that the environment's NENC_MODULES
 * names, then beside this library. A module that was loaded stays. Not while another thread opens an encoder. */
NENC_API int nenc_encoder_modules(const char *folder);

/* An encoder by its name in the table. 0 and *encoder, to be closed with nenc_encoder_close; or an error, *encoder NULL, and
 * in text (size bytes, may be NULL with 0) why, in one line. */
NENC_API int nenc_encoder_open(const char *name, const nenc_encoder_config *config, nenc_encoder **encoder, char *text,
                               size_t size);

/* From the next picture on. The same rate again costs nothing: may be called before every picture. Other limits of the
 * quantiser may make that picture, or the one behind a key frame, a key frame (x264 opens anew).
 * NENC_EINVAL: bitrate 0 or over 1 Gbit/s, qp_min > qp_max or over 51, vbv_ms or peak out of their range. */
NENC_API int nenc_encoder_set_rate(nenc_encoder *encoder, const nenc_rate *rate);

/* From the next picture on; may make it a key frame (the backend opens anew). */
NENC_API int nenc_encoder_set_fps(nenc_encoder *encoder, uint32_t num, uint32_t den);

/* The next picture becomes a key frame. */
NENC_API int nenc_encoder_request_key(nenc_encoder *encoder);

/* Encodes a picture. 0 and *coded, or an error and *coded all zero. */
NENC_API int nenc_encoder_encode(nenc_encoder *encoder, const nenc_frame *frame, nenc_coded *coded);

/* Makes the encoder fail on purpose, where its driver can be told to (this project's own VA-API driver: va_driver/faults.h has
 * the words of a plan); "" ends that. NENC_ENCODE_UNSUPPORTED: it cannot. */
NENC_API int nenc_encoder_fault(nenc_encoder *encoder, const char *plan);

/* Waits until nothing is under way any more: before a close that must not disturb others on the device. */
NENC_API int nenc_encoder_drain(nenc_encoder *encoder);

/* What is in use: "x264 core 164", "Intel iHD driver ... H264Main EncSlice CBR". Valid until close. */
NENC_API const char *nenc_encoder_describe(const nenc_encoder *encoder);

/* The device in use, as nenc_encoder_config names it: to open the same again. "" where there is none. Valid until close. */
NENC_API const char *nenc_encoder_device(const nenc_encoder *encoder);

/* The last failure in one line, "vaEndPicture: HW_BUSY (0x22)"; "" when there was none. Valid until the next call. */
NENC_API const char *nenc_encoder_failure(const nenc_encoder *encoder);

/* Also of NULL, and after a failure. */
NENC_API void nenc_encoder_close(nenc_encoder *encoder);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
