/* child.h - a process that ends with its parent, a socket to it, and its last words. */
#ifndef NENC_ENCODE_FAILOVER_CHILD_H
#define NENC_ENCODE_FAILOVER_CHILD_H

#include "encode/backend.h"

#include <sys/types.h>

typedef struct nenc_child {
    pid_t pid; /* 0: there is none */
    int socket;
    int words; /* what it writes to stderr goes here */
} nenc_child;

/* Runs `program` with one argument (NULL: none), its socket as descriptor NENC_REMOTE_SOCKET, nothing else of ours open. */
int nenc_child_start(nenc_child *child, const char *program, const char *argument, nenc_failure *failure);

/* How a process that is no more ended: reaps it. Returns NENC_ENCODE_GONE. */
int nenc_child_ended(nenc_child *child, nenc_failure *failure);

/* Closes everything and waits for its end; kills it when it has not come within patience_ns, at once with none. */
void nenc_child_stop(nenc_child *child, int64_t patience_ns);

#endif
