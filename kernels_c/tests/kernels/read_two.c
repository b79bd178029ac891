/* read_two.c - two streams read once and nothing else. */
#include "kernels.h"

#include <string.h>

enum { LINE = 64, STEP = 4 * LINE };

typedef uint64_t vector __attribute__((vector_size(NENC_HAVE_AVX2 ? 32 : 16)));

static inline vector load(const uint8_t *at)
{
    vector v;
    memcpy(&v, at, sizeof v);
    return v;
}

static inline uint64_t reader(const uint8_t *a, const uint8_t *b, size_t bytes, size_t ahead)
{
    vector sums[4] = {{0}};
    size_t x = 0;
    for (; x + STEP <= bytes; x += STEP) {
        for (size_t line = 0; ahead && line < STEP; line += LINE) {
            __builtin_prefetch(a + x + ahead + line);
            __builtin_prefetch(b + x + ahead + line);
        }
        for (size_t i = 0; i < STEP; i += sizeof(vector)) sums[i / sizeof(vector) % 4] += load(a + x + i) ^ load(b + x + i);
    }
    uint64_t sum = 0;
    for (; x < bytes; x++) sum += a[x] ^ b[x];
    const vector all = sums[0] + sums[1] + sums[2] + sums[3];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) sum += all[i];
    return sum;
}

uint64_t read_two(const uint8_t *a, const uint8_t *b, size_t bytes, size_t ahead)
{
    return ahead ? reader(a, b, bytes, ahead) : reader(a, b, bytes, 0);
}
