/* worker.h - a context's thread, which encodes the pictures from vaEndPicture. */
#ifndef NENC_VA_WORKER_H
#define NENC_VA_WORKER_H

#include "driver.h"

/* Returns false when the thread cannot be created. */
int worker_start(drv_context *context);
/* Call with the driver locked: queues the picture and takes ownership of it. */
void worker_give(drv_context *context, drv_job *job);
/* Call with the driver locked: discards pictures not yet begun, waits for the rest, ends the thread. */
void worker_stop(drv_context *context);

#endif
