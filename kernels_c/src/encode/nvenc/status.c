/* status.c - NVENCSTATUS in words, and what each means for us. */
#include "encode/nvenc/status.h"

typedef struct meaning {
    const char *name;
    int status;
    const char *text;
} meaning;

/* In the order of their numbers. */
static const meaning meanings[] = {
    {"SUCCESS", NENC_OK, "no error"},
    {"NO_ENCODE_DEVICE", NENC_ENCODE_MISSING, "this GPU has no encoder"},
    {"UNSUPPORTED_DEVICE", NENC_ENCODE_MISSING, "this GPU cannot encode, or the container lacks the driver's capability 'video'"},
    {"INVALID_ENCODERDEVICE", NENC_ENCODE_FAILED, "the driver does not take this device"},
    {"INVALID_DEVICE", NENC_ENCODE_FAILED, "the driver does not take this CUDA context"},
    {"DEVICE_NOT_EXIST", NENC_ENCODE_GONE, "the GPU is gone; it needs a new session, often a new process"},
    {"INVALID_PTR", NENC_ENCODE_FAILED, "a pointer was refused"},
    {"INVALID_EVENT", NENC_ENCODE_FAILED, "an event was refused"},
    {"INVALID_PARAM", NENC_ENCODE_FAILED, "a parameter was refused"},
    {"INVALID_CALL", NENC_ENCODE_FAILED, "a call out of order"},
    {"OUT_OF_MEMORY", NENC_ENCODE_FAILED, "out of memory"},
    {"ENCODER_NOT_INITIALIZED", NENC_ENCODE_FAILED, "the session was not initialised"},
    {"UNSUPPORTED_PARAM", NENC_ENCODE_UNSUPPORTED, "this GPU cannot do what was asked"},
    {"LOCK_BUSY", NENC_ENCODE_TIMEOUT, "the buffer stayed locked"},
    {"NOT_ENOUGH_BUFFER", NENC_ENCODE_FAILED, "the frame does not fit its buffer"},
    {"INVALID_VERSION", NENC_ENCODE_MISSING, "the driver does not know this version of the API"},
    {"MAP_FAILED", NENC_ENCODE_FAILED, "the input could not be mapped"},
    {"NEED_MORE_INPUT", NENC_ENCODE_EMPTY, "it took the picture and gave no frame"},
    {"ENCODER_BUSY", NENC_ENCODE_TIMEOUT, "the encoder stayed busy"},
    {"EVENT_NOT_REGISTERD", NENC_ENCODE_FAILED, "an event was not registered"},
    {"GENERIC", NENC_ENCODE_FAILED, "an error without a name; the CUDA context may be lost"},
    {"INCOMPATIBLE_CLIENT_KEY", NENC_ENCODE_MISSING, "the driver refuses this client; too many sessions on some drivers"},
    {"UNIMPLEMENTED", NENC_ENCODE_UNSUPPORTED, "the driver does not have this call"},
    {"RESOURCE_REGISTER_FAILED", NENC_ENCODE_FAILED, "the input could not be registered"},
    {"RESOURCE_NOT_REGISTERED", NENC_ENCODE_FAILED, "the input is not registered"},
    {"RESOURCE_NOT_MAPPED", NENC_ENCODE_FAILED, "the input is not mapped"},
};

_Static_assert(sizeof meanings / sizeof *meanings == NV_ENC_ERR_RESOURCE_NOT_MAPPED + 1, "one line per NVENCSTATUS");

int nenc_nvenc_fail(nenc_failure *failure, const char *call, NVENCSTATUS status, const char *driver)
{
    static const meaning unknown = {"unknown", NENC_ENCODE_FAILED, "a status that these headers do not have"};
    const size_t number = (size_t)status;
    const meaning *line = number < sizeof meanings / sizeof *meanings ? &meanings[number] : &unknown;
    const int more = driver && *driver;
    return nenc_fail(failure, line->status, "%s: %s (%d): %s%s%.100s", call, line->name, (int)status, line->text,
                     more ? "; driver: " : "", more ? driver : "");
}

int nenc_nvenc_busy(NVENCSTATUS status) { return status == NV_ENC_ERR_LOCK_BUSY || status == NV_ENC_ERR_ENCODER_BUSY; }
