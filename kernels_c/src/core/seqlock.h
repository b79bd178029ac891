/* seqlock.h - passes whole values between threads: one writer, any number of readers, never torn, no lock, no fence.
 *
 * The writer stores an odd sequence, the words (release), then the even version (release). A reader that loads one word
 * (acquire) of a newer value has thereby synchronised with the odd sequence stored before that word, so its second load of
 * the sequence differs and it discards what it read. Every access is atomic, so there is no data race.
 */
#ifndef NENC_CORE_SEQLOCK_H
#define NENC_CORE_SEQLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics must be lock-free");

typedef _Atomic uint64_t nenc_word;

enum { NENC_WORD = sizeof(uint64_t) };

/* version is even and differs from the previous one. */
static inline void nenc_seq_write(nenc_word *sequence, nenc_word *words, size_t count, const void *source, uint64_t version)
{
    atomic_store_explicit(sequence, version - 1, memory_order_relaxed);
#pragma GCC unroll 64
    for (size_t i = 0; i < count; i++) {
        uint64_t word;
        memcpy(&word, (const char *)source + i * NENC_WORD, NENC_WORD);
        atomic_store_explicit(&words[i], word, memory_order_release);
    }
    atomic_store_explicit(sequence, version, memory_order_release);
}

/* Returns false when this version is not present, or was overwritten during the read; target is then invalid. */
static inline bool nenc_seq_read(const nenc_word *sequence, const nenc_word *words, size_t count, void *target, uint64_t version)
{
    if (atomic_load_explicit(sequence, memory_order_acquire) != version) return false;
#pragma GCC unroll 64
    for (size_t i = 0; i < count; i++) {
        uint64_t word = atomic_load_explicit(&words[i], memory_order_acquire);
        memcpy((char *)target + i * NENC_WORD, &word, NENC_WORD);
    }
    return atomic_load_explicit(sequence, memory_order_relaxed) == version;
}

#endif
