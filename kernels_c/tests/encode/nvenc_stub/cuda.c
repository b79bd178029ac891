/* cuda.c - a libcuda.so.1 with devices but nothing behind them: contexts and each thread's stack of them. */
#include "control.h"
#include "plan.h"

#include <ffnvcodec/dynlink_cuda.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEEP = 8, MAGIC = 0x43554458 };

typedef struct context {
    int magic;
} context;

static atomic_int contexts;
static _Thread_local CUcontext stack[DEEP];
static _Thread_local int depth;
static atomic_int initialised;

#define CALL(name)                                                                                                               \
    do {                                                                                                                         \
        int planned = stub_fault(name);                                                                                          \
        if (planned) return (CUresult)planned;                                                                                   \
    } while (0)

enum { INVALID_VALUE = 1, NOT_INITIALIZED = 3, INVALID_DEVICE = 101, INVALID_CONTEXT = 201 };

static int devices(void)
{
    const char *text = getenv("NENC_CUDA_DEVICES");
    return text ? atoi(text) : 1;
}

STUB_EXPORT tcuInit cuInit;
STUB_EXPORT tcuDeviceGetCount cuDeviceGetCount;
STUB_EXPORT tcuDeviceGet cuDeviceGet;
STUB_EXPORT tcuDeviceGetName cuDeviceGetName;
STUB_EXPORT tcuCtxCreate_v2 cuCtxCreate_v2;
STUB_EXPORT tcuCtxDestroy_v2 cuCtxDestroy_v2;
STUB_EXPORT tcuCtxPushCurrent_v2 cuCtxPushCurrent_v2;
STUB_EXPORT tcuCtxPopCurrent_v2 cuCtxPopCurrent_v2;
STUB_EXPORT tcuGetErrorName cuGetErrorName;
STUB_EXPORT int nenc_stub_is_context(void *context, int current);

CUresult cuInit(unsigned int flags)
{
    CALL("cuInit");
    if (flags) return (CUresult)INVALID_VALUE;
    initialised = 1;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *count)
{
    CALL("cuDeviceGetCount");
    if (!initialised) return (CUresult)NOT_INITIALIZED;
    *count = devices();
    return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
    CALL("cuDeviceGet");
    if (ordinal < 0 || ordinal >= devices()) return (CUresult)INVALID_DEVICE;
    *device = ordinal;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int size, CUdevice device)
{
    CALL("cuDeviceGetName");
    snprintf(name, (size_t)size, "stub GPU %d", device);
    return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v2(CUcontext *made, unsigned int flags, CUdevice device)
{
    CALL("cuCtxCreate");
    if (flags || device < 0 || device >= devices() || depth == DEEP) return (CUresult)INVALID_VALUE;
    context *self = malloc(sizeof *self);
    self->magic = MAGIC;
    contexts++;
    *made = stack[depth++] = (CUcontext)self;
    return CUDA_SUCCESS;
}

CUresult cuCtxDestroy_v2(CUcontext given)
{
    context *self = (context *)given;
    if (!self || self->magic != MAGIC) return (CUresult)INVALID_CONTEXT;
    self->magic = 0;
    free(self);
    contexts--;
    return (CUresult)stub_fault("cuCtxDestroy");
}

CUresult cuCtxPushCurrent_v2(CUcontext given)
{
    CALL("cuCtxPushCurrent");
    if (!given || ((context *)given)->magic != MAGIC || depth == DEEP) return (CUresult)INVALID_CONTEXT;
    stack[depth++] = given;
    return CUDA_SUCCESS;
}

/* Pops even when it is told to fail: a thread's stack must not grow by a test. */
CUresult cuCtxPopCurrent_v2(CUcontext *popped)
{
    if (!depth) return (CUresult)INVALID_CONTEXT;
    *popped = stack[--depth];
    return (CUresult)stub_fault("cuCtxPopCurrent");
}

CUresult cuGetErrorName(CUresult error, const char **name)
{
    *name = error == CUDA_ERROR_UNKNOWN ? "CUDA_ERROR_UNKNOWN" : (int)error == 100 ? "CUDA_ERROR_NO_DEVICE" : NULL;
    return *name ? CUDA_SUCCESS : (CUresult)INVALID_VALUE;
}

int nenc_stub_is_context(void *given, int current)
{
    return given && ((context *)given)->magic == MAGIC && (!current || (depth && stack[depth - 1] == (CUcontext)given));
}

void nenc_stub_cuda_plan(const char *plan) { stub_plan(plan); }
long nenc_stub_cuda_calls(void) { return stub_calls(); }
int nenc_stub_cuda_live(void) { return contexts + depth; }
