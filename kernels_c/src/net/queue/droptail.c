/* droptail.c - first in, first out; a packet that does not fit is dropped. */
#include "net/pipe.h"
#include "net/queue/queue.h"

typedef struct droptail {
    nenc_queue queue;
    nenc_pipe waiting;
} droptail;

static int enqueue(nenc_queue *queue, const nenc_packet *packet)
{
    if (nenc_queue_is_full(queue, packet->wire_bytes)) return nenc_queue_drop(queue, packet);
    const int status = nenc_pipe_push(&((droptail *)queue)->waiting, packet);
    if (!status) nenc_queue_keep(queue, packet);
    return status;
}

static int dequeue(nenc_queue *queue, int64_t now_ns, nenc_packet *packet)
{
    nenc_pipe *waiting = &((droptail *)queue)->waiting;
    *packet = *nenc_pipe_front(waiting);
    nenc_pipe_pop(waiting);
    return 1;
}

static int64_t oldest(const nenc_queue *queue) { return nenc_pipe_time(&((const droptail *)queue)->waiting); }

static void release(nenc_queue *queue) { nenc_pipe_free(&((droptail *)queue)->waiting); }

const nenc_queue_ops nenc_queue_droptail = {
    .kind =
        {
            .name = "droptail",
            .about = "First in, first out; a packet that does not fit is dropped.",
            .limit_key = "size",
            .limit_about = "What it holds: time at the present rate, bytes or packets.",
            .limit_units = 1 << NENC_QUEUE_BYTES | 1 << NENC_QUEUE_PACKETS | 1 << NENC_QUEUE_TIME,
            .limit_unit = NENC_QUEUE_TIME,
            .limit = 300000000,
        },
    .size = sizeof(droptail),
    .passes_alone = 1,
    .enqueue = enqueue,
    .dequeue = dequeue,
    .oldest = oldest,
    .release = release,
};
