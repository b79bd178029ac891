/* picture.c - begin, render, end: collects a picture's parameters and hands the picture to the worker. */
#include "alloc.h"
#include "calls.h"
#include "strict.h"
#include "syntax.h"
#include "worker.h"

VAStatus drv_begin_picture(VADriverContextP va, VAContextID id, VASurfaceID target)
{
    drv_display *driver = driver_of(va);
    VAStatus status = fault_status(CALL_BEGIN);
    if (status != VA_STATUS_SUCCESS) return status;
    pthread_mutex_lock(&driver->lock);
    drv_context *self = objects_get(&driver->objects, OBJECT_CONTEXT, id);
    if (!self) status = VA_STATUS_ERROR_INVALID_CONTEXT;
    else if (!objects_get(&driver->objects, OBJECT_SURFACE, target)) status = VA_STATUS_ERROR_INVALID_SURFACE;
    else self->picture = (drv_picture){.target = target, .coded = VA_INVALID_ID}; /* discards one never ended */
    pthread_mutex_unlock(&driver->lock);
    return status;
}

static VAStatus read_picture(drv_context *self, const void *data)
{
    VAStatus status = self->syntax->picture(self, data);
    self->picture.has_picture = 1;
    return status == VA_STATUS_SUCCESS && self->rules ? self->rules->picture(self) : status;
}

/* Call with the driver locked. */
static VAStatus read_parameter(drv_context *self, const drv_buffer *buffer)
{
    const syntax *reads = self->syntax;
    const size_t size = (size_t)buffer->size * buffer->elements;
    switch (buffer->type) {
    case VAEncSequenceParameterBufferType:
        return size < reads->sequence_size ? VA_STATUS_ERROR_INVALID_PARAMETER : reads->sequence(self, buffer->data);
    case VAEncPictureParameterBufferType:
        if (size < reads->picture_size) return VA_STATUS_ERROR_INVALID_PARAMETER;
        return read_picture(self, buffer->data);
    case VAEncSliceParameterBufferType:
        if (size < reads->slice_size) return VA_STATUS_ERROR_INVALID_PARAMETER;
        if (buffer->elements > 1 || self->picture.has_slice) return VA_STATUS_ERROR_INVALID_PARAMETER; /* EncMaxSlices is 1 */
        self->picture.has_slice = 1;
        return reads->slice(self, buffer->data);
    case VAEncMiscParameterBufferType:
        return misc_parameter(self, (const VAEncMiscParameterBuffer *)(const void *)buffer->data, size);
    case VAEncPackedHeaderParameterBufferType:
    case VAEncPackedHeaderDataBufferType:
        return VA_STATUS_SUCCESS; /* dropped: the encoder writes its own headers, which describe what it really does */
    default: return VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE;
    }
}

VAStatus drv_render_picture(VADriverContextP va, VAContextID id, VABufferID *buffers, int count)
{
    drv_display *driver = driver_of(va);
    VAStatus status = fault_status(CALL_RENDER);
    if (status != VA_STATUS_SUCCESS) return status;
    pthread_mutex_lock(&driver->lock);
    drv_context *self = objects_get(&driver->objects, OBJECT_CONTEXT, id);
    if (!self) status = VA_STATUS_ERROR_INVALID_CONTEXT;
    else if (self->picture.target == VA_INVALID_ID) status = VA_STATUS_ERROR_OPERATION_FAILED;
    for (int number = 0; status == VA_STATUS_SUCCESS && number < count; number++) {
        const drv_buffer *buffer = objects_get(&driver->objects, OBJECT_BUFFER, buffers[number]);
        status = buffer ? read_parameter(self, buffer) : VA_STATUS_ERROR_INVALID_BUFFER;
    }
    pthread_mutex_unlock(&driver->lock);
    return status;
}

