/* backend.h - what one kind of encoder implements, inside the library or in a module of its own. */
#ifndef NENC_ENCODE_BACKEND_H
#define NENC_ENCODE_BACKEND_H

#include "nenc/encode.h"

#include <stdarg.h>
#include <stdio.h>

enum { NENC_BACKEND_ABI = 2, NENC_FAILURE_TEXT = 256 };

/* Why the last call failed, in one line: the call that failed, and what it said. */
typedef struct nenc_failure {
    char text[NENC_FAILURE_TEXT];
} nenc_failure;

/* What is given has been checked already. All but open get what open made. Functions that can fail return 0, or a nenc_status
 * or nenc_encode_status with the failure's text filled in. After a failed encode only close is called. */
typedef struct nenc_backend {
    uint32_t abi;  /* NENC_BACKEND_ABI */
    uint32_t size; /* sizeof(nenc_backend) */
    int (*open)(const nenc_encoder_config *config, void **state, nenc_failure *failure);
    int (*set_rate)(void *state, const nenc_rate *rate, nenc_failure *failure);
    int (*set_fps)(void *state, uint32_t num, uint32_t den, nenc_failure *failure);
    /* Fills in data, bytes, key, qp, input and reconstruction. */
    int (*encode)(void *state, const nenc_frame *frame, int key, nenc_coded *coded, nenc_failure *failure);
    int (*drain)(void *state, nenc_failure *failure);
    int (*fault)(void *state, const char *plan, nenc_failure *failure); /* NULL: it cannot be told to fail */
    const char *(*describe)(const void *state);
    const char *(*device)(const void *state); /* as in the configuration, the one that was chosen; NULL: it knows none */
    void (*close)(void *state);
} nenc_backend;

/* What a module exports. */
#define NENC_MODULE_SYMBOL "nenc_encoder_module"

/* Writes the failure's text and returns status. */
__attribute__((format(printf, 3, 4))) static inline int nenc_fail(nenc_failure *failure, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(failure->text, sizeof failure->text, format, args);
    va_end(args);
    return status;
}

#endif
