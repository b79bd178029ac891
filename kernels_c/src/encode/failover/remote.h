/* remote.h - an encoder in a process of its own. */
#ifndef NENC_ENCODE_FAILOVER_REMOTE_H
#define NENC_ENCODE_FAILOVER_REMOTE_H

#include "encode/backend.h"
#include "nenc/failover.h"

typedef struct nenc_remote nenc_remote;

/* A new process of the program `host` (NULL: the one beside this library). */
int nenc_remote_start(const char *host, nenc_remote **remote, nenc_failure *failure);

/* What it is to do wrong; the next open or picture shows it. */
int nenc_remote_fault(nenc_remote *remote, uint32_t fault, nenc_failure *failure);

/* Sends for an encoder of the pool's pictures, in place of the one it may have ... */
int nenc_remote_ask(nenc_remote *remote, const char *name, const nenc_encoder_config *config, const nenc_pool *pool,
                    uint32_t count, nenc_failure *failure);
/* ... and takes the answer. With no patience (0), NENC_ESTATE while there is none yet. */
int nenc_remote_opened(nenc_remote *remote, int64_t timeout_ns, nenc_failure *failure);

/* A picture with the rate, frame rate and kind it is to have; coded->data is in memory shared with the process. */
int nenc_remote_encode(nenc_remote *remote, const nenc_encoder_config *config, const nenc_frame *frame, int key,
                       nenc_coded *coded, nenc_failure *failure);

/* The device it chose. */
const char *nenc_remote_device(const nenc_remote *remote);

/* What it said of itself when it was opened. */
const char *nenc_remote_describe(const nenc_remote *remote);

/* Also of NULL. Asks the process to end and puts it on the list of those that are leaving; kills it at once when it did not
 * answer, else after a quarter of a second. Waits for nothing: a frame is owed. */
void nenc_remote_leave(nenc_remote *remote, nenc_remote **leaving);

/* Takes those off the list that are gone; waits for all of them if it is told to. */
void nenc_remote_reap(nenc_remote **leaving, int wait);

#endif
