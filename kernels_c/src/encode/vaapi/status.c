/* status.c - VAStatus in words, as va.h has them. */
#include "encode/vaapi/display.h"

/* What a VAStatus is called in va.h, "HW_BUSY". */
static const char *name_of(VAStatus status)
{
    switch (status) {
#define NAME(name)                                                                                                               \
    case VA_STATUS_ERROR_##name: return #name
        NAME(OPERATION_FAILED);
        NAME(ALLOCATION_FAILED);
        NAME(INVALID_DISPLAY);
        NAME(INVALID_CONFIG);
        NAME(INVALID_CONTEXT);
        NAME(INVALID_SURFACE);
        NAME(INVALID_BUFFER);
        NAME(INVALID_IMAGE);
        NAME(INVALID_SUBPICTURE);
        NAME(ATTR_NOT_SUPPORTED);
        NAME(MAX_NUM_EXCEEDED);
        NAME(UNSUPPORTED_PROFILE);
        NAME(UNSUPPORTED_ENTRYPOINT);
        NAME(UNSUPPORTED_RT_FORMAT);
        NAME(UNSUPPORTED_BUFFERTYPE);
        NAME(SURFACE_BUSY);
        NAME(FLAG_NOT_SUPPORTED);
        NAME(INVALID_PARAMETER);
        NAME(RESOLUTION_NOT_SUPPORTED);
        NAME(UNIMPLEMENTED);
        NAME(SURFACE_IN_DISPLAYING);
        NAME(INVALID_IMAGE_FORMAT);
        NAME(DECODING_ERROR);
        NAME(ENCODING_ERROR);
        NAME(INVALID_VALUE);
        NAME(UNSUPPORTED_FILTER);
        NAME(INVALID_FILTER_CHAIN);
        NAME(HW_BUSY);
        NAME(UNSUPPORTED_MEMORY_TYPE);
        NAME(NOT_ENOUGH_BUFFER);
        NAME(TIMEDOUT);
#undef NAME
    default: return status == VA_STATUS_SUCCESS ? "SUCCESS" : "unknown";
    }
}

int nenc_va_check(nenc_display *display, const char *call, VAStatus status, nenc_failure *failure)
{
    if (status == VA_STATUS_SUCCESS) return NENC_OK;
    const int kind = status == VA_STATUS_ERROR_TIMEDOUT                   ? NENC_ENCODE_TIMEOUT
                     : status == VA_STATUS_ERROR_ALLOCATION_FAILED        ? NENC_ENOMEM
                     : status == VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED ? NENC_ENCODE_UNSUPPORTED
                                                                          : NENC_ENCODE_FAILED;
    const char *said = display->message;
    return nenc_fail(failure, kind, "%s: %s (0x%02x)%s%s", call, name_of(status), (unsigned)status, *said ? "; " : "", said);
}
