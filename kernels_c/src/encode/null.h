/* null.h - the encoder that makes bytes and no video. */
#ifndef NENC_ENCODE_NULL_H
#define NENC_ENCODE_NULL_H

#include "encode/backend.h"

extern const nenc_backend nenc_null_backend;

#endif
