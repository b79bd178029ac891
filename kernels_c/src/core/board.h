/* board.h - publishes the newest value to any thread: two seqlocked copies are written in turn, so that a reader always finds
 * one whole copy, even while the writer is preempted in the middle of the other.
 */
#ifndef NENC_CORE_BOARD_H
#define NENC_CORE_BOARD_H

#include "core/seqlock.h"

/* A board for values of so many words: the newest value's number, then two copies, each with its sequence. The parity of the
 * number tells which copy is the newest. All zero until the first put. */
#define NENC_BOARD(words) (1 + 2 * (1 + (words)))

/* For a single writer. */
static inline void nenc_board_put(nenc_word *board, size_t words, const void *value)
{
    uint64_t number = atomic_load_explicit(board, memory_order_relaxed) + 1;
    nenc_word *copy = board + 1 + (number & 1) * (1 + words);
    nenc_seq_write(copy, copy + 1, words, value, 2 * number);
    atomic_store_explicit(board, number, memory_order_release);
}

/* Any thread, after the first put. It retries only when the writer has put twice in the meantime. */
static inline void nenc_board_get(const nenc_word *board, size_t words, void *value)
{
    for (;;) {
        uint64_t number = atomic_load_explicit(board, memory_order_acquire);
        const nenc_word *copy = board + 1 + (number & 1) * (1 + words);
        if (nenc_seq_read(copy, copy + 1, words, value, 2 * number)) return;
    }
}

#endif
