/* pipe.h - packets in flight, in order of their time: a growing ring with insertion near its tail. */
#ifndef NENC_NET_PIPE_H
#define NENC_NET_PIPE_H

#include <stddef.h>

#include "net/packet.h"

typedef struct nenc_pipe {
    nenc_packet *slots; /* capacity is a power of two */
    size_t capacity;
    size_t head; /* free-running */
    size_t tail;
} nenc_pipe;

void nenc_pipe_free(nenc_pipe *pipe);

/* Behind every packet whose time is not later than its own. 0, or NENC_ENOMEM with the pipe unchanged. */
int nenc_pipe_push(nenc_pipe *pipe, const nenc_packet *packet);

static inline int nenc_pipe_empty(const nenc_pipe *pipe) { return pipe->head == pipe->tail; }
static inline size_t nenc_pipe_count(const nenc_pipe *pipe) { return pipe->tail - pipe->head; }
static inline nenc_packet *nenc_pipe_front(const nenc_pipe *pipe) { return &pipe->slots[pipe->head & (pipe->capacity - 1)]; }
static inline void nenc_pipe_pop(nenc_pipe *pipe) { pipe->head++; }
static inline int64_t nenc_pipe_time(const nenc_pipe *pipe)
{
    return nenc_pipe_empty(pipe) ? INT64_MAX : nenc_pipe_front(pipe)->t_ns;
}

#endif
