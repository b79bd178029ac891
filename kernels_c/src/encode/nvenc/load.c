/* load.c - NVIDIA's two libraries, found at run time: never unloaded, because drivers leave threads behind. */
#include "encode/nvenc/load.h"
#include "encode/nvenc/status.h"

#include <dlfcn.h>

/* The first driver that has these headers' API, as NVIDIA's release notes say. */
#if NVENCAPI_MAJOR_VERSION == 11 && NVENCAPI_MINOR_VERSION == 1
static const char driver_needed[] = "470.57.02";
#elif NVENCAPI_MAJOR_VERSION == 13 && NVENCAPI_MINOR_VERSION == 0
static const char driver_needed[] = "570";
#else
static const char driver_needed[] = "the one that NVIDIA names for this API";
#endif

static void *library(const char *file, nenc_failure *failure)
{
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        nenc_fail(failure, NENC_ENCODE_MISSING,
                  "nvenc: %.120s; install NVIDIA's driver (Debian non-free: libcuda1, libnvidia-encode1)", dlerror());
    return handle;
}

/* POSIX has data and code pointers alike; ISO C has not. */
static int symbol(void *handle, const char *name, void *call, nenc_failure *failure)
{
    void *found = dlsym(handle, name);
    *(void **)call = found;
    return found ? NENC_OK : nenc_fail(failure, NENC_ENCODE_MISSING, "nvenc: the driver has no %s; install a newer one", name);
}

static int load_cuda(nenc_cuda *cuda, nenc_failure *failure)
{
    void *handle = library("libcuda.so.1", failure);
    if (!handle) return NENC_ENCODE_MISSING;
    const struct {
        const char *name;
        void *call;
    } calls[] = {
        {"cuInit", &cuda->init},
        {"cuDeviceGetCount", &cuda->device_count},
        {"cuDeviceGet", &cuda->device},
        {"cuDeviceGetName", &cuda->device_name},
        {"cuCtxCreate_v2", &cuda->create},
        {"cuCtxDestroy_v2", &cuda->destroy},
        {"cuCtxPushCurrent_v2", &cuda->push},
        {"cuCtxPopCurrent_v2", &cuda->pop},
        {"cuGetErrorName", &cuda->error_name},
    };
    int status = NENC_OK;
    for (size_t i = 0; i < sizeof calls / sizeof *calls && status == NENC_OK; i++)
        status = symbol(handle, calls[i].name, calls[i].call, failure);
    dlclose(handle);
    return status;
}

static int load_api(NV_ENCODE_API_FUNCTION_LIST *api, nenc_failure *failure)
{
    NVENCSTATUS(NVENCAPI * newest)(uint32_t *);
    NVENCSTATUS(NVENCAPI * create)(NV_ENCODE_API_FUNCTION_LIST *);
    uint32_t have = 0;
    void *handle = library("libnvidia-encode.so.1", failure);
    if (!handle) return NENC_ENCODE_MISSING;
    int status = symbol(handle, "NvEncodeAPIGetMaxSupportedVersion", &newest, failure);
    if (status == NENC_OK) status = symbol(handle, "NvEncodeAPICreateInstance", &create, failure);
    dlclose(handle);
    if (status != NENC_OK) return status;
    NVENCSTATUS answer = newest(&have);
    if (answer != NV_ENC_SUCCESS) return nenc_nvenc_fail(failure, "NvEncodeAPIGetMaxSupportedVersion", answer, NULL);
    if (have < (NVENCAPI_MAJOR_VERSION << 4 | NVENCAPI_MINOR_VERSION))
        return nenc_fail(
            failure, NENC_ENCODE_MISSING,
            "nvenc: the driver is too old: its NVENC API is %u.%u, this build needs %d.%d; install driver %s or newer", have >> 4,
            have & 15, NVENCAPI_MAJOR_VERSION, NVENCAPI_MINOR_VERSION, driver_needed);
    *api = (NV_ENCODE_API_FUNCTION_LIST){.version = NV_ENCODE_API_FUNCTION_LIST_VER};
    answer = create(api);
    return answer == NV_ENC_SUCCESS ? NENC_OK : nenc_nvenc_fail(failure, "NvEncodeAPICreateInstance", answer, NULL);
}

int nenc_nvenc_load(nenc_cuda *cuda, NV_ENCODE_API_FUNCTION_LIST *api, nenc_failure *failure)
{
    int status = load_cuda(cuda, failure);
    return status == NENC_OK ? load_api(api, failure) : status;
}
