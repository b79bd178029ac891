/* coded.c - a mapped coded buffer: the list of its segments. */
#include "buffer.h"
#include "plan.h"
#include "sync.h"

/* A single segment with everything, which is the usual case. */
static void one_segment(drv_buffer *self)
{
    self->segments[0] = (VACodedBufferSegment){.size = self->bytes, .status = self->flags, .buf = self->data};
}

static void two_segments(drv_buffer *self)
{
    const uint32_t half = self->bytes / 2;
    self->segments[0].size = half;
    self->segments[0].next = &self->segments[1];
    self->segments[1] = (VACodedBufferSegment){.size = self->bytes - half, .status = self->flags, .buf = self->data + half};
}

/* Damages bytes after the headers, without making or breaking a start code. */
static void damage(drv_buffer *self)
{
    for (uint32_t at = self->bytes / 2; at < self->bytes && at < self->bytes / 2 + 64; at++) self->data[at] ^= 0x5a;
}

static void spoil(drv_buffer *self, fault_action action)
{
    if (action == FAULT_EMPTY) self->segments[0].size = 0;
    else if (action == FAULT_BAD_BITSTREAM) self->segments[0].status |= VA_CODED_BUF_STATUS_BAD_BITSTREAM;
    else if (action == FAULT_TWO_SEGMENTS) two_segments(self);
    else if (action == FAULT_CORRUPT) damage(self);
}

/* Called without the driver's lock, so that a hang does not block other threads. */
static VAStatus out_of_lock(drv_display *driver, fault what, uint64_t hung)
{
    VAStatus status = VA_STATUS_ERROR_TIMEDOUT;
    pthread_mutex_unlock(&driver->lock);
    if (hung) fault_wait(hung, UINT64_MAX);
    else status = fault_carry_out(what);
    pthread_mutex_lock(&driver->lock);
    return status;
}

VAStatus coded_map(drv_display *driver, VABufferID id, void **data)
{
    const fault what = fault_next(CALL_MAP);
    const drv_buffer *found = objects_get(&driver->objects, OBJECT_BUFFER, id);
    const uint64_t hung = sync_hangs(driver, found->context);
    VAStatus status = VA_STATUS_SUCCESS;
    if (hung || what.action != FAULT_NONE) status = out_of_lock(driver, what, hung);
    if (status != VA_STATUS_SUCCESS) return status;
    const activity *work = sync_idle(driver, OBJECT_BUFFER, id);
    if (!work) return VA_STATUS_ERROR_INVALID_BUFFER;
    if (work->status != VA_STATUS_SUCCESS) return work->status;
    drv_buffer *self = objects_get(&driver->objects, OBJECT_BUFFER, id);
    one_segment(self);
    spoil(self, what.action);
    self->mapped = 1;
    *data = what.action == FAULT_NULL ? NULL : self->segments;
    return VA_STATUS_SUCCESS;
}
