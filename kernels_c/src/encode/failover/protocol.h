/* protocol.h - what passes between the lab and an encoder's process: fixed messages over a packet socket, one answer to each
 * request; pictures and frames stay in shared memory. */
#ifndef NENC_ENCODE_FAILOVER_PROTOCOL_H
#define NENC_ENCODE_FAILOVER_PROTOCOL_H

#include "nenc/pool.h"

enum {
    NENC_REMOTE_MAGIC = 0x636e656e, /* "nenc" */
    NENC_REMOTE_SOCKET = 3,         /* the descriptor that the process finds its socket at */
    NENC_REMOTE_PICTURES = 4,       /* of a pool, at most */
    NENC_REMOTE_TEXT = 256,
};

typedef enum nenc_remote_request {
    NENC_REMOTE_FAULT,  /* what the process does wrong from now on; before OPEN too */
    NENC_REMOTE_OPEN,   /* the pool (descriptors of the pictures, then of the memory for frames) and an encoder; the old ends */
    NENC_REMOTE_ENCODE, /* a picture */
} nenc_remote_request;

typedef struct nenc_remote_picture {
    int64_t stride[2];
    uint64_t modifier;
    uint64_t bytes; /* of the object */
    uint32_t offset[2];
} nenc_remote_picture;

typedef struct nenc_remote_message {
    uint32_t magic;
    uint32_t request;
    uint32_t fault; /* nenc_fault */
    uint32_t count; /* OPEN: of pictures */
    char name[16];  /* OPEN: of the encoder */
    nenc_encoder_config config;
    nenc_remote_picture picture; /* OPEN: all are alike */
    uint64_t frame_bytes;        /* OPEN: of the memory for frames */
    nenc_rate rate;              /* ENCODE */
    uint32_t fps_num;
    uint32_t fps_den;
    uint32_t key;
    uint32_t buffer; /* of the pool, from 1 */
    int64_t pts_ns;
} nenc_remote_message;

typedef struct nenc_remote_answer {
    uint32_t magic;
    int32_t status;
    uint32_t bytes; /* ENCODE: in the memory for frames */
    uint32_t key;
    uint32_t input;
    float qp;
    int64_t encode_ns;
    char device[256];            /* OPEN: the one it chose */
    char text[NENC_REMOTE_TEXT]; /* OPEN: what it is; else why it failed */
} nenc_remote_answer;

#endif
