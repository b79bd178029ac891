/* load.h - NVIDIA's two libraries, found at run time. */
#ifndef NENC_ENCODE_NVENC_LOAD_H
#define NENC_ENCODE_NVENC_LOAD_H

#include "encode/backend.h"

#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/nvEncodeAPI.h>

/* The calls that are used, by the names they have in the library. */
typedef struct nenc_cuda {
    tcuInit *init;
    tcuDeviceGetCount *device_count;
    tcuDeviceGet *device;
    tcuDeviceGetName *device_name;
    tcuCtxCreate_v2 *create;
    tcuCtxDestroy_v2 *destroy;
    tcuCtxPushCurrent_v2 *push;
    tcuCtxPopCurrent_v2 *pop;
    tcuGetErrorName *error_name;
} nenc_cuda;

/* Both libraries, and a driver new enough; or why not, and what to install. */
int nenc_nvenc_load(nenc_cuda *cuda, NV_ENCODE_API_FUNCTION_LIST *api, nenc_failure *failure);

/* A context on the device of that number ("": the first), current on no thread. name: of the GPU. */
int nenc_cuda_open(const nenc_cuda *cuda, const char *device, CUcontext *context, char name[96], nenc_failure *failure);

/* "call: NAME (number)" of a CUresult; returns status. */
int nenc_cuda_fail(const nenc_cuda *cuda, nenc_failure *failure, int status, const char *call, CUresult result);

#endif
