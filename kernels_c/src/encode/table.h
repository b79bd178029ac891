/* table.h - every kind of encoder: adding one is a file and a line in table.c, and it is in the contract suite. */
#ifndef NENC_ENCODE_TABLE_H
#define NENC_ENCODE_TABLE_H

#include "encode/backend.h"

typedef struct nenc_encoder_kind {
    nenc_encoder_info info;
    const nenc_backend *backend; /* NULL: in a module, or not in this build */
    const char *module;          /* its file, NULL: in the library, or nowhere */
    const char *remedy;          /* what to install when the module, or what it needs, is missing */
} nenc_encoder_kind;

/* NULL when there is none of that name. */
const nenc_encoder_kind *nenc_encoder_find(const char *name);

/* What nenc_encoder_set_rate and nenc_encoder_set_fps take. */
int nenc_rate_is_legal(const nenc_rate *rate, uint32_t rate_mode);
int nenc_fps_is_legal(uint32_t num, uint32_t den);

#endif
