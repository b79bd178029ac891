/* cuda.c - the GPU by its number, and a context on it. */
#include "encode/nvenc/load.h"

#include <stdlib.h>

int nenc_cuda_fail(const nenc_cuda *cuda, nenc_failure *failure, int status, const char *call, CUresult result)
{
    const char *name = NULL;
    if (cuda->error_name(result, &name) != CUDA_SUCCESS || !name) name = "unknown";
    return nenc_fail(failure, status, "%s: %s (%d)", call, name, (int)result);
}

/* -1: not a number. */
static int ordinal(const char *text)
{
    char *end;
    if (!*text) return 0;
    long number = strtol(text, &end, 10);
    return *end || *text < '0' || *text > '9' || number > 255 ? -1 : (int)number;
}

int nenc_cuda_open(const nenc_cuda *cuda, const char *device, CUcontext *context, char name[96], nenc_failure *failure)
{
    int count = 0;
    CUdevice gpu;
    CUcontext popped;
    const int number = ordinal(device);
    if (number < 0) return nenc_fail(failure, NENC_EINVAL, "nvenc: device '%.40s' is not a number (0, 1, ...)", device);
    CUresult result = cuda->init(0);
    if (result != CUDA_SUCCESS) return nenc_cuda_fail(cuda, failure, NENC_ENCODE_MISSING, "cuInit", result);
    result = cuda->device_count(&count);
    if (result != CUDA_SUCCESS) return nenc_cuda_fail(cuda, failure, NENC_ENCODE_MISSING, "cuDeviceGetCount", result);
    if (number >= count)
        return nenc_fail(failure, NENC_ENCODE_MISSING, "nvenc: no device %d: CUDA has %d on this machine", number, count);
    result = cuda->device(&gpu, number);
    if (result != CUDA_SUCCESS) return nenc_cuda_fail(cuda, failure, NENC_ENCODE_FAILED, "cuDeviceGet", result);
    result = cuda->device_name(name, 96, gpu);
    if (result != CUDA_SUCCESS) return nenc_cuda_fail(cuda, failure, NENC_ENCODE_FAILED, "cuDeviceGetName", result);
    result = cuda->create(context, 0, gpu);
    if (result != CUDA_SUCCESS) return nenc_cuda_fail(cuda, failure, NENC_ENCODE_FAILED, "cuCtxCreate", result);
    result = cuda->pop(&popped);
    if (result == CUDA_SUCCESS) return NENC_OK;
    cuda->destroy(*context);
    *context = NULL;
    return nenc_cuda_fail(cuda, failure, NENC_ENCODE_FAILED, "cuCtxPopCurrent", result);
}
