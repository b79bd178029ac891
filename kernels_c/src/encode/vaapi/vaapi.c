/* vaapi.c - the VA-API encoder: opens, encodes picture by picture, closes. */
#include "encode/vaapi/vaapi.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const nenc_vaapi_codec *const codecs[] = {[NENC_H264] = &nenc_vaapi_h264, [NENC_HEVC] = &nenc_vaapi_hevc};

static int has_codec(uint32_t codec) { return codec < sizeof codecs / sizeof *codecs && codecs[codec]; }

static const nenc_vaapi_codec *codec_of(const nenc_vaapi *self) { return codecs[self->config.codec]; }

static int try_device(nenc_vaapi *self, const char *device, nenc_failure *failure)
{
    int status = nenc_display_open(&self->display, device, failure);
    if (status == NENC_OK) status = nenc_vaapi_choose(self, failure);
    if (status != NENC_OK) nenc_display_close(&self->display);
    return status;
}

/* The first GPU that can; without one our own driver, which always can. What each GPU said is told if that fails too. */
static int find_device(nenc_vaapi *self, nenc_failure *failure)
{
    if (self->config.device[0]) return try_device(self, self->config.device, failure);
    glob_t nodes = {0};
    nenc_failure first = {""};
    int status = NENC_ENCODE_MISSING;
    if (glob("/dev/dri/renderD*", 0, NULL, &nodes) == 0)
        for (size_t i = 0; status != NENC_OK && i < nodes.gl_pathc; i++) {
            status = try_device(self, nodes.gl_pathv[i], failure);
            if (status != NENC_OK && !first.text[0]) nenc_fail(&first, 0, "%.60s: %.120s; ", nodes.gl_pathv[i], failure->text);
        }
    globfree(&nodes);
    if (status == NENC_OK) return status;
    nenc_failure last = {""};
    status = try_device(self, "driver:nenc", &last);
    if (status != NENC_OK) return nenc_fail(failure, status, "%s%s", first.text, last.text);
    /* A GPU that is there and was not taken must not go without a word. */
    const size_t said = strlen(self->about);
    if (first.text[0]) snprintf(self->about + said, sizeof self->about - said, "; %s", first.text);
    return NENC_OK;
}

static int open_stream(nenc_vaapi *self, nenc_failure *failure)
{
    const uint32_t unit = codec_of(self)->unit(self);
    self->aligned_width = (self->config.width + unit - 1) / unit * unit;
    self->aligned_height = (self->config.height + unit - 1) / unit * unit;
    if (self->config.codec == NENC_HEVC &&
        (self->aligned_width != self->config.width || self->aligned_height != self->config.height))
        return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED,
                         "%ux%u in HEVC: VA-API cannot say what is cut off; width and height must be multiples of %u",
                         self->config.width, self->config.height, unit);
    int status = nenc_vaapi_surfaces(self, failure);
    if (status == NENC_OK)
        status = nenc_vaapi_check(self, "vaCreateContext",
                                  vaCreateContext(self->display.va, self->va_config, (int)self->aligned_width,
                                                  (int)self->aligned_height, VA_PROGRESSIVE, self->reconstructions,
                                                  NENC_VA_RECONSTRUCTIONS, &self->context),
                                  failure);
    /* A picture's own size and a half: more than any rate control lets through. */
    const unsigned bytes = self->aligned_width * self->aligned_height * 3 + 65536;
    if (status == NENC_OK)
        status = nenc_vaapi_check(
            self, "vaCreateBuffer (coded)",
            vaCreateBuffer(self->display.va, self->context, VAEncCodedBufferType, bytes, 1, NULL, &self->coded), failure);
    return status;
}

static void close_vaapi(void *state)
{
    nenc_vaapi *self = state;
    if (self->display.va) {
        if (self->coded != VA_INVALID_ID) vaDestroyBuffer(self->display.va, self->coded);
        if (self->context != VA_INVALID_ID) vaDestroyContext(self->display.va, self->context);
        nenc_vaapi_drop_surfaces(self);
        if (self->va_config != VA_INVALID_ID) vaDestroyConfig(self->display.va, self->va_config);
    }
    nenc_display_close(&self->display);
    free(self->data);
    free(self);
}

