/* nvenc.c - the encoder of NVIDIA's GPUs: one picture in, its frame out. Rates wait for the next picture, so that the driver is
 * only ever called on the thread that encodes: a reconfigure from another one was seen to deadlock. */
#include "encode/nvenc/nvenc.h"
#include "core/alloc.h"
#include "core/clock.h"
#include "encode/nvenc/session.h"
#include "encode/nvenc/settings.h"
#include "encode/nvenc/status.h"

#include <math.h>
#include <string.h>
#include <time.h>

static int open_nvenc(const nenc_encoder_config *config, void **state, nenc_failure *failure)
{
    if (config->codec != NENC_H264 && config->codec != NENC_HEVC)
        return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "nvenc: it encodes h264 and hevc only");
    nenc_nvenc *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "nvenc: out of memory");
    self->config = *config;
    int status = nenc_nvenc_start(self, failure);
    if (status != NENC_OK) {
        nenc_nvenc_stop(self);
        nenc_free(self);
        return status;
    }
    *state = self;
    return NENC_OK;
}

static int set_rate(void *state, const nenc_rate *rate, nenc_failure *failure)
{
    nenc_nvenc *self = state;
    self->config.rate = *rate;
    self->changed = 1;
    return NENC_OK;
}

static int set_fps(void *state, uint32_t num, uint32_t den, nenc_failure *failure)
{
    nenc_nvenc *self = state;
    self->config.fps_num = num;
    self->config.fps_den = den;
    self->changed = 1;
    return NENC_OK;
}

/* True while the answer is that the encoder is busy and there is patience left; waits a little first. */
static int again(NVENCSTATUS status, int64_t deadline)
{
    if (!nenc_nvenc_busy(status) || nenc_now_ns() >= deadline) return 0;
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    return 1;
}

/* Neither a reset nor an IDR: the stream goes on at another rate. */
static int reconfigure(nenc_nvenc *self, int64_t deadline, nenc_failure *failure)
{
    NVENCSTATUS status;
    self->params.frameRateNum = self->config.fps_num;
    self->params.frameRateDen = self->config.fps_den;
    nenc_nvenc_rate(&self->stream.rcParams, &self->config.rate, self->config.rate_mode, self->custom_vbv);
    NV_ENC_RECONFIGURE_PARAMS params = {.version = NV_ENC_RECONFIGURE_PARAMS_VER, .reInitEncodeParams = self->params};
    do status = self->api.nvEncReconfigureEncoder(self->session, &params);
    while (again(status, deadline));
    if (status != NV_ENC_SUCCESS) return nenc_nvenc_failed(self, failure, "nvEncReconfigureEncoder", status);
    self->changed = 0;
    return NENC_OK;
}

static void copy_rows(uint8_t *to, size_t pitch, const uint8_t *from, size_t stride, size_t bytes, size_t rows)
{
    for (size_t row = 0; row < rows; row++) memcpy(to + row * pitch, from + row * stride, bytes);
}

static int upload(nenc_nvenc *self, const nenc_picture *picture, uint32_t *pitch, int64_t deadline, nenc_failure *failure)
{
    NV_ENC_LOCK_INPUT_BUFFER lock;
    NVENCSTATUS status;
    do {
        lock = (NV_ENC_LOCK_INPUT_BUFFER){.version = NV_ENC_LOCK_INPUT_BUFFER_VER, .inputBuffer = self->input};
        status = self->api.nvEncLockInputBuffer(self->session, &lock);
    } while (again(status, deadline));
    if (status != NV_ENC_SUCCESS) return nenc_nvenc_failed(self, failure, "nvEncLockInputBuffer", status);
    uint8_t *luma = lock.bufferDataPtr;
    const size_t width = picture->width, height = picture->height;
    const int whole = luma && lock.pitch >= width;
    if (whole) {
        copy_rows(luma, lock.pitch, picture->plane[0], picture->stride[0], width, height);
        copy_rows(luma + lock.pitch * height, lock.pitch, picture->plane[1], picture->stride[1], width, height / 2);
    }
    *pitch = lock.pitch;
    status = self->api.nvEncUnlockInputBuffer(self->session, self->input);
    if (!whole) return nenc_fail(failure, NENC_ENCODE_FAILED, "nvEncLockInputBuffer: no memory, or a pitch of %u", lock.pitch);
    return status == NV_ENC_SUCCESS ? NENC_OK : nenc_nvenc_failed(self, failure, "nvEncUnlockInputBuffer", status);
}

