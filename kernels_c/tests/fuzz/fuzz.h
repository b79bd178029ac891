/* fuzz.h - what a fuzzing harness is: one input taken apart, and how to make inputs that are all right.
 *
 * Each harness runs in two ways: in libFuzzer (meson option `fuzz`, needs clang), and with main.c, which mutates the harness' own
 * seeds, in every build. A harness aborts when something is not true; the sanitizers see the rest. */
#ifndef NENC_TESTS_FUZZ_H
#define NENC_TESTS_FUZZ_H

#define CHECK_FAILURES_SHARED /* none is counted: a harness aborts */
#include "../core/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A legal input, into at most `room` bytes; the same for the same number. */
size_t fuzz_seed(unsigned number, uint8_t *into, size_t room);

#define FUZZ_CHECK(condition)                                                                                                    \
    do {                                                                                                                         \
        if (!(condition)) {                                                                                                      \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                                            \
            abort();                                                                                                             \
        }                                                                                                                        \
    } while (0)

/* The input, from its front; behind its end there are zeros. */
typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

static inline unsigned fuzz_8(fuzz_input *input)
{
    if (!input->left) return 0;
    input->left--;
    return *input->at++;
}

static inline unsigned fuzz_16(fuzz_input *input)
{
    const unsigned high = fuzz_8(input);
    return high << 8 | fuzz_8(input);
}

/* The next `size` bytes, or what is left, in memory of exactly that size: to be freed. */
static inline uint8_t *fuzz_take(fuzz_input *input, size_t *size)
{
    if (*size > input->left) *size = input->left;
    uint8_t *copy = malloc(*size ? *size : 1);
    if (*size) memcpy(copy, input->at, *size);
    input->at += *size;
    input->left -= *size;
    return copy;
}

/* The same in the other direction. */
static inline size_t fuzz_put_16(uint8_t *into, size_t at, unsigned value)
{
    into[at] = (uint8_t)(value >> 8);
    into[at + 1] = (uint8_t)value;
    return at + 2;
}

#endif
