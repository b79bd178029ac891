/* status.c - what the library says about itself: version and status codes in words. */
#include "nenc/nenc.h"

const char *nenc_version(void) { return NENC_VERSION; }

const char *nenc_strerror(int status)
{
    switch (status) {
    case NENC_OK: return "success";
    case NENC_EINVAL: return "invalid argument";
    case NENC_ENOMEM: return "out of memory";
    case NENC_ESTATE: return "not possible in this state";
    case NENC_ETHREAD: return "the thread could not be created";
    case NENC_ERANGE: return "value out of range";
    default: return status > 0 ? "success" : "unknown status";
    }
}
