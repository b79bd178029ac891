/* table.c - the kinds of queue. A new one is a file and a line in each of these two lists, at the end. */
#include "net/queue/queue.h"

extern const nenc_queue_ops nenc_queue_droptail;

static const nenc_queue_ops *const table[] = {
    &nenc_queue_droptail,
};

const nenc_queue_ops *nenc_queue_ops_at(uint32_t kind) { return kind < sizeof table / sizeof *table ? table[kind] : NULL; }

const nenc_queue_kind *nenc_queue_kind_at(uint32_t kind)
{
    const nenc_queue_ops *ops = nenc_queue_ops_at(kind);
    return ops ? &ops->kind : NULL;
}
