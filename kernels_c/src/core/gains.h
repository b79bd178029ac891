/* gains.h - passes new gains to the thread that ticks, which takes the newest whole set between two ticks. */
#ifndef NENC_CORE_GAINS_H
#define NENC_CORE_GAINS_H

#include "core/alloc.h"
#include "core/seqlock.h"

#include <stdalign.h>

typedef struct nenc_gains {
    double kp;
    double ki;
    double kd;
} nenc_gains;

enum { NENC_GAINS_WORDS = sizeof(nenc_gains) / NENC_WORD };

typedef struct nenc_gains_box {
    alignas(NENC_CACHE_LINE) nenc_word sequence; /* 0: no set was ever put */
    nenc_word words[NENC_GAINS_WORDS];
    uint64_t taken; /* consumer: the version that it has taken */
} nenc_gains_box;

/* For a single writer. */
static inline void nenc_gains_put(nenc_gains_box *box, const nenc_gains *gains)
{
    uint64_t version = atomic_load_explicit(&box->sequence, memory_order_relaxed) + 2;
    nenc_seq_write(&box->sequence, box->words, NENC_GAINS_WORDS, gains, version);
}

/* True when there is a set that was not taken before. A set that is just being written is taken at the next tick. */
static inline bool nenc_gains_take(nenc_gains_box *box, nenc_gains *gains)
{
    uint64_t version = atomic_load_explicit(&box->sequence, memory_order_relaxed);
    if (version == box->taken || version % 2 != 0 || !nenc_seq_read(&box->sequence, box->words, NENC_GAINS_WORDS, gains, version))
        return false;
    box->taken = version;
    return true;
}

#endif
