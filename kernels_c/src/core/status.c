/* status.c - the library's version, and its status codes in words. */
#include "nenc/encode.h"

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
    case NENC_ENCODE_MISSING: return "no such encoder here";
    case NENC_ENCODE_UNSUPPORTED: return "the encoder cannot do that";
    case NENC_ENCODE_FAILED: return "the encoder failed";
    case NENC_ENCODE_TIMEOUT: return "the encoder did not answer in time";
    case NENC_ENCODE_EMPTY: return "the encoder gave no frame, or a bad one";
    case NENC_ENCODE_GONE: return "the encoder's process ended";
    case NENC_ENCODE_SOURCE: return "the pictures to encode cannot be had";
    default: return status > 0 ? "success" : "unknown status";
    }
}
