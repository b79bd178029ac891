/* limits.h - tells when a quantiser limit, not the rate control, decides what an encoder makes. */
#ifndef NENC_ENCODE_LIMITS_H
#define NENC_ENCODE_LIMITS_H

#include "nenc/nenc.h"

/* Seconds of capture time, one after the other. Begins with the two limits and zeros. */
typedef struct nenc_limits {
    uint32_t qp_min;
    uint32_t qp_max;
    int64_t from_ns;
    uint32_t frames;
    uint32_t lowest; /* of them, how many were at qp_min ... */
    uint32_t highest; /* ... and at qp_max */
    int32_t told; /* nenc_limit that was told last */
    double bits;
    double asked;
} nenc_limits;

typedef enum nenc_limit { NENC_LIMIT_NONE = 0, NENC_LIMIT_MIN = 1, NENC_LIMIT_MAX = 2 } nenc_limit;

/* Takes in a frame. 1 once a second that changed the verdict: limits->told is the new one, text says it in a line; else 0. */
int nenc_limits_take(nenc_limits *limits, int64_t now_ns, int64_t bytes, double qp, double target_bps, int64_t interval_ns,
                     char *text, size_t size);

#endif
