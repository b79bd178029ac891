/* encode.h - a video encoder with live rate control: each NV12 picture given returns one Annex-B access unit at once.
 *
 * An encoder object encodes one stream of one picture size. The backends are listed in a table: `null` (padding bytes instead
 * of video), `x264`, `vaapi`, `nvenc`. A backend that needs an optional library, or one under another licence, is a module of
 * its own, which is loaded when it is first opened. Every backend works without B-frames and look-ahead, so that each picture
 * yields its frame immediately. A change of size needs a new encoder (nenc_encoder_open), which begins with a key frame and its
 * parameter sets.
 *
 * Units: bit/s, int64 nanoseconds, QP 0..51, lines and pixels, unless a name says otherwise. Errors: functions return 0, or a
 * negative nenc_status or nenc_encode_status; nenc_encoder_failure() names the call that failed and what the driver or library
 * reported. After a failed nenc_encoder_encode the object can only be closed. Threads: an object belongs to one thread at a
 * time; different objects may be used from different threads.
 */
#ifndef NENC_ENCODE_H
#define NENC_ENCODE_H

#include "nenc/codecs.h"
#include "nenc/quality.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

typedef struct nenc_encoder nenc_encoder;

/* CBR: every frame fits into a leaky bucket of vbv_ms at bitrate_bps. VBR: the mean rate is bitrate_bps, hard pictures may
 * spend what easy ones have saved, and the bucket never leaks faster than peak_bps. */
typedef enum nenc_rate_mode { NENC_CBR = 0, NENC_VBR = 1 } nenc_rate_mode;

/* VA-API's entry point: EncSlice uses the shaders, EncSliceLP the fixed-function encoder. */
typedef enum nenc_entry { NENC_ENTRY_ANY = 0, NENC_ENTRY_SLICE = 1, NENC_ENTRY_LOW_POWER = 2 } nenc_entry;

/* Errors beyond those of nenc_status. */
typedef enum nenc_encode_status {
    NENC_ENCODE_MISSING = -32, /* this machine or build lacks the encoder: nenc_encoder_failure() says what to install */
    NENC_ENCODE_UNSUPPORTED = -33, /* the encoder does not support that codec, size or mode */
    NENC_ENCODE_FAILED = -34,  /* a call of the driver or the library failed */
    NENC_ENCODE_TIMEOUT = -35, /* the encoder did not answer within timeout_ns */
    NENC_ENCODE_EMPTY = -36,   /* the encoder reported success but returned no bytes, or marked them as bad */
    NENC_ENCODE_GONE = -37,    /* the encoder's process ended, or the device has gone */
    NENC_ENCODE_SOURCE = -38,  /* the pictures to encode are not available */
} nenc_encode_status;

/* These may change with every frame. */
typedef struct nenc_rate {
    uint32_t bitrate_bps;
    uint32_t peak_bps; /* VBR: >= bitrate_bps, 0 means 1.5 times it; ignored for CBR */
    uint32_t vbv_ms;   /* bucket size in milliseconds at its leak rate, 1..10000 */
    uint32_t qp_min;
    uint32_t qp_max;
    uint32_t qp_initial; /* ignored by some drivers */
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
    uint32_t threads;     /* threads of a software encoder; with 1 the output is deterministic */
    uint32_t reconstruct; /* 1: fill nenc_coded.reconstruction where the backend can */
    uint32_t window_ms;   /* VAEncMiscParameterRateControl.window_size */
    uint32_t reserved;
    int64_t timeout_ns;   /* a frame that takes longer counts as failed, where the backend can detect it; at most an hour */
    nenc_rate rate;
    char preset[32];  /* x264's names, which NVENC maps to its own and VA-API ignores; empty: the default */
    char device[256]; /* VA-API: /dev/dri/renderD128, or driver:NAME without a device; NVENC: 0, 1, ...; empty: the first */
} nenc_encoder_config;

/* A picture and where its memory is. Pictures from a pool can be passed on without a copy. */
typedef struct nenc_frame {
    nenc_picture picture; /* NV12 of the encoder's size; read only during the call */
    int64_t pts_ns; /* capture time: returned with the frame, no influence on the stream */
    int32_t fd; /* memory object that holds the picture, or -1 */
    uint32_t buffer; /* number of that object in its pool, from 1; 0: not from a pool */
    uint64_t modifier; /* DRM format modifier, 0: linear */
    uint32_t offset[2]; /* offset of each plane in the object */
} nenc_frame;

typedef enum nenc_input_path { NENC_INPUT_COPY = 0, NENC_INPUT_ZERO_COPY = 1 } nenc_input_path;

