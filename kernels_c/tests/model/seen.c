/* seen.c - a table of states, open addressing. */
#include "seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    seen_hash state; /* nothing: free */
    double executions;
} entry;

static entry *table;
static size_t size, used;

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void seen_add(seen_hash *hash, uint64_t word)
{
    hash->high = mix(hash->high + word + 0x9e3779b97f4a7c15u);
    hash->low = mix((hash->low ^ word) * 0xd6e8feb86659fd93u + 1);
}

static bool is_free(const entry *e) { return e->state.high == 0 && e->state.low == 0; }

/* Where the state is or would go. */
static entry *look_up(seen_hash state)
{
    size_t i = state.low & (size - 1);
    while (!is_free(&table[i]) && (table[i].state.high != state.high || table[i].state.low != state.low))
        i = (i + 1) & (size - 1);
    return &table[i];
}

static void grow(void)
{
    entry *old = table;
    const size_t old_size = size;
    size = old_size ? 2 * old_size : 1 << 12;
    table = calloc(size, sizeof *table);
    if (!table) {
        fprintf(stderr, "seen: out of memory\n");
        exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < old_size; i++)
        if (!is_free(&old[i])) *look_up(old[i].state) = old[i];
    free(old);
}

void seen_forget_all(void)
{
    if (table) memset(table, 0, size * sizeof *table);
    used = 0;
}

uint64_t seen_states(void) { return used; }

bool seen_first(seen_hash state, double *executions)
{
    if (2 * (used + 1) > size) grow();
    entry *here = look_up(state);
    const bool first = is_free(here);
    *executions = here->executions;
    used += first;
    here->state = state;
    return first;
}

void seen_note(seen_hash state, double executions) { look_up(state)->executions = executions; }