static int open_vaapi(const nenc_encoder_config *config, void **state, nenc_failure *failure)
{
    if (!has_codec(config->codec)) return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "vaapi: it encodes h264 and hevc only");
    nenc_vaapi *self = calloc(1, sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "vaapi: out of memory");
    self->config = *config;
    self->display.fd = -1;
    self->va_config = self->context = self->coded = VA_INVALID_ID;
    for (int i = 0; i < NENC_VA_INPUTS; i++) self->inputs[i] = VA_INVALID_ID;
    for (int i = 0; i < NENC_VA_RECONSTRUCTIONS; i++) self->reconstructions[i] = VA_INVALID_ID;
    for (int i = 0; i < NENC_VA_IMPORTS; i++) self->imports[i].surface = VA_INVALID_ID;
    int status = find_device(self, failure);
    if (status == NENC_OK) status = open_stream(self, failure);
    if (status != NENC_OK) close_vaapi(self);
    else *state = self;
    return status;
}

static int set_rate(void *state, const nenc_rate *rate, nenc_failure *failure)
{
    nenc_vaapi *self = state;
    self->config.rate = *rate;
    return NENC_OK;
}

static int set_fps(void *state, uint32_t num, uint32_t den, nenc_failure *failure)
{
    nenc_vaapi *self = state;
    self->config.fps_num = num;
    self->config.fps_den = den;
    return NENC_OK;
}

/* The rates with every picture: a sequence resets them, and iHD keeps bounds of the QP for one picture only. */
static int describe_picture(nenc_vaapi *self, int key, nenc_failure *failure)
{
    const nenc_vaapi_codec *codec = codec_of(self);
    int status = key ? codec->sequence(self, failure) : NENC_OK;
    if (status == NENC_OK) status = codec->picture(self, key, failure);
    if (status == NENC_OK) status = nenc_vaapi_rate(self, failure);
    if (status == NENC_OK) status = codec->slice(self, key, failure);
    return status;
}

static int submit(nenc_vaapi *self, VASurfaceID surface, int key, nenc_failure *failure)
{
    int status = nenc_vaapi_check(self, "vaBeginPicture", vaBeginPicture(self->display.va, self->context, surface), failure);
    if (status == NENC_OK) status = describe_picture(self, key, failure);
    if (status == NENC_OK)
        status = nenc_vaapi_check(self, "vaEndPicture", vaEndPicture(self->display.va, self->context), failure);
    return status;
}

static int encode(void *state, const nenc_frame *frame, int key, nenc_coded *coded, nenc_failure *failure)
{
    nenc_vaapi *self = state;
    VASurfaceID surface;
    self->display.message[0] = '\0';
    if (key) self->since_idr = 0;
    int status = nenc_vaapi_input(self, frame, &surface, &coded->input, failure);
    if (status == NENC_OK) status = submit(self, surface, key, failure);
    if (status == NENC_OK) status = nenc_vaapi_take(self, surface, coded, failure);
    if (status != NENC_OK) return status;
    coded->key = codec_of(self)->is_key(coded->data, coded->bytes) != 0;
    if (key && !coded->key) return nenc_fail(failure, NENC_ENCODE_FAILED, "the driver was told to make a key frame and did not");
    self->idrs += coded->key;
    self->since_idr++;
    self->count++;
    return NENC_OK;
}

/* Every picture was waited for. */
static int drain(void *state, nenc_failure *failure) { return NENC_OK; }

static int fault(void *state, const char *plan, nenc_failure *failure)
{
    int (*set)(const char *);
    *(void **)&set = dlsym(RTLD_DEFAULT, "nenc_va_fault");
    if (!set) return nenc_fail(failure, NENC_ENCODE_UNSUPPORTED, "this driver cannot be told to fail");
    return set(plan) == 0 ? NENC_OK : nenc_fail(failure, NENC_EINVAL, "the driver does not understand the plan '%s'", plan);
}

static const char *device(const void *state) { return ((const nenc_vaapi *)state)->display.place; }
static const char *describe(const void *state) { return ((const nenc_vaapi *)state)->about; }

__attribute__((visibility("default"))) extern const nenc_backend nenc_encoder_module;
const nenc_backend nenc_encoder_module = {
    .abi = NENC_BACKEND_ABI,
    .size = sizeof(nenc_backend),
    .open = open_vaapi,
    .set_rate = set_rate,
    .set_fps = set_fps,
    .encode = encode,
    .drain = drain,
    .fault = fault,
    .describe = describe,
    .device = device,
    .close = close_vaapi,
};