typedef struct nenc_coded {
    uint64_t number; /* number of the picture since the encoder was opened, from 0 */
    int64_t pts_ns;
    const uint8_t *data; /* one access unit; valid until the next call with this object */
    uint32_t bytes;
    uint32_t key; /* 1: IDR, with its parameter sets */
    float qp; /* mean over the picture; NaN when the backend does not report it */
    uint32_t input; /* nenc_input_path that was used */
    int64_t encode_ns; /* wall-clock duration of the call */
    nenc_picture reconstruction; /* plane[0] is NULL when there is none; valid as long as data */
} nenc_coded;

/* A row of the table of codecs. */
typedef struct nenc_codec_info {
    const char *name;     /* "h264" */
    const char *endings;  /* file extensions, "264|h264"; files that are written get the first */
    const char *software; /* the encoder that takes over when hardware fails */
    const char *device;   /* the device to open that encoder with; "": none */
} nenc_codec_info;

/* Returns row `number` (nenc_codec) of the table; NULL after the last one. Static, not to be freed. */
NENC_API const nenc_codec_info *nenc_codec_at(size_t number);

/* A row of the table of backends. */
typedef struct nenc_encoder_info {
    const char *name; /* "x264" */
    const char *library; /* what it needs on this machine; "": nothing */
    const char *description; /* one sentence for users */
} nenc_encoder_info;

/* Returns row `number` of the table, from 0; NULL after the last one. Static, not to be freed. */
NENC_API const nenc_encoder_info *nenc_encoder_at(size_t number);

/* Sets the defaults: H.264 CBR, 1280x720 at 30 frames/s, 2 Mbit/s with a bucket of 250 ms, one thread, a time-out of 1 s, and
 * the original program's QP (initially 25, 18 to 51) and window of 1000 ms (see nenc.h). Never fails; config must not be
 * NULL. */
NENC_API void nenc_encoder_config_default(nenc_encoder_config *config);

/* Sets the folder in which modules are looked for first; the folder named by the environment variable NENC_MODULES and the one
 * of this library follow. The path is copied; NULL unsets it. Modules already loaded stay. Do not call this while another
 * thread opens an encoder. */
NENC_API int nenc_encoder_modules(const char *folder);

/* Opens an encoder by its name in the table. Returns 0 and *encoder, to be closed with nenc_encoder_close; or an error, with
 * *encoder NULL and the reason in one line in text (size bytes; may be NULL with 0). */
NENC_API int nenc_encoder_open(const char *name, const nenc_encoder_config *config, nenc_encoder **encoder, char *text,
                               size_t size);

/* Takes effect with the next picture. Setting the same rate again costs nothing, so this may be called before every picture.
 * New QP limits may turn that picture, or the one after a key frame, into a key frame, because x264 has to be reopened.
 * NENC_EINVAL: bitrate 0 or over 1 Gbit/s, qp_min > qp_max or over 51, vbv_ms or peak out of range. */
NENC_API int nenc_encoder_set_rate(nenc_encoder *encoder, const nenc_rate *rate);

/* Takes effect with the next picture, which may become a key frame because the backend has to be reopened. */
NENC_API int nenc_encoder_set_fps(nenc_encoder *encoder, uint32_t num, uint32_t den);

/* Makes the next picture a key frame. */
NENC_API int nenc_encoder_request_key(nenc_encoder *encoder);

/* Encodes a picture. Returns 0 and *coded, or an error and a zeroed *coded. */
NENC_API int nenc_encoder_encode(nenc_encoder *encoder, const nenc_frame *frame, nenc_coded *coded);

/* Makes the encoder fail on purpose, where its driver supports it (this project's own VA-API driver does; va_driver/faults.h
 * documents the plan's words); "" ends the faults. NENC_ENCODE_UNSUPPORTED: the encoder cannot. */
NENC_API int nenc_encoder_fault(nenc_encoder *encoder, const char *plan);

/* Waits until the device has finished all work in progress; call it before a close that must not disturb other users of the
 * device. */
NENC_API int nenc_encoder_drain(nenc_encoder *encoder);

/* What is in use, such as "x264 core 164" or "Intel iHD driver ... H264Main EncSlice CBR". Valid until close. */
NENC_API const char *nenc_encoder_describe(const nenc_encoder *encoder);

/* The device in use in the notation of nenc_encoder_config.device, for opening the same one again. "" where there is none.
 * Valid until close. */
NENC_API const char *nenc_encoder_device(const nenc_encoder *encoder);

/* The last failure in one line, such as "vaEndPicture: HW_BUSY (0x22)"; "" when there was none. Valid until the next call. */
NENC_API const char *nenc_encoder_failure(const nenc_encoder *encoder);

/* Accepts NULL, and may be called after a failure. */
NENC_API void nenc_encoder_close(nenc_encoder *encoder);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
