/* seen.h - states met before, each by a 128-bit hash, and how many executions lead on from it. */
#ifndef NENC_TESTS_MODEL_SEEN_H
#define NENC_TESTS_MODEL_SEEN_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is the hash of nothing. */
typedef struct seen_hash {
    uint64_t high, low;
} seen_hash;

void seen_add(seen_hash *hash, uint64_t word);

void seen_forget_all(void);
uint64_t seen_states(void);
/* True when the state is new; else *executions is what was noted with it (0 before that). */
bool seen_first(seen_hash state, double *executions);
void seen_note(seen_hash state, double executions);

#endif
