/* contract.c - what every encoder of the table promises, asked of each that this build and this machine have.
 *
 *   contract [NAME]...     only these
 */
#include "../core/check.h"
#include "nenc/encode.h"
#include "nenc/pool.h"
#include "nenc/source.h"

enum { PICTURES = 3 };

typedef struct stage {
    const char *name;
    nenc_encoder_config config;
    nenc_encoder *encoder;
    nenc_source *source;
    nenc_pool *pool;
    int64_t number;
} stage;

static int open_on(stage *self, const char *name, const nenc_encoder_config *config)
{
    char text[300] = "";
    const nenc_pattern pattern = {.width = config->width, .height = config->height, .seed = 5, .complexity = 0.85};
    *self = (stage){.name = name, .config = *config};
    int status = nenc_encoder_open(name, config, &self->encoder, text, sizeof text);
    CHECK((status == NENC_OK) == (self->encoder != NULL));
    if (status != NENC_OK) {
        CHECK(text[0] && !strchr(text, '\n'));
        return status;
    }
    CHECK(nenc_source_pattern(&pattern, &self->source, NULL, 0) == NENC_OK);
    CHECK(nenc_pool_create(config->width, config->height, PICTURES, NENC_MEMORY_ANY, &self->pool) == NENC_OK);
    CHECK(nenc_encoder_describe(self->encoder)[0]);
    CHECK(!strcmp(nenc_encoder_failure(self->encoder), ""));
    return status;
}

static void leave(stage *self)
{
    nenc_encoder_close(self->encoder);
    nenc_source_close(self->source);
    nenc_pool_destroy(self->pool);
}

static int shoot(stage *self, nenc_coded *coded)
{
    nenc_frame frame;
    CHECK(nenc_pool_frame(self->pool, (uint32_t)(self->number % PICTURES), &frame) == NENC_OK);
    CHECK(nenc_source_render(self->source, (uint64_t)self->number, &frame.picture) == NENC_OK);
    frame.pts_ns = self->number * 33333333;
    int status = nenc_encoder_encode(self->encoder, &frame, coded);
    if (status != NENC_OK)
        printf("%s: picture %lld: %s\n", self->name, (long long)self->number, nenc_encoder_failure(self->encoder));
    CHECK(status == NENC_OK);
    CHECK(coded->number == (uint64_t)self->number && coded->pts_ns == frame.pts_ns);
    CHECK(coded->bytes > 4 && coded->data[0] == 0 && coded->data[1] == 0 && (coded->data[2] == 1 || coded->data[3] == 1));
    CHECK(coded->encode_ns > 0);
    self->number++;
    return status;
}

/* Bits for the types of NAL units in an access unit (H.264 7.3.1, HEVC 7.3.1.2). */
static uint64_t nal_types(const nenc_coded *coded, uint32_t codec)
{
    uint64_t found = 0;
    for (uint32_t i = 0; i + 3 < coded->bytes; i++)
        if (!coded->data[i] && !coded->data[i + 1] && coded->data[i + 2] == 1)
            found |= 1ULL << (codec == NENC_H264 ? coded->data[i + 3] & 31 : coded->data[i + 3] >> 1 & 63);
    return found;
}

static int is_video(const stage *self) { return strcmp(self->name, "null") != 0; }

/* A key frame, its IDR slice and its parameter sets come together. */
static void check_nals(const stage *self, const nenc_coded *coded)
{
    if (!is_video(self)) return;
    const uint64_t types = nal_types(coded, self->config.codec);
    const uint64_t idr = self->config.codec == NENC_H264 ? 1ULL << 5 : 1ULL << 19 | 1ULL << 20;
    const uint64_t sets = self->config.codec == NENC_H264 ? 1ULL << 7 | 1ULL << 8 : 1ULL << 32 | 1ULL << 33 | 1ULL << 34;
    CHECK(!!(types & idr) == !!coded->key);
    CHECK(coded->key ? (types & sets) == sets : !(types & sets));
}

