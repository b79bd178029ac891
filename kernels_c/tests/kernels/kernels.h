/* kernels.h - what the checks of the kernels share: the variants there are, guarded memory, alternating timers. */
#ifndef NENC_TESTS_KERNELS_H
#define NENC_TESTS_KERNELS_H

#include "core/dispatch.h"
#include "nenc/quality.h"

#define CHECK_FAILURES_SHARED
#include "../core/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row of the program's table: a file for each. bench may be NULL. */
typedef struct kernel_subject {
    const char *name;
    void (*check)(uint64_t *random);
    void (*bench)(void);
} kernel_subject;

extern const kernel_subject pid_subject, sse_subject, ssim_subject, tick_subject, window_subject;

/* ---- variants: the plain C first, then what this processor and this build have ---------------------------------- */

typedef struct kernel_variant {
    const char *name;    /* "c", "avx2", "neon" */
    nenc_dispatch table; /* as dispatch.c fills it for this variant */
} kernel_variant;

/* variants[0] is the reference. */
extern kernel_variant kernel_variants[];
extern int kernel_variant_count;
void kernel_find_variants(void);

/* ---- memory ----------------------------------------------------------------------------------------------------- */

/* Memory between two pages that trap: the last byte is followed by one, the byte before the rounded-down start by the other.
 * Filled with 0xa5: what a kernel should have written and did not shows up. */
typedef struct guarded {
    uint8_t *data;
    size_t size;
    void *mapping;
    size_t mapping_size;
} guarded;

guarded guarded_new(size_t size);
/* The same, but right behind the front page: finds reads before the start. */
guarded guarded_new_front(size_t size);
void guarded_poison(guarded *memory);
void guarded_free(guarded *memory);

/* ---- time ------------------------------------------------------------------------------------------------------- */

typedef void bench_fn(void *data);

/* Several functions timed in turn, round after round, so that a drift of the clock meets all of them. */
enum { BENCH_SIDES = 16 };

typedef struct bench_side {
    const char *name;
    bench_fn *call;
    void *data;
    double ns;    /* out: best time of a call */
    double ratio; /* out: median over the rounds of side 0's time / this one's */
} bench_side;

typedef struct bench_options {
    bool json;
    int rounds;       /* alternations */
    double round_ms;  /* least time of one side in one round */
} bench_options;

extern bench_options bench_with;

void bench_sides(bench_side *sides, int count);
/* One line of the table, or one key of the JSON object. unit: "ns", "GB/s", "x", "us". */
void bench_say(const char *key, double value, const char *unit, const char *meaning);
void bench_begin(void);
void bench_end(void);

/* ---- pictures --------------------------------------------------------------------------------------------------- */

/* Fills both as two pictures may be: noise, alike, equal, flat, or as unlike as can be. */
void random_samples(uint8_t *a, uint8_t *b, size_t size, uint64_t *random);

/* I420 pictures of one size, in pairs, more of them than any cache holds: each call of a bench takes the next pair, so that
 * what is timed reads memory. */
typedef struct picture_ring {
    nenc_picture *a;
    nenc_picture *b;
    int count;
    int next;
    size_t bytes; /* of one picture; its planes follow each other */
    void *mapping;
    size_t mapping_size;
} picture_ring;

picture_ring picture_ring_new(uint32_t width, uint32_t height);
void picture_ring_free(picture_ring *ring);
/* The index of the pair whose turn it is. */
int picture_ring_turn(picture_ring *ring);
/* The same bytes of a picture of such a ring seen as NV12: its two planes of chroma are one of pairs. */
nenc_picture picture_as_nv12(const nenc_picture *i420);

/* ---- memory's speed --------------------------------------------------------------------------------------------- */

/* Two streams of `bytes` each, read once with the widest loads of this build: the limit of a kernel that compares two
 * pictures. ahead: how far the reader prefetches, 0 = it does not. Returns something that depends on every byte. */
uint64_t read_two(const uint8_t *a, const uint8_t *b, size_t bytes, size_t ahead);

#endif
