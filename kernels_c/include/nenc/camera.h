/* camera.h - produces the next frame of a flow: from the model, from x264, from hardware with software as its fallback, or as
 * padding.
 *
 *   source (pattern, file, callback) -> picture -> nenc_failover -> access unit --.
 *   model, null ------------------------------------------------> padding --------+-> shot
 *
 * The same camera serves runs on the virtual network, live runs and `nenc send`. The caller passes the time of each capture.
 * Pictures are chosen by time and not by count, so that motion keeps its pace when frames are dropped.
 *
 * Everything that a user may configure is listed in one table, nenc_camera_field_at(): the defaults, the checks, the options of
 * `nenc send` and the encoder keys of a scenario come from it.
 *
 * Units: bit/s, int64 nanoseconds, lines, QP 0..51. Errors: functions return 0 or a negative nenc_status or nenc_encode_status,
 * and nenc_camera_failure() explains the last failure. Threads: an object belongs to one thread at a time.
 */
#ifndef NENC_CAMERA_H
#define NENC_CAMERA_H

#include "nenc/failover.h"
#include "nenc/model.h"
#include "nenc/source.h"

#if !defined(NENC_CFFI) && defined(__cplusplus)
extern "C" {
#endif

/* ---- kinds ------------------------------------------------------------------------------------------------------ */

/* Groups of camera kinds; also bits, which tell the groups to which a field applies. */
typedef enum nenc_camera_group {
    NENC_CAMERA_MODEL = 1, /* frame sizes and times from the statistical model, without pictures */
    NENC_CAMERA_NULL = 2,  /* frames of exactly rate / 8 / fps bytes */
    NENC_CAMERA_REAL = 4,  /* a real encoder: it needs pictures and makes access units */
    NENC_CAMERA_ANY = 7,
} nenc_camera_group;

/* Kind `number`, counted from 0: model, null, the real encoders of encode.h's table, and `auto`, which takes the first hardware
 * that opens (NVENC, then each render node), else software. NULL after the last. */
NENC_API const char *nenc_camera_kind_at(size_t number);
/* The nenc_camera_group of a kind; 0 when the kind is unknown. */
NENC_API uint32_t nenc_camera_group_of(const char *kind);

/* ---- configuration ---------------------------------------------------------------------------------------------- */

typedef enum nenc_latency { NENC_LATENCY_FIXED = 0, NENC_LATENCY_MEASURED = 1 } nenc_latency;

/* Strings are copied when the camera is opened. NULL means the same as "". */
typedef struct nenc_camera_config {
    /* Set by the program that opens the camera; these are not in the table. */
    uint32_t size;         /* sizeof(nenc_camera_config), set by nenc_camera_config_default */
    uint32_t virtual_time; /* 1: the caller's clock waits for each frame; 0: it runs on, as in a live run */
    const char *kind;      /* a name from nenc_camera_kind_at */
    const char *host;      /* path of the program nenc_encoder_host; "": see nenc_failover_config */
    const char *modules;   /* folder of the encoder modules, for the whole process; "": see nenc_encoder_modules */
    nenc_source *source;   /* pictures to encode instead of `file` or the pattern; the caller closes it after the camera */
    int64_t start_ns;      /* capture time of picture 0 */
    uint64_t seed;         /* seeds the pattern, and the model's random numbers */
    uint64_t stream;       /* the model draws from this random stream and the next */
    double rate_bps;       /* initial target rate */
    /* Fields of the table, which documents them. */
    uint32_t lines;
    uint32_t follow_rung;
    double fps;
    int64_t encode_ns;
    int64_t software_ns;
    int64_t watchdog_ns;
    int64_t key_interval_ns;
    nenc_model_config model; /* only the fields that the table lists; the camera fills in the others */
    uint32_t codec;          /* nenc_codec */
    uint32_t rate_mode;      /* nenc_rate_mode */
    uint32_t entry;          /* nenc_entry */
    uint32_t threads;
    uint32_t latency; /* nenc_latency */
    uint32_t isolate;
    uint32_t quality;
    uint32_t qp_min;
    uint32_t qp_max;
    uint32_t qp_initial;
    int64_t vbv_ns;
    const char *preset;
    const char *device;
    const char *file;
    uint32_t width;
    uint32_t height;
    double complexity;
    int64_t cut_ns;
} nenc_camera_config;

typedef enum nenc_field_kind {
    NENC_FIELD_FLAG = 0,   /* uint32_t: 0 or 1 */
    NENC_FIELD_CHOICE = 1, /* uint32_t: the index of the word in `words` */
    NENC_FIELD_WHOLE = 2,  /* uint32_t */
    NENC_FIELD_NUMBER = 3, /* double */
    NENC_FIELD_RATIO = 4,  /* double */
    NENC_FIELD_RATE = 5,   /* double, bit/s */
    NENC_FIELD_TIME = 6,   /* int64_t, ns */
    NENC_FIELD_TEXT = 7,   /* const char *; `low` and `high` bound its length */
} nenc_field_kind;

/* One entry of the table. Numbers are doubles whatever the field's own type is. */
typedef struct nenc_camera_field {
    const char *name;   /* name of the field in nenc_camera_config, without "model." */
    const char *key;    /* key under `encoder` in a scenario, with dots between groups ("qp.min"); "": none */
    const char *option; /* option of `nenc send`, without dashes; "": none (fields of the model are set with --model) */
    const char *unit;   /* unit; "" for none */
    const char *words;  /* CHOICE: the words, "cbr|vbr"; TEXT: the placeholder in the usage, "FILE"; else "" */
    const char *help;   /* one sentence for users */
    const char *reason; /* reason for the default and the range */
    double value;       /* default; for a TEXT it is "" */
    double low;         /* smallest legal value ... */
    double high;        /* ... and largest; 2^62 (NENC_FIELD_UNBOUNDED) is no bound */
    size_t offset;      /* offset in nenc_camera_config */
    uint32_t kind;      /* nenc_field_kind */
    uint32_t groups;    /* bits of nenc_camera_group: the cameras to which it applies */
    uint32_t optional;  /* 1: may be left out; its default is then legal even outside low..high, and may mean "none" */
    int32_t flag;       /* -1: the option takes a value; otherwise it is a flag that sets the field to this */
} nenc_camera_field;

#define NENC_FIELD_UNBOUNDED 4611686018427387904.0

/* Returns field `number`, counted from 0; NULL after the last. Static, not to be freed. */
NENC_API const nenc_camera_field *nenc_camera_field_at(size_t number);

/* Sets the table's defaults: the model at 2160 lines and 60 frames/s, 2 Mbit/s, in real time. config must not be NULL. */
NENC_API void nenc_camera_config_default(nenc_camera_config *config);

/* Sets a field that is not a TEXT. Returns NENC_EINVAL when the name is unknown or the value is out of range: text (size bytes;
 * may be NULL with 0) then names field, value and range in one line, and the configuration is unchanged. */
NENC_API int nenc_camera_set(nenc_camera_config *config, const char *name, double value, char *text, size_t size);
/* Likewise for a TEXT, whose pointer is kept, and for a CHOICE given by its word. */
NENC_API int nenc_camera_set_text(nenc_camera_config *config, const char *name, const char *value, char *text, size_t size);

/* NENC_EINVAL when a field is out of its range or inconsistent with another one; text explains. nenc_camera_open checks this
 * too. */
NENC_API int nenc_camera_config_check(const nenc_camera_config *config, char *text, size_t size);

/* Pixels per row of a generated picture with that many lines: 16:9, even. */
NENC_API uint32_t nenc_camera_width(uint32_t lines);

/* ---- the camera ------------------------------------------------------------------------------------------------- */

typedef struct nenc_camera nenc_camera;

typedef struct nenc_shot {
    const uint8_t *data; /* one access unit, valid until the next call with this camera; NULL: `bytes` bytes of padding */
    uint32_t bytes;      /* > 0 */
    uint32_t key;
    uint32_t software; /* 1: software replaced the hardware, or x264 had to be reopened after a failure; 0: the requested kind */
    uint32_t rung; /* lines */
    uint32_t events; /* number of events that wait for nenc_camera_event_take */
    int32_t failed; /* the hardware's status if it failed at this picture, else 0 */
    double qp; /* NaN: unknown */
    double psnr; /* dB; NaN: not measured */
    double ssim;
    int64_t encode_ns; /* from capture to ready: the configured time (model; real encoders in virtual time with FIXED latency), or
                        * the measured encoding time, including the opening of an encoder of another size */
    int64_t render_ns; /* wall clock: rendering the picture */
    int64_t measure_ns; /* wall clock: PSNR and SSIM */
    int64_t interval_ns; /* time from this capture to the next */
} nenc_shot;

/* Something that happened to the encoder: a row of the events table. */
typedef struct nenc_camera_event {
    int64_t at_ns;
    int64_t frame; /* number of the frame, from 0; -1: not about a single frame */
    char kind[16]; /* figures show fallback, recovery and warning, but not probe, input and note */
    char text[320]; /* one line for users */
} nenc_camera_event;

/* Returns 0 and *camera; or an error, with the reason in text (size bytes). Hardware that exists but does not open is no error:
 * an event reports it, and software encodes from the first frame on. NENC_ENCODE_SOURCE: the pictures are not available. */
NENC_API int nenc_camera_open(const nenc_camera_config *config, nenc_camera **camera, char *text, size_t size);

/* Produces the frame captured at now_ns under the controller's present decision (encode_bps >= 0, fps > 0, rung > 0). Errors
 * are final. A hardware failure is no error; a software encoder that fails twice is, and so is a missing picture
 * (NENC_ENCODE_SOURCE). */
NENC_API int nenc_camera_shoot(nenc_camera *camera, int64_t now_ns, double encode_bps, double fps, uint32_t rung, double qp,
                               nenc_shot *shot);

/* Makes the next frame a key frame. */
NENC_API int nenc_camera_request_key(nenc_camera *camera);
/* Sets the lines of the source from the next frame on; a change makes a key frame. Has no effect on a file or a callback. */
NENC_API int nenc_camera_set_resolution(nenc_camera *camera, uint32_t lines);
/* Begins or ends a nenc_fault. Of the first three, the one that began last is in force. */
NENC_API int nenc_camera_set_fault(nenc_camera *camera, uint32_t fault, int on);

/* Takes the oldest event: returns 1 and *event, or 0. At most 64 wait; older ones are dropped. */
NENC_API int nenc_camera_event_take(nenc_camera *camera, nenc_camera_event *event);

/* The kind in use, after `auto` has been resolved. */
NENC_API const char *nenc_camera_kind(const nenc_camera *camera);
/* Libraries, drivers and versions in use; "" when the kind alone is enough. Valid until the next call. */
NENC_API const char *nenc_camera_describe(const nenc_camera *camera);
/* Why the last call failed, in one line. Valid until the next call. */
NENC_API const char *nenc_camera_failure(const nenc_camera *camera);

/* Accepts NULL. */
NENC_API void nenc_camera_close(nenc_camera *camera);

#if !defined(NENC_CFFI) && defined(__cplusplus)
}
#endif
#endif