static nenc_encoder_config small(void)
{
    nenc_encoder_config config;
    nenc_encoder_config_default(&config);
    config.width = 640;
    config.height = 360;
    config.rate.qp_min = 10;
    config.timeout_ns = 30000000000; /* a busy machine must not look like a hang */
    return config;
}

static void keys(const char *name)
{
    stage self;
    nenc_coded coded;
    const nenc_encoder_config config = small();
    if (open_on(&self, name, &config) != NENC_OK) return;
    for (int i = 0; i < 40; i++) {
        if (i == 20) CHECK(nenc_encoder_request_key(self.encoder) == NENC_OK);
        shoot(&self, &coded);
        CHECK(coded.key == (i == 0 || i == 20));
        check_nals(&self, &coded);
    }
    CHECK(nenc_encoder_drain(self.encoder) == NENC_OK);
    leave(&self);
}

static double mean_bps(const uint32_t *bytes, int from, int until)
{
    double bits = 0;
    for (int i = from; i < until; i++) bits += 8.0 * bytes[i];
    return bits / (until - from) * 30;
}

/* 2 Mbit/s, then 500 kbit/s: each within 10 % over its last 5 s. */
static void rate_is_followed(const char *name, uint32_t mode)
{
    enum { HALF = 300, WINDOW = 150 };
    stage self;
    nenc_coded coded;
    uint32_t bytes[2 * HALF];
    nenc_encoder_config config = small();
    config.rate_mode = mode;
    if (open_on(&self, name, &config) != NENC_OK) return;
    const int frames = check_quick() ? 40 : 2 * HALF;
    for (int i = 0; i < frames; i++) {
        if (i == HALF) config.rate.bitrate_bps = 500000;
        CHECK(nenc_encoder_set_rate(self.encoder, &config.rate) == NENC_OK); /* the same again costs nothing: no key frame */
        shoot(&self, &coded);
        CHECK(coded.key == (i == 0));
        bytes[i] = coded.bytes;
    }
    if (frames == 2 * HALF) {
        const double first = mean_bps(bytes, HALF - WINDOW, HALF), second = mean_bps(bytes, HALF + WINDOW, 2 * HALF);
        printf("%s %s: %.0f kbit/s of 2000, %.0f of 500\n", name, mode == NENC_CBR ? "CBR" : "VBR", first / 1e3, second / 1e3);
        CHECK_NEAR(first, 2e6, 2e5);
        CHECK_NEAR(second, 5e5, 5e4);
    }
    leave(&self);
}

/* Fewer pictures a second, the same bits a second: each picture gets more. */
static void frame_rate(const char *name)
{
    enum { PART = 90 };
    stage self;
    nenc_coded coded;
    double bits[2] = {0, 0};
    nenc_encoder_config config = small();
    if (open_on(&self, name, &config) != NENC_OK) return;
    for (int i = 0; i < 2 * PART; i++) {
        if (i == PART) CHECK(nenc_encoder_set_fps(self.encoder, 15, 1) == NENC_OK);
        shoot(&self, &coded);
        if (i % PART >= PART / 2) bits[i / PART] += 8.0 * coded.bytes / (PART / 2);
        check_nals(&self, &coded);
    }
    CHECK_NEAR(bits[0] * 30, 2e6, 3e5);
    CHECK_NEAR(bits[1] * 15, 2e6, 3e5);
    leave(&self);
}

/* Another limit of the quantiser holds at the latest one picture on, and two IDR pictures in a row are told apart. */
static void limits(const char *name)
{
    stage self;
    nenc_coded coded;
    nenc_encoder_config config = small();
    if (open_on(&self, name, &config) != NENC_OK) return;
    for (int i = 0; i < 12; i++) {
        if (i == 1 || i == 8) {
            config.rate.qp_min = i == 1 ? 44 : 40;
            CHECK(nenc_encoder_set_rate(self.encoder, &config.rate) == NENC_OK);
        }
        shoot(&self, &coded);
        CHECK(i != 1 || !coded.key); /* right behind the first */
        if (i >= 4 && !isnan(coded.qp)) CHECK(coded.qp >= 39.5F);
    }
    leave(&self);
}

