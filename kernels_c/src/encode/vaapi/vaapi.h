/* vaapi.h - an encoder on a VA-API driver: what its parts share. */
#ifndef NENC_ENCODE_VAAPI_VAAPI_H
#define NENC_ENCODE_VAAPI_VAAPI_H

#include "encode/vaapi/display.h"

#include <va/va_enc_hevc.h>

enum { NENC_VA_INPUTS = 2, NENC_VA_RECONSTRUCTIONS = 2, NENC_VA_IMPORTS = 64 };

/* A surface on a caller's memory: this object, this way. */
typedef struct nenc_vaapi_import {
    VASurfaceID surface; /* VA_INVALID_ID: there is none */
    uint64_t device, inode, modifier;
    uint32_t offset[2];
    int64_t stride[2];
} nenc_vaapi_import;

typedef struct nenc_vaapi {
    nenc_encoder_config config; /* rate and frame rate as they are to be with the next picture */
    nenc_display display;
    VAProfile profile;
    VAEntrypoint entry;
    VAConfigID va_config;
    VAContextID context;
    VASurfaceID inputs[NENC_VA_INPUTS]; /* pictures that have to be copied */
    VASurfaceID reconstructions[NENC_VA_RECONSTRUCTIONS];
    nenc_vaapi_import imports[NENC_VA_IMPORTS]; /* pictures of a pool, by buffer - 1 */
    VABufferID coded;
    VAConfigAttribValEncHEVCBlockSizes hevc_sizes; /* HEVC: what the driver can, or its usual values */
    VAConfigAttribValEncHEVCFeatures hevc_features;
    int both_lists;         /* HEVC: the driver wants pictures with two lists of references, both the same (low delay B) */
    uint32_t aligned_width; /* what the codec cuts pictures into */
    uint32_t aligned_height;
    int no_import;  /* the driver would not take a picture as it is */
    uint64_t count; /* pictures since open */
    uint32_t since_idr;
    uint32_t idrs;
    uint8_t *data; /* the frame made last */
    size_t capacity;
    char about[256];
} nenc_vaapi;

/* ---- choose.c: profile, entry point and configuration; unsupported says what there would be. */
int nenc_vaapi_choose(nenc_vaapi *self, nenc_failure *failure);

/* ---- surface.c: the surface that holds a picture, imported or copied; how in *input. */
int nenc_vaapi_surfaces(nenc_vaapi *self, nenc_failure *failure);
int nenc_vaapi_input(nenc_vaapi *self, const nenc_frame *frame, VASurfaceID *surface, uint32_t *input, nenc_failure *failure);
void nenc_vaapi_drop_surfaces(nenc_vaapi *self);

/* ---- h264.c, hevc.c: the codec's own parameters of a picture; one call renders one buffer, in this order. */
typedef struct nenc_vaapi_codec {
    int (*sequence)(nenc_vaapi *self, nenc_failure *failure);
    int (*picture)(nenc_vaapi *self, int key, nenc_failure *failure);
    int (*slice)(nenc_vaapi *self, int key, nenc_failure *failure);
    uint32_t (*unit)(const nenc_vaapi *self); /* pictures are whole multiples of it */
    int (*is_key)(const uint8_t *data, size_t bytes); /* what the bytes say */
} nenc_vaapi_codec;

extern const nenc_vaapi_codec nenc_vaapi_h264, nenc_vaapi_hevc;

/* ---- buffer.c: makes a parameter buffer, renders it, gives it back: since libva 2 it is the client's to destroy. */
int nenc_vaapi_render(nenc_vaapi *self, VABufferType type, const void *data, size_t size, const char *what,
                      nenc_failure *failure);

/* ---- rate.c: rate control, HRD, frame rate, in the order that holds on every driver. */
int nenc_vaapi_rate(nenc_vaapi *self, nenc_failure *failure);
/* What a sequence announces: the peak, so that the rate that follows does not contradict it. */
uint32_t nenc_vaapi_peak_bps(const nenc_vaapi *self);

/* ---- coded.c: waits for the frame and takes its bytes. */
int nenc_vaapi_take(nenc_vaapi *self, VASurfaceID surface, nenc_coded *coded, nenc_failure *failure);

static inline int nenc_vaapi_check(nenc_vaapi *self, const char *call, VAStatus status, nenc_failure *failure)
{
    return nenc_va_check(&self->display, call, status, failure);
}

#endif
