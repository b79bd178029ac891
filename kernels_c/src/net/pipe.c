/* pipe.c - the growing, time-ordered ring of packets. */
#include "net/pipe.h"

#include <stdlib.h>

#include "nenc/nenc.h"

void nenc_pipe_free(nenc_pipe *pipe)
{
    free(pipe->slots);
    *pipe = (nenc_pipe){0};
}

static int grow(nenc_pipe *pipe)
{
    const size_t capacity = pipe->capacity ? 2 * pipe->capacity : 64;
    nenc_packet *slots = malloc(capacity * sizeof *slots);
    if (!slots) return NENC_ENOMEM;
    const size_t count = nenc_pipe_count(pipe);
    for (size_t i = 0; i < count; i++) slots[i] = pipe->slots[(pipe->head + i) & (pipe->capacity - 1)];
    free(pipe->slots);
    *pipe = (nenc_pipe){slots, capacity, 0, count};
    return NENC_OK;
}

int nenc_pipe_push(nenc_pipe *pipe, const nenc_packet *packet)
{
    if (nenc_pipe_count(pipe) == pipe->capacity) {
        const int status = grow(pipe);
        if (status) return status;
    }
    const size_t mask = pipe->capacity - 1;
    size_t at = pipe->tail++;
    while (at != pipe->head && pipe->slots[(at - 1) & mask].t_ns > packet->t_ns) {
        pipe->slots[at & mask] = pipe->slots[(at - 1) & mask];
        at--;
    }
    pipe->slots[at & mask] = *packet;
    return NENC_OK;
}
