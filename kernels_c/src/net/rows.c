/* rows.c - the growing queue of rows. */
#include "net/rows.h"

#include <stdlib.h>
#include <string.h>

void nenc_rows_free(nenc_rows *rows)
{
    free(rows->bytes);
    rows->bytes = NULL;
    rows->capacity = rows->head = rows->tail = 0;
}

static int make_room(nenc_rows *rows)
{
    const size_t count = nenc_rows_count(rows);
    if (rows->head >= count + 64) { /* more than half of it has been taken: close up instead of growing */
        memcpy(rows->bytes, nenc_rows_at(rows, 0), count * rows->row_size);
    } else {
        const size_t capacity = rows->capacity ? 2 * rows->capacity : 256;
        char *bytes = realloc(rows->bytes, capacity * rows->row_size);
        if (!bytes) return 0;
        rows->bytes = bytes;
        rows->capacity = capacity;
        memmove(rows->bytes, nenc_rows_at(rows, 0), count * rows->row_size);
    }
    rows->head = 0;
    rows->tail = count;
    return 1;
}

void *nenc_rows_push(nenc_rows *rows)
{
    if (rows->tail == rows->capacity && !make_room(rows)) return NULL;
    return rows->bytes + rows->tail++ * rows->row_size;
}

int nenc_rows_take(nenc_rows *rows, void *out, int max)
{
    const size_t count = nenc_rows_count(rows);
    const size_t taken = max < 0 ? 0 : (size_t)max < count ? (size_t)max : count;
    if (taken) memcpy(out, nenc_rows_at(rows, 0), taken * rows->row_size);
    rows->head += taken;
    return (int)taken;
}
