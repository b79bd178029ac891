/* worker.c - encodes pictures in order, so that vaEndPicture returns at once and waiting is real. */
#include "worker.h"
#include "alloc.h"
#include "plan.h"

#include <signal.h>

/* A bucket that drains at the peak rate, like a network of that rate; whatever does not fit exceeded the peak. */
static uint32_t rate_flags(drv_context *context, const codec_rate *rate, uint32_t bytes)
{
    if (context->config.rate_control == VA_RC_CQP || !rate->fps_num) return 0;
    const uint64_t leak = (uint64_t)rate->peak_bps * rate->fps_den / rate->fps_num;
    context->fill_bits += bytes * UINT64_C(8);
    context->fill_bits -= context->fill_bits < leak ? context->fill_bits : leak;
    if (context->fill_bits > rate->vbv_bits) return VA_CODED_BUF_STATUS_BITRATE_OVERFLOW | VA_CODED_BUF_STATUS_BITRATE_HIGH;
    return context->fill_bits > rate->vbv_bits / 4 * 3 ? VA_CODED_BUF_STATUS_BITRATE_HIGH : 0;
}

static VAStatus encode(drv_context *context, const drv_job *job, codec_coded *coded, uint32_t *flags)
{
    *coded = (codec_coded){0};
    *flags = 0;
    if (job->delay_ms) fault_wait(fault_generation(), job->delay_ms * UINT64_C(1000000));
    if (!context->codec_state)
        context->codec_state =
            context->codec->create(context->config.profile, context->config.rate_control, &context->driver->options.codec);
    if (!context->codec_state) return VA_STATUS_ERROR_ALLOCATION_FAILED;
    memory_access(&job->source->memory, 1, 0);
    VAStatus status = context->codec->encode(context->codec_state, &job->picture, job->coded->data, job->coded->size, coded);
    memory_access(&job->source->memory, 0, 0);
    if (status != VA_STATUS_SUCCESS) {
        if (status == VA_STATUS_ERROR_NOT_ENOUGH_BUFFER) *flags = VA_CODED_BUF_STATUS_FRAME_SIZE_OVERFLOW;
        return status;
    }
    *flags = ((uint32_t)(coded->qp + 0.5) & VA_CODED_BUF_STATUS_PICTURE_AVE_QP_MASK) |
             rate_flags(context, &job->picture.rate, coded->bytes) | (coded->units == 1 ? VA_CODED_BUF_STATUS_SINGLE_NALU : 0);
    return VA_STATUS_SUCCESS;
}

/* Call with the driver locked. */
static void finish(drv_context *context, drv_job *job, VAStatus status, const codec_coded *coded, uint32_t flags)
{
    job->coded->bytes = coded->bytes;
    job->coded->flags = flags;
    job->coded->work.status = job->source->work.status = status;
    job->coded->work.pending--;
    job->source->work.pending--;
    driver_free(job);
    pthread_cond_broadcast(&context->driver->done);
}

static drv_job *take(drv_context *context)
{
    while (!context->first && !context->stopping) pthread_cond_wait(&context->work, &context->driver->lock);
    drv_job *job = context->first;
    if (!job) return NULL;
    context->first = job->next;
    if (!context->first) context->last = NULL;
    return job;
}

static void *run(void *argument)
{
    drv_context *context = argument;
    drv_display *driver = context->driver;
    const codec_coded nothing = {0};
    drv_job *job;
    pthread_mutex_lock(&driver->lock);
    while ((job = take(context))) {
        codec_coded coded;
        uint32_t flags;
        if (context->stopping) {
            finish(context, job, VA_STATUS_ERROR_OPERATION_FAILED, &nothing, 0);
            continue;
        }
        pthread_mutex_unlock(&driver->lock);
        VAStatus status = encode(context, job, &coded, &flags);
        pthread_mutex_lock(&driver->lock);
        finish(context, job, status, status == VA_STATUS_SUCCESS ? &coded : &nothing, flags);
    }
    pthread_mutex_unlock(&driver->lock);
    if (context->codec_state) context->codec->destroy(context->codec_state);
    return NULL;
}

/* Blocks all signals, because the client's handlers must not run on this thread. */
int worker_start(drv_context *context)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_cond_init(&context->work, NULL);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&context->thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error) return 1;
    pthread_cond_destroy(&context->work);
    return 0;
}

void worker_give(drv_context *context, drv_job *job)
{
    job->next = NULL;
    if (context->last) context->last->next = job;
    else context->first = job;
    context->last = job;
    job->source->work.pending++;
    job->source->work.context = context->id;
    job->coded->work.pending++;
    job->coded->work.context = context->id;
    pthread_cond_signal(&context->work);
}

void worker_stop(drv_context *context)
{
    context->stopping = 1;
    pthread_cond_signal(&context->work);
    pthread_mutex_unlock(&context->driver->lock);
    pthread_join(context->thread, NULL);
    pthread_mutex_lock(&context->driver->lock);
    pthread_cond_destroy(&context->work);
}
