/* worker.h - the thread of a context that encodes what vaEndPicture hands over. */
#ifndef NENC_VA_WORKER_H
#define NENC_VA_WORKER_H

#include "driver.h"

/* False when the thread cannot be had. */
int worker_start(drv_context *context);
/* With the driver locked: queues the picture and takes it over. */
void worker_give(drv_context *context, drv_job *job);
/* With the driver locked: gives up what has not begun, waits for the rest, ends the thread. */
void worker_stop(drv_context *context);

#endif
