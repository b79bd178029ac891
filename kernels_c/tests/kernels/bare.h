/* bare.h - the least a controller could do per tick with AVX2: what the whole tick is measured against. */
#ifndef NENC_TESTS_BARE_H
#define NENC_TESTS_BARE_H

#include <stdalign.h>
#include <stdint.h>

typedef struct bare {
    alignas(64) float throughput[64];
    alignas(64) float rtt[64];
    alignas(64) float loss[64];
    uint32_t next;
    float current;
    float integral;
    float last_error;
} bare;

/* One sample into the window, the means of the three windows, one PID step. Needs AVX2 and FMA. */
float bare_tick(bare *b, float throughput, float rtt, float loss);

#endif
