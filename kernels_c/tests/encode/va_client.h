/* va_client.h - a small client of libva for the checks of the driver: what it sends, and in which order, is the check's to say. */
#ifndef NENC_TESTS_VA_CLIENT_H
#define NENC_TESTS_VA_CLIENT_H

#define CHECK_FAILURES_SHARED
#include "../core/check.h"

#include <va/va.h>
#include <va/va_drmcommon.h>
#include <va/va_enc_h264.h>
#include <va/va_enc_hevc.h>

enum { CLIENT_SURFACES = 3 };

/* A display without X and without a device, as libva's own are made; messages go to display_message. */
VADisplay display_open(VAStatus *status);
extern char display_message[1024]; /* since it was emptied */

typedef struct va_knobs {
    uint32_t seq_bps, seq_fps; /* seq_fps 0: no timing in the sequence */
    uint32_t bps, percentage, qp_min, qp_max, qp_initial;
    uint32_t vbv, fullness;
    uint32_t fps_num, fps_den;
    uint32_t quality;
    int qp;
} va_knobs;

typedef struct va_coded {
    uint32_t bytes;
    uint32_t status; /* of the last segment */
    unsigned segments;
    int key; /* there is an IDR in it, with its parameter sets */
} va_coded;

typedef struct va_client {
    VADisplay display;
    VAProfile profile;
    VAConfigID config;
    VAContextID context;
    VASurfaceID input[CLIENT_SURFACES], reconstructed[2];
    VABufferID coded_buffer;
    uint32_t width, height;
    va_knobs knobs;
    uint64_t count;
    VASurfaceID reference; /* what the next P-picture names, the last reconstructed one unless a check changes it */
    VASurfaceID spare; /* what unused entries of a reference list hold */
    uint64_t timeout_ns;
    const char *failed; /* the call that failed last */
    uint8_t *stream; /* everything so far */
    size_t bytes, room;
} va_client;

/* 2 Mbit/s at 30 frames/s with a bucket of 500 ms. */
extern const va_knobs knobs_usual;

/* SUCCESS, or what failed, with all that was made given back. */
VAStatus client_open(va_client *self, VADisplay display, VAProfile profile, VAEntrypoint entrypoint, uint32_t rate_control,
                     uint32_t width, uint32_t height);
/* Draws picture number into a surface by a derived image; moving, textured, noisy: no encoder gets it cheap. */
VAStatus client_draw(va_client *self, VASurfaceID surface, uint64_t number);
void picture_draw(uint8_t *luma, uint8_t *chroma, uint32_t width, uint32_t height, uint32_t pitch, uint64_t number);
/* Begins, renders and ends a picture with the parameters of order: S sequence, P picture, L slice, R rate, B buffer, F frame
 * rate, Q quality; the type is the picture's: I(DR), i(ntra) or P. */
VAStatus client_submit(va_client *self, VASurfaceID surface, char type, const char *order);
/* Waits and fetches, the bytes to the stream. */
VAStatus client_fetch(va_client *self, VASurfaceID surface, va_coded *coded);
/* All of it for one new picture. */
VAStatus client_encode(va_client *self, char type, const char *order, va_coded *coded);
/* The next picture of a usual stream: the first is an IDR with everything, the rest P with rate, buffer and frame rate. */
VAStatus client_next(va_client *self, va_coded *coded);
void client_close(va_client *self);

/* Decodes the stream with ffmpeg: so many pictures of that size, and not a word of complaint. */
void check_decodes(const va_client *self, unsigned pictures, uint32_t width, uint32_t height);

/* The driver's nenc_va_fault. */
int fault(const char *plan);

#define CHECK_VA(call)                                                                                                           \
    do {                                                                                                                         \
        VAStatus check_status = (call);                                                                                          \
        if (check_status != VA_STATUS_SUCCESS) {                                                                                 \
            fprintf(stderr, "%s:%d: %s: %s is %#x (%s)\n", __FILE__, __LINE__, __func__, #call, (unsigned)check_status,          \
                    vaErrorStr(check_status));                                                                                   \
            check_failures++;                                                                                                    \
        }                                                                                                                        \
    } while (0)

#define CHECK_STATUS(call, wanted)                                                                                               \
    do {                                                                                                                         \
        VAStatus check_status = (call);                                                                                          \
        if (check_status != (wanted)) {                                                                                          \
            fprintf(stderr, "%s:%d: %s: %s is %#x, not %s\n", __FILE__, __LINE__, __func__, #call, (unsigned)check_status,       \
                    #wanted);                                                                                                    \
            check_failures++;                                                                                                    \
        }                                                                                                                        \
    } while (0)

#endif
