/* sync.c - waits until the worker is done with a surface or coded buffer, or until the time-out. */
#include "sync.h"
#include "calls.h"
#include "plan.h"

#include <errno.h>
#include <time.h>

/* Looked up by its handle after every wait, because another thread may have destroyed it meanwhile. */
static activity *find(const drv_display *driver, object_kind kind, uint32_t id)
{
    void *object = objects_get(&driver->objects, kind, id);
    if (!object) return NULL;
    return kind == OBJECT_SURFACE ? &((drv_surface *)object)->work : &((drv_buffer *)object)->work;
}

const activity *sync_idle(drv_display *driver, object_kind kind, uint32_t id)
{
    const activity *work;
    while ((work = find(driver, kind, id)) && work->pending) pthread_cond_wait(&driver->done, &driver->lock);
    return work;
}

uint64_t sync_hangs(const drv_display *driver, VAContextID id)
{
    const drv_context *context = objects_get(&driver->objects, OBJECT_CONTEXT, id);
    return context && context->hung == fault_generation() ? context->hung : 0;
}

/* Call with the driver locked. */
static VAStatus wait_until(drv_display *driver, object_kind kind, uint32_t id, uint64_t timeout_ns)
{
    const int forever = timeout_ns > INT64_MAX / 2;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    if (!forever) {
        uint64_t ns = timeout_ns + (uint64_t)until.tv_nsec;
        until.tv_sec += (time_t)(ns / 1000000000);
        until.tv_nsec = (long)(ns % 1000000000);
    }
    const activity *work;
    int late = 0;
    while ((work = find(driver, kind, id)) && work->pending && !late)
        if (forever) pthread_cond_wait(&driver->done, &driver->lock);
        else late = pthread_cond_timedwait(&driver->done, &driver->lock, &until) == ETIMEDOUT;
    if (!work) return kind == OBJECT_SURFACE ? VA_STATUS_ERROR_INVALID_SURFACE : VA_STATUS_ERROR_INVALID_BUFFER;
    return work->pending ? VA_STATUS_ERROR_TIMEDOUT : work->status;
}

/* Applies the fault plan to this call; a hang persists for the context. */
static fault next_fault(fault_call call)
{
    fault any = fault_next(CALL_SYNC_SURFACE);
    fault own = call == CALL_SYNC_SURFACE ? any : fault_next(call);
    return any.action != FAULT_NONE ? any : own;
}

static VAStatus sync(drv_display *driver, object_kind kind, uint32_t id, uint64_t timeout_ns, fault_call call)
{
    const fault what = next_fault(call);
    uint64_t hung = what.action == FAULT_HANG ? fault_generation() : 0;
    pthread_mutex_lock(&driver->lock);
    const activity *work = find(driver, kind, id);
    if (work && hung) {
        drv_context *context = objects_get(&driver->objects, OBJECT_CONTEXT, work->context);
        if (context) context->hung = hung;
    } else if (work) {
        hung = sync_hangs(driver, work->context);
    }
    pthread_mutex_unlock(&driver->lock);
    if (hung) {
        fault_wait(hung, timeout_ns);
        return VA_STATUS_ERROR_TIMEDOUT;
    }
    VAStatus status = fault_carry_out(what);
    if (status != VA_STATUS_SUCCESS) return status;
    pthread_mutex_lock(&driver->lock);
    status = wait_until(driver, kind, id, timeout_ns);
    pthread_mutex_unlock(&driver->lock);
    return status;
}

VAStatus drv_sync_surface(VADriverContextP va, VASurfaceID id)
{
    return sync(driver_of(va), OBJECT_SURFACE, id, VA_TIMEOUT_INFINITE, CALL_SYNC_SURFACE);
}

VAStatus drv_sync_surface2(VADriverContextP va, VASurfaceID id, uint64_t timeout_ns)
{
    return sync(driver_of(va), OBJECT_SURFACE, id, timeout_ns, CALL_SYNC_SURFACE2);
}

VAStatus drv_sync_buffer(VADriverContextP va, VABufferID id, uint64_t timeout_ns)
{
    return sync(driver_of(va), OBJECT_BUFFER, id, timeout_ns, CALL_SYNC_BUFFER);
}

VAStatus drv_query_surface_status(VADriverContextP va, VASurfaceID id, VASurfaceStatus *status)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    const activity *work = find(driver, OBJECT_SURFACE, id);
    if (work) *status = work->pending || sync_hangs(driver, work->context) ? VASurfaceRendering : VASurfaceReady;
    pthread_mutex_unlock(&driver->lock);
    return work ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_SURFACE;
}
