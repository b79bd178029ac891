/* session.h - one NVENC session: what open made, in the order it was made. */
#ifndef NENC_ENCODE_NVENC_SESSION_H
#define NENC_ENCODE_NVENC_SESSION_H

#include "encode/nvenc/load.h"

typedef struct nenc_nvenc {
    nenc_cuda cuda;
    NV_ENCODE_API_FUNCTION_LIST api;
    CUcontext context;
    void *session;
    NV_ENC_INPUT_PTR input;
    NV_ENC_OUTPUT_PTR output;
    NV_ENC_INITIALIZE_PARAMS params; /* as the driver has them; encodeConfig points to stream */
    NV_ENC_CONFIG stream;
    nenc_encoder_config config; /* as it will be from the next picture on */
    int custom_vbv;
    int changed; /* rate or fps, not yet told to the driver */
    int failed;
    uint32_t frames;
    uint8_t *data;
    size_t capacity;
    char name[160];
} nenc_nvenc;

/* The driver's own words about the last failure are added. */
int nenc_nvenc_failed(nenc_nvenc *self, nenc_failure *failure, const char *call, NVENCSTATUS status);

/* Fills self; after a failure nenc_nvenc_stop frees what there is. */
int nenc_nvenc_start(nenc_nvenc *self, nenc_failure *failure);
void nenc_nvenc_stop(nenc_nvenc *self);

#endif