/* A failure that is made: after it only closing is left. */
static void after_a_failure(const char *name)
{
    stage self;
    nenc_coded coded;
    nenc_frame frame;
    const nenc_encoder_config config = small();
    if (open_on(&self, name, &config) != NENC_OK) return;
    shoot(&self, &coded);
    if (nenc_encoder_fault(self.encoder, "vaEndPicture@1=HW_BUSY") == NENC_OK) {
        CHECK(nenc_pool_frame(self.pool, 0, &frame) == NENC_OK);
        CHECK(nenc_encoder_encode(self.encoder, &frame, &coded) == NENC_ENCODE_FAILED && !coded.bytes);
        CHECK(strstr(nenc_encoder_failure(self.encoder), "vaEndPicture: HW_BUSY"));
        CHECK(nenc_encoder_encode(self.encoder, &frame, &coded) == NENC_ESTATE);
        nenc_rate rate = config.rate;
        rate.bitrate_bps++;
        CHECK(nenc_encoder_set_rate(self.encoder, &rate) == NENC_ESTATE && nenc_encoder_drain(self.encoder) == NENC_ESTATE);
        CHECK(nenc_encoder_fault(self.encoder, "") == NENC_OK);
    }
    leave(&self);
}

/* Every picture another rate, and limits of the quantiser that move. */
static void restless(const char *name)
{
    stage self;
    nenc_coded coded;
    uint64_t random = 1;
    nenc_encoder_config config = small();
    if (open_on(&self, name, &config) != NENC_OK) return;
    for (int i = 0; i < 60; i++) {
        config.rate.bitrate_bps = (uint32_t)(100000 + check_below(&random, 5000000));
        config.rate.vbv_ms = (uint32_t)(1 + check_below(&random, 1000));
        if (i % 20 == 19) config.rate.qp_max = (uint32_t)(30 + check_below(&random, 22));
        CHECK(nenc_encoder_set_rate(self.encoder, &config.rate) == NENC_OK);
        shoot(&self, &coded);
        check_nals(&self, &coded);
    }
    leave(&self);
}

static void sizes(const char *name)
{
    static const uint32_t list[][2] = {{16, 16}, {642, 362}, {1920, 1080}, {130, 254}, {4096, 2304}};
    for (size_t i = 0; i < sizeof list / sizeof *list - (check_quick() ? 1 : 0); i++) {
        stage self;
        nenc_coded coded;
        nenc_encoder_config config = small();
        config.width = list[i][0];
        config.height = list[i][1];
        int status = open_on(&self, name, &config);
        if (status == NENC_ENCODE_UNSUPPORTED) printf("%s: no %ux%u\n", name, config.width, config.height);
        else CHECK(status == NENC_OK);
        for (int k = 0; status == NENC_OK && k < 3; k++) shoot(&self, &coded);
        if (status == NENC_OK) leave(&self);
    }
}

/* Two at once do not know of each other, and one thread makes the same bytes every time. */
static void same_again(const char *name)
{
    stage one, other;
    nenc_coded a, b;
    stage third;
    nenc_coded c;
    const nenc_encoder_config config = small();
    nenc_encoder_config unlike = config;
    unlike.width = 320;
    unlike.rate.bitrate_bps = 300000;
    unlike.fps_num = 15;
    if (open_on(&one, name, &config) != NENC_OK) return;
    CHECK(open_on(&other, name, &config) == NENC_OK && open_on(&third, name, &unlike) == NENC_OK);
    for (int i = 0; i < 20; i++) {
        shoot(&one, &a);
        shoot(&third, &c);
        shoot(&other, &b);
        CHECK(a.bytes == b.bytes && memcmp(a.data, b.data, a.bytes) == 0);
    }
    leave(&one);
    leave(&other);
    leave(&third);
}

