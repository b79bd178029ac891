/* small_state.h - a state of few words: as easily torn as one of many, and walked through sooner. */
#ifndef NENC_TESTS_MODEL_SMALL_STATE_H
#define NENC_TESTS_MODEL_SMALL_STATE_H

#include "nenc/nenc.h"

typedef struct small_state {
    uint64_t words[3];
} small_state;

/* For publish.h. */
#define nenc_state small_state

#endif