static int submit(nenc_nvenc *self, int key, uint32_t pitch, int64_t deadline, nenc_failure *failure)
{
    NVENCSTATUS status;
    NV_ENC_PIC_PARAMS picture = {
        .version = NV_ENC_PIC_PARAMS_VER,
        .inputWidth = self->config.width,
        .inputHeight = self->config.height,
        .inputPitch = pitch,
        .encodePicFlags = key ? NV_ENC_PIC_FLAG_FORCEIDR | NV_ENC_PIC_FLAG_OUTPUT_SPSPPS : 0,
        .frameIdx = self->frames,
        .inputTimeStamp = self->frames,
        .inputBuffer = self->input,
        .outputBitstream = self->output,
        .bufferFmt = NV_ENC_BUFFER_FORMAT_NV12,
        .pictureStruct = NV_ENC_PIC_STRUCT_FRAME,
    };
    do status = self->api.nvEncEncodePicture(self->session, &picture);
    while (again(status, deadline));
    if (status != NV_ENC_SUCCESS) return nenc_nvenc_failed(self, failure, "nvEncEncodePicture", status);
    self->frames++;
    return NENC_OK;
}

/* 0: memory is short. */
static int keep(nenc_nvenc *self, const void *bytes, size_t count)
{
    if (count > self->capacity) {
        uint8_t *more = nenc_alloc(count + count / 2);
        if (!more) return 0;
        nenc_free(self->data);
        self->data = more;
        self->capacity = count + count / 2;
    }
    memcpy(self->data, bytes, count);
    return 1;
}

static int collect(nenc_nvenc *self, nenc_coded *coded, int64_t deadline, nenc_failure *failure)
{
    NV_ENC_LOCK_BITSTREAM lock;
    NVENCSTATUS status;
    do {
        lock = (NV_ENC_LOCK_BITSTREAM){.version = NV_ENC_LOCK_BITSTREAM_VER, .outputBitstream = self->output};
        status = self->api.nvEncLockBitstream(self->session, &lock);
    } while (again(status, deadline));
    if (status != NV_ENC_SUCCESS) return nenc_nvenc_failed(self, failure, "nvEncLockBitstream", status);
    const int some = lock.bitstreamBufferPtr && lock.bitstreamSizeInBytes;
    const int kept = some && keep(self, lock.bitstreamBufferPtr, lock.bitstreamSizeInBytes);
    status = self->api.nvEncUnlockBitstream(self->session, self->output);
    if (!some) return nenc_fail(failure, NENC_ENCODE_EMPTY, "nvEncLockBitstream: no bytes");
    if (!kept) return nenc_fail(failure, NENC_ENOMEM, "nvenc: out of memory");
    if (status != NV_ENC_SUCCESS) return nenc_nvenc_failed(self, failure, "nvEncUnlockBitstream", status);
    coded->data = self->data;
    coded->bytes = lock.bitstreamSizeInBytes;
    coded->key = lock.pictureType == NV_ENC_PIC_TYPE_IDR;
    coded->qp = (float)lock.frameAvgQP;
    coded->input = NENC_INPUT_COPY;
    return NENC_OK;
}

static int encode(void *state, const nenc_frame *frame, int key, nenc_coded *coded, nenc_failure *failure)
{
    nenc_nvenc *self = state;
    CUcontext popped;
    uint32_t pitch = 0;
    const int64_t began = nenc_now_ns(), patience = self->config.timeout_ns;
    const int64_t deadline = patience > INT64_MAX - began ? INT64_MAX : began + patience;
    CUresult pushed = self->cuda.push(self->context);
    int status = NENC_OK;
    if (pushed != CUDA_SUCCESS) status = nenc_cuda_fail(&self->cuda, failure, NENC_ENCODE_FAILED, "cuCtxPushCurrent", pushed);
    if (status == NENC_OK && self->changed) status = reconfigure(self, deadline, failure);
    if (status == NENC_OK) status = upload(self, &frame->picture, &pitch, deadline, failure);
    if (status == NENC_OK) status = submit(self, key, pitch, deadline, failure);
    if (status == NENC_OK) status = collect(self, coded, deadline, failure);
    if (pushed == CUDA_SUCCESS) self->cuda.pop(&popped);
    self->failed = status != NENC_OK;
    return status;
}

/* Every encode waited for its frame: nothing is under way. */
static int drain(void *state, nenc_failure *failure) { return NENC_OK; }

static const char *describe(const void *state) { return ((const nenc_nvenc *)state)->name; }

static void close_nvenc(void *state)
{
    nenc_nvenc *self = state;
    nenc_nvenc_stop(self);
    nenc_free(self->data);
    nenc_free(self);
}

const nenc_backend nenc_nvenc_backend = {
    .abi = NENC_BACKEND_ABI,
    .size = sizeof(nenc_backend),
    .open = open_nvenc,
    .set_rate = set_rate,
    .set_fps = set_fps,
    .encode = encode,
    .drain = drain,
    .describe = describe,
    .close = close_nvenc,
};
