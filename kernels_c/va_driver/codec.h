/* codec.h - the interface of a software encoder: pictures in, access units out, called on the context's worker thread. */
#ifndef NENC_VA_CODEC_H
#define NENC_VA_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include <va/va.h>

/* Quality levels of VAConfigAttribEncQualityRange: 1 is the best, the last one the fastest. */
enum { QUALITY_LEVELS = 6 };

typedef struct codec_options {
    unsigned threads; /* NENC_VA_THREADS; with 1 the output is deterministic */
    char preset[16];  /* NENC_VA_PRESET; empty: chosen by the quality level, ultrafast when there is none */
} codec_options;

typedef enum codec_picture_type { PICTURE_IDR, PICTURE_I, PICTURE_P } codec_picture_type;

typedef struct codec_rate {
    uint32_t target_bps;
    uint32_t peak_bps;
    uint32_t vbv_bits;
    uint32_t fullness_bits;
    uint32_t qp_min, qp_max; /* max 0: no limit */
    uint32_t qp_initial;     /* QP of the first picture; 0: the encoder's choice */
    uint32_t fps_num, fps_den;
} codec_rate;

typedef struct codec_picture {
    const uint8_t *plane[2]; /* NV12 */
    uint32_t pitch[2];
    uint32_t width, height;
    codec_picture_type type;
    int qp; /* constant QP only */
    uint32_t quality;
    codec_rate rate;
} codec_picture;

typedef struct codec_coded {
    uint32_t bytes;
    double qp; /* mean over the picture */
    unsigned units; /* NAL units */
} codec_coded;

typedef struct codec {
    const char *library; /* name and version */
    /* NULL: out of memory. rate_control: one of VA_RC_CBR, VA_RC_VBR, VA_RC_CQP. */
    void *(*create)(VAProfile profile, uint32_t rate_control, const codec_options *options);
    /* Writes one access unit to out. Returns NOT_ENOUGH_BUFFER, ENCODING_ERROR, ... on failure. */
    VAStatus (*encode)(void *state, const codec_picture *picture, uint8_t *out, size_t room, codec_coded *coded);
    void (*destroy)(void *state);
} codec;

extern const codec codec_x264;
#if NENC_HAVE_X265
extern const codec codec_x265;
#endif

/* The preset from the options, or else from the quality level. */
const char *codec_preset(const codec_options *options, uint32_t quality);

#endif
