/* nvenc.h - the encoder of NVIDIA's GPUs. */
#ifndef NENC_ENCODE_NVENC_H
#define NENC_ENCODE_NVENC_H

#include "encode/backend.h"

extern const nenc_backend nenc_nvenc_backend;

#endif
