/* rows.h - a growing queue of fixed-size rows, filled by the network and taken out by its user. */
#ifndef NENC_NET_ROWS_H
#define NENC_NET_ROWS_H

#include <stddef.h>

typedef struct nenc_rows {
    char *bytes;
    size_t row_size;
    size_t capacity; /* rows */
    size_t head;
    size_t tail;
} nenc_rows;

void nenc_rows_free(nenc_rows *rows);
/* Room for one more row at the tail (row_size set beforehand), NULL when memory is short. */
void *nenc_rows_push(nenc_rows *rows);
/* Moves at most max rows to out and returns how many. */
int nenc_rows_take(nenc_rows *rows, void *out, int max);

static inline size_t nenc_rows_count(const nenc_rows *rows) { return rows->tail - rows->head; }
static inline void *nenc_rows_at(const nenc_rows *rows, size_t i) { return rows->bytes + (rows->head + i) * rows->row_size; }

#endif