/* Checks that everything has been set and that every handle is valid. */
static VAStatus complete(const drv_context *self, const drv_surface *target, const drv_buffer *coded)
{
    const drv_picture *picture = &self->picture;
    const object_table *objects = &self->driver->objects;
    if (!self->settings.sequence_given || !picture->has_picture || !picture->has_slice) return VA_STATUS_ERROR_INVALID_PARAMETER;
    if (!target || !objects_get(objects, OBJECT_SURFACE, picture->reconstructed)) return VA_STATUS_ERROR_INVALID_SURFACE;
    if (!coded || coded->type != VAEncCodedBufferType || coded->context != self->id) return VA_STATUS_ERROR_INVALID_BUFFER;
    if (coded->work.pending || coded->mapped) return VA_STATUS_ERROR_OPERATION_FAILED; /* its bytes are not fetched yet */
    if (!picture->idr && !self->pictures) return VA_STATUS_ERROR_INVALID_PARAMETER;
    if (picture->slice_type > 2 || picture->slice_type == 1 || (picture->idr && picture->slice_type != 2))
        return VA_STATUS_ERROR_INVALID_PARAMETER;
    if (picture->slice_type == 0 && !picture->reference_count) return VA_STATUS_ERROR_INVALID_PARAMETER;
    return self->config.rate_control != VA_RC_CQP && !self->settings.rate.target_bps ? VA_STATUS_ERROR_INVALID_PARAMETER
                                                                                     : VA_STATUS_SUCCESS;
}

/* The visible size is the sequence's, limited to the surface: HEVC's sequence is in whole coding blocks, the surface is not.
 * Rounded to whole chroma samples. */
static uint32_t visible(uint32_t sequence, uint32_t surface) { return (sequence < surface ? sequence : surface) & ~1u; }

static void remember(drv_context *self, const codec_picture *made)
{
    self->sequence_width = made->width;
    self->sequence_height = made->height;
    self->applied = made->rate;
    self->pictures++;
}

static VAStatus submit(drv_context *self, fault what)
{
    const drv_picture *picture = &self->picture;
    drv_surface *target = objects_get(&self->driver->objects, OBJECT_SURFACE, picture->target);
    drv_buffer *coded = objects_get(&self->driver->objects, OBJECT_BUFFER, picture->coded);
    VAStatus status = complete(self, target, coded);
    if (status != VA_STATUS_SUCCESS) return status;
    codec_picture made = {
        .plane = {memory_plane(&target->memory, 0), memory_plane(&target->memory, 1)},
        .pitch = {target->memory.pitch[0], target->memory.pitch[1]},
        .width = visible(self->settings.width, target->width),
        .height = visible(self->settings.height, target->height),
        .type = picture->idr               ? PICTURE_IDR
                : picture->slice_type == 2 ? PICTURE_I
                                           : PICTURE_P,
        .qp = picture->qp + picture->qp_delta,
        .quality = self->settings.quality,
        .rate = self->settings.rate,
    };
    if (made.type != PICTURE_IDR && (made.width != self->sequence_width || made.height != self->sequence_height))
        return VA_STATUS_ERROR_INVALID_PARAMETER; /* another size begins with an IDR picture */
    if (self->rules) self->rules->finish(self, &made.rate);
    if (what.action == FAULT_IGNORE_RATE && self->pictures) made.rate = self->applied;
    if (!made.rate.vbv_bits) made.rate.vbv_bits = made.rate.fullness_bits = made.rate.peak_bps; /* one second */
    drv_job *job = driver_alloc(sizeof *job);
    if (!job) return VA_STATUS_ERROR_ALLOCATION_FAILED;
    job->source = target;
    job->coded = coded;
    job->picture = made;
    job->delay_ms = what.action == FAULT_SLOW ? what.ms : 0;
    remember(self, &made);
    worker_give(self, job);
    return VA_STATUS_SUCCESS;
}

VAStatus drv_end_picture(VADriverContextP va, VAContextID id)
{
    drv_display *driver = driver_of(va);
    const fault what = fault_next(CALL_END);
    VAStatus status = what.action == FAULT_SLOW ? VA_STATUS_SUCCESS : fault_carry_out(what);
    if (status != VA_STATUS_SUCCESS && what.action == FAULT_HANG) return status; /* the display may have been terminated by now */
    pthread_mutex_lock(&driver->lock);
    drv_context *self = objects_get(&driver->objects, OBJECT_CONTEXT, id);
    if (!self) status = VA_STATUS_ERROR_INVALID_CONTEXT;
    else if (self->picture.target == VA_INVALID_ID) status = VA_STATUS_ERROR_OPERATION_FAILED;
    else {
        if (status == VA_STATUS_SUCCESS) status = submit(self, what);
        self->picture.target = VA_INVALID_ID;
    }
    pthread_mutex_unlock(&driver->lock);
    return status;
}
