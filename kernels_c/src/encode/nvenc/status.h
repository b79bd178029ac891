/* status.h - NVENCSTATUS in words, and what each means for us. */
#ifndef NENC_ENCODE_NVENC_STATUS_H
#define NENC_ENCODE_NVENC_STATUS_H

#include "encode/backend.h"

#include <ffnvcodec/nvEncodeAPI.h>

/* Writes "call: NAME (number): meaning" and what the driver itself says (may be NULL); returns the nenc_encode_status. */
int nenc_nvenc_fail(nenc_failure *failure, const char *call, NVENCSTATUS status, const char *driver);

/* Not a failure: the same call again may do. */
int nenc_nvenc_busy(NVENCSTATUS status);

#endif
