/* publish.h - publishes the last tick's state to any thread: one board for the state, another for the thread's timing. */
#ifndef NENC_CORE_PUBLISH_H
#define NENC_CORE_PUBLISH_H

#include "core/alloc.h"
#include "core/board.h"
#include "nenc/nenc.h"

#include <stdalign.h>

/* The state is published at every tick, the timing only at ticks of the thread, so that ticks on an injected clock do not pay
 * for it. */
enum { NENC_STATE_WORDS = offsetof(nenc_state, timing) / NENC_WORD, NENC_TIMING_WORDS = sizeof(nenc_timing) / NENC_WORD };

_Static_assert(offsetof(nenc_state, timing) % NENC_WORD == 0, "the state must consist of whole words");
_Static_assert(sizeof(nenc_timing) % NENC_WORD == 0, "the timing must consist of whole words");
_Static_assert(offsetof(nenc_state, timing) + sizeof(nenc_timing) == sizeof(nenc_state), "the timing must come last");

typedef struct nenc_publish {
    alignas(NENC_CACHE_LINE) nenc_word state[NENC_BOARD(NENC_STATE_WORDS)];
    alignas(NENC_CACHE_LINE) nenc_word timing[NENC_BOARD(NENC_TIMING_WORDS)];
} nenc_publish;

/* For a single writer. */
static inline void nenc_publish_put(nenc_publish *publish, const nenc_state *state)
{
    nenc_board_put(publish->state, NENC_STATE_WORDS, state);
}

/* Called by the writer of the state, or by whoever starts and joins it. */
static inline void nenc_publish_put_timing(nenc_publish *publish, const nenc_timing *timing)
{
    nenc_board_put(publish->timing, NENC_TIMING_WORDS, timing);
}

/* Any thread, after the first put of both. */
static inline void nenc_publish_get(const nenc_publish *publish, nenc_state *state)
{
    nenc_board_get(publish->state, NENC_STATE_WORDS, state);
    nenc_board_get(publish->timing, NENC_TIMING_WORDS, &state->timing);
}

#endif
