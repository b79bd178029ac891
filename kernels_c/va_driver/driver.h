/* driver.h - what the parts of the software VA-API driver share: the state of each display, its objects, its lock. */
#ifndef NENC_VA_DRIVER_H
#define NENC_VA_DRIVER_H

#include "codec.h"
#include "memory.h"
#include "objects.h"

#include <pthread.h>
#include <va/va_backend.h>

enum { PICTURE_LEAST = 16, PICTURE_LIMIT = 16384, PROFILES = 4, REFERENCES = 16 };

typedef enum strict_mode { STRICT_NONE, STRICT_IHD, STRICT_RADEONSI } strict_mode;

/* Settings from the environment, read once per display. */
typedef struct driver_options {
    strict_mode strict; /* NENC_VA_STRICT */
    codec_options codec;
} driver_options;

/* Everything that a display owns. Two displays of one process share only the code and the fault plan. */
typedef struct drv_display {
    VADriverContextP va;
    pthread_mutex_t lock; /* protects all that follows, and the objects */
    pthread_cond_t done;  /* signalled when a picture is finished */
    driver_options options;
    object_table objects;
    char vendor[96];
} drv_display;

typedef struct drv_config {
    VAProfile profile;
    VAEntrypoint entrypoint;
    uint32_t rate_control; /* one of VA_RC_ */
} drv_config;

/* Pending work on a surface or a coded buffer. */
typedef struct activity {
    unsigned pending;    /* number of pending pictures */
    VAStatus status;     /* status of the last one */
    VAContextID context; /* the context of these pictures */
} activity;

typedef struct drv_surface {
    uint32_t width, height;
    surface_memory memory;
    activity work; /* pending pictures that read it */
} drv_surface;

typedef struct drv_buffer {
    VABufferType type;
    VAContextID context; /* VA_INVALID_ID: belongs to no context */
    uint32_t size; /* size of an element */
    uint32_t elements;
    uint32_t room; /* number of elements that fit into the memory */
    unsigned mapped;
    uint8_t *data;
    surface_memory memory; /* for a derived image, the surface's memory; else empty */
    VASurfaceID derived;   /* that surface */
    /* Coded buffers only: */
    activity work; /* pending pictures that write it */
    uint32_t bytes;
    uint32_t flags; /* VA_CODED_BUF_STATUS_ */
    VACodedBufferSegment segments[2];
} drv_buffer;

/* The client's settings so far; they are copied with every picture. */
typedef struct drv_settings {
    codec_rate rate;
    uint32_t width, height; /* visible size */
    uint32_t quality;
    unsigned sequence_given : 1;
    unsigned rate_given : 1; /* set by VAEncMiscParameterTypeRateControl, not by the sequence */
    unsigned fps_given : 1;
} drv_settings;

typedef struct drv_job {
    struct drv_job *next;
    drv_surface *source;
    drv_buffer *coded;
    codec_picture picture;
    unsigned delay_ms; /* requested by a fault plan */
} drv_job;

/* The picture between vaBeginPicture and vaEndPicture. */
typedef struct drv_picture {
    VASurfaceID target; /* VA_INVALID_ID: none */
    VABufferID coded;
    VASurfaceID reconstructed;
    VASurfaceID references[REFERENCES];
    unsigned reference_count;
    int idr;
    int slice_type; /* 0 P, 1 B, 2 I */
    int qp, qp_delta;
    unsigned has_sequence : 1, has_picture : 1, has_slice : 1, has_rate : 1;
} drv_picture;

/* A surface to which the hardware that a strict mode imitates could refer. */
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
    codec_rate applied; /* was sent with the last picture */
    drv_picture picture;
    uint64_t pictures; /* number of pictures submitted */
    uint32_t sequence_width, sequence_height; /* number of the last IDR picture */
    /* Strict modes only: */
    dpb_entry dpb[REFERENCES + 1];
    unsigned dpb_count;
    codec_rate programmed; /* the rate that reached the hardware last */
    uint64_t hung; /* number of the fault plan under which it hung; 0: it did not hang */
    /* The worker: */
    pthread_t thread;
    pthread_cond_t work;
    void *codec_state;
    drv_job *first, *last;
    unsigned stopping : 1;
    uint64_t fill_bits; /* fill of the bucket that leaks at the peak rate */
} drv_context;

static inline drv_display *driver_of(VADriverContextP va) { return va->pDriverData; }

/* Sends a message to the client's message callbacks. */
__attribute__((format(printf, 2, 3))) void driver_error(VADriverContextP va, const char *format, ...);
__attribute__((format(printf, 2, 3))) void driver_info(VADriverContextP va, const char *format, ...);

#endif
