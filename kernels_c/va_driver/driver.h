/* driver.h - what the parts of the software VA-API driver share: one state per display, its objects, its lock. */
#ifndef NENC_VA_DRIVER_H
#define NENC_VA_DRIVER_H

#include "codec.h"
#include "memory.h"
#include "objects.h"

#include <pthread.h>
#include <va/va_backend.h>

enum { PICTURE_LEAST = 16, PICTURE_LIMIT = 16384, PROFILES = 4, REFERENCES = 16 };

typedef enum strict_mode { STRICT_NONE, STRICT_IHD, STRICT_RADEONSI } strict_mode;

/* From the environment, once per display. */
typedef struct driver_options {
    strict_mode strict; /* NENC_VA_STRICT */
    codec_options codec;
} driver_options;

/* Everything a display owns hangs here: two displays of one process share nothing but the code (and the fault plan). */
typedef struct drv_display {
    VADriverContextP va;
    pthread_mutex_t lock; /* of all that follows, and of the objects */
    pthread_cond_t done;  /* a picture is finished */
    driver_options options;
    object_table objects;
    char vendor[96];
} drv_display;

typedef struct drv_config {
    VAProfile profile;
    VAEntrypoint entrypoint;
    uint32_t rate_control; /* one of VA_RC_ */
} drv_config;

/* What is under way with a surface or a coded buffer. */
typedef struct activity {
    unsigned pending;    /* pictures */
    VAStatus status;     /* of the last one */
    VAContextID context; /* whose pictures they are */
} activity;

typedef struct drv_surface {
    uint32_t width, height;
    surface_memory memory;
    activity work; /* reads it */
} drv_surface;

typedef struct drv_buffer {
    VABufferType type;
    VAContextID context; /* VA_INVALID_ID: of no context */
    uint32_t size; /* of an element */
    uint32_t elements;
    uint32_t room; /* elements there is memory for */
    unsigned mapped;
    uint8_t *data;
    surface_memory memory; /* of a derived image: the surface's, else empty */
    VASurfaceID derived;   /* that surface */
    /* Coded buffers: */
    activity work; /* writes it */
    uint32_t bytes;
    uint32_t flags; /* VA_CODED_BUF_STATUS_ */
    VACodedBufferSegment segments[2];
} drv_buffer;

/* What the client has set so far; goes with every picture. */
typedef struct drv_settings {
    codec_rate rate;
    uint32_t width, height; /* visible */
    uint32_t quality;
    unsigned sequence_given : 1;
    unsigned rate_given : 1; /* by VAEncMiscParameterTypeRateControl, not by the sequence */
    unsigned fps_given : 1;
} drv_settings;

typedef struct drv_job {
    struct drv_job *next;
    drv_surface *source;
    drv_buffer *coded;
    codec_picture picture;
    unsigned delay_ms; /* asked for by a fault plan */
} drv_job;

/* The picture between vaBeginPicture and vaEndPicture. */
typedef struct drv_picture {
    VASurfaceID target; /* VA_INVALID_ID: there is none */
    VABufferID coded;
    VASurfaceID reconstructed;
    VASurfaceID references[REFERENCES];
    unsigned reference_count;
    int idr;
    int slice_type; /* 0 P, 1 B, 2 I */
    int qp, qp_delta;
    unsigned has_sequence : 1, has_picture : 1, has_slice : 1, has_rate : 1;
} drv_picture;

/* A surface that a strict mode's hardware could refer to. */
typedef struct dpb_entry {
    VASurfaceID id;
    int evict; /* the last picture did not refer to it */
} dpb_entry;

struct syntax;

typedef struct drv_context {
    drv_display *driver;
    VAContextID id;
    drv_config config;
    const struct syntax *syntax;
    const struct strict_rules *rules; /* NULL: none */
    const codec *codec;
    drv_settings settings;
    codec_rate applied; /* went with the last picture */
    drv_picture picture;
    uint64_t pictures; /* submitted */
    uint32_t sequence_width, sequence_height; /* of the last IDR */
    /* Strict modes: */
    dpb_entry dpb[REFERENCES + 1];
    unsigned dpb_count;
    codec_rate programmed; /* what reached the hardware last */
    uint64_t hung; /* the fault plan under which it hung, 0: it did not */
    /* The worker: */
    pthread_t thread;
    pthread_cond_t work;
    void *codec_state;
    drv_job *first, *last;
    unsigned stopping : 1;
    uint64_t fill_bits; /* of the bucket that leaks at the peak rate */
} drv_context;

static inline drv_display *driver_of(VADriverContextP va) { return va->pDriverData; }

/* To the client's message callbacks. */
__attribute__((format(printf, 2, 3))) void driver_error(VADriverContextP va, const char *format, ...);
__attribute__((format(printf, 2, 3))) void driver_info(VADriverContextP va, const char *format, ...);

#endif
