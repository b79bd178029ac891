/* buffer.c - one parameter buffer of one picture. */
#include "encode/vaapi/vaapi.h"

int nenc_vaapi_render(nenc_vaapi *self, VABufferType type, const void *data, size_t size, const char *what, nenc_failure *failure)
{
    VABufferID buffer = VA_INVALID_ID;
    char call[64];
    snprintf(call, sizeof call, "vaCreateBuffer (%s)", what);
    /* The interface takes it without const and does not write to it. */
    int status = nenc_vaapi_check(
        self, call, vaCreateBuffer(self->display.va, self->context, type, (unsigned)size, 1, (void *)(uintptr_t)data, &buffer),
        failure);
    if (status != NENC_OK) return status;
    snprintf(call, sizeof call, "vaRenderPicture (%s)", what);
    status = nenc_vaapi_check(self, call, vaRenderPicture(self->display.va, self->context, &buffer, 1), failure);
    vaDestroyBuffer(self->display.va, buffer);
    return status;
}
