/* x264.c - H.264 in software. */
#include "encode/backend.h"
__attribute__((visibility("default"))) extern const nenc_backend nenc_encoder_module;
const nenc_backend nenc_encoder_module = {.abi = NENC_BACKEND_ABI, .size = sizeof(nenc_backend)};
