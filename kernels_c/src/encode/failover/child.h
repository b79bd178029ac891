/* child.h - a process that ends with its parent, a socket to it, and its last words. */
#ifndef NENC_ENCODE_FAILOVER_CHILD_H
#define NENC_ENCODE_FAILOVER_CHILD_H

#include "encode/backend.h"

#include <sys/types.h>

typedef struct nenc_child {
    pid_t pid; /* 0: there is none */
    int socket;
    int words; /* what it writes to stderr goes here */
    int killed;
    int64_t until_ns; /* on the monotonic clock: killed when it has not ended by then */
} nenc_child;

/* Runs `program` with one argument (NULL: none), its socket as descriptor NENC_REMOTE_SOCKET, nothing else of ours open. */
int nenc_child_start(nenc_child *child, const char *program, const char *argument, nenc_failure *failure);

/* How a process that hung up ended. Returns NENC_ENCODE_GONE. */
int nenc_child_ended(nenc_child *child, nenc_failure *failure);

/* Hangs up, which asks it to end; it is killed when it has not within patience_ns, at once with none. Waits for nothing. */
void nenc_child_leave(nenc_child *child, int64_t patience_ns);
/* True when one that was left is no more. */
int nenc_child_left(nenc_child *child);

/* Leaves it and waits for its end; not for ever: the kernel may not let go of a process whose driver is stuck. */
void nenc_child_stop(nenc_child *child, int64_t patience_ns);

#endif