static void misuse(const char *name)
{
    stage self;
    nenc_coded coded;
    nenc_frame frame;
    const nenc_encoder_config config = small();
    if (open_on(&self, name, &config) != NENC_OK) return;
    nenc_rate rate = config.rate;
    rate.qp_min = 52;
    CHECK(nenc_encoder_set_rate(self.encoder, &rate) == NENC_EINVAL);
    rate = config.rate;
    rate.bitrate_bps = 0;
    CHECK(nenc_encoder_set_rate(self.encoder, &rate) == NENC_EINVAL);
    CHECK(nenc_encoder_set_rate(self.encoder, NULL) == NENC_EINVAL && nenc_encoder_set_rate(NULL, &config.rate) == NENC_EINVAL);
    CHECK(nenc_encoder_set_fps(self.encoder, 0, 1) == NENC_EINVAL && nenc_encoder_set_fps(self.encoder, 30, 0) == NENC_EINVAL);
    CHECK(nenc_pool_frame(self.pool, 0, &frame) == NENC_OK);
    frame.picture.width = 320;
    CHECK(nenc_encoder_encode(self.encoder, &frame, &coded) == NENC_EINVAL && !coded.data);
    nenc_pool_frame(self.pool, 0, &frame);
    frame.picture.plane[1] = NULL;
    CHECK(nenc_encoder_encode(self.encoder, &frame, &coded) == NENC_EINVAL);
    CHECK(nenc_encoder_encode(self.encoder, NULL, &coded) == NENC_EINVAL &&
          nenc_encoder_encode(NULL, &frame, &coded) == NENC_EINVAL);
    shoot(&self, &coded); /* none of it was a failure of the encoder */
    leave(&self);
    nenc_encoder_close(NULL);

    nenc_encoder_config wrong[] = {config, config, config, config, config, config, config,
                                   config, config, config, config, config, config};
    wrong[0].width = 641;
    wrong[1].height = 0;
    wrong[2].codec = 9;
    wrong[3].fps_den = 0;
    wrong[4].size = 0;
    memset(wrong[5].preset, 'x', sizeof wrong[5].preset);
    memset(wrong[6].device, 'x', sizeof wrong[6].device);
    wrong[7].rate_mode = 2;
    wrong[8].entry = 3;
    wrong[9].threads = 0;
    wrong[10].timeout_ns = 0;
    wrong[11].rate.vbv_ms = 0;
    wrong[12].rate_mode = NENC_VBR;
    wrong[12].rate.peak_bps = wrong[12].rate.bitrate_bps - 1;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[200] = "";
        nenc_encoder *none = NULL;
        CHECK(nenc_encoder_open(name, &wrong[i], &none, text, sizeof text) == NENC_EINVAL && !none && strstr(text, name));
    }
}

static int is_here(const char *name, char *text, size_t size)
{
    nenc_encoder *encoder;
    const nenc_encoder_config config = small();
    int status = nenc_encoder_open(name, &config, &encoder, text, size);
    nenc_encoder_close(encoder);
    return status == NENC_OK;
}

int main(int argc, char **argv)
{
    const nenc_encoder_info *info;
    int tried = 0;
    for (size_t i = 0; (info = nenc_encoder_at(i)); i++) {
        char text[300] = "";
        int wanted = argc == 1;
        for (int k = 1; k < argc; k++) wanted |= !strcmp(argv[k], info->name);
        if (!wanted) continue;
        if (!is_here(info->name, text, sizeof text)) {
            printf("SKIPPED %s: %s\n", info->name, text);
            CHECK(argc == 1); /* one that was named must be there */
            continue;
        }
        tried++;
        keys(info->name);
        rate_is_followed(info->name, NENC_CBR);
        rate_is_followed(info->name, NENC_VBR);
        frame_rate(info->name);
        restless(info->name);
        limits(info->name);
        after_a_failure(info->name);
        sizes(info->name);
        same_again(info->name);
        misuse(info->name);
    }
    CHECK(tried > 0);
    CHECK(nenc_encoder_open("nothing", NULL, &(nenc_encoder *){NULL}, NULL, 0) == NENC_EINVAL);
    return CHECK_END();
}
