/* vaapi.c - the VA-API encoder in this process, every call of libva failing in its turn: the failure names the call, closing gives
 * everything back (which AddressSanitizer holds), and the next encoder works. */
#include "../core/check.h"
#include "nenc/encode.h"
#include "nenc/pool.h"

static const char *const calls[] = {"vaCreateConfig", "vaCreateSurfaces", "vaCreateContext", "vaCreateBuffer",
                                    "vaBeginPicture", "vaRenderPicture",  "vaEndPicture",    "vaSyncBuffer",
                                    "vaMapBuffer",    "vaDeriveImage",    "vaPutImage",      "vaMapBuffer/other",
                                    "alloc"};
static const char *const answers[] = {"fail", "HW_BUSY", "ALLOCATION_FAILED"};
enum { PICTURES = 4 };

static uint32_t last_input;
static int64_t patience_ns = 20000000000; /* a busy machine must not look like a hang */

static nenc_encoder_config small(uint32_t codec)
{
    nenc_encoder_config config;
    nenc_encoder_config_default(&config);
    config.codec = codec;
    config.width = 320;
    config.height = 192;
    config.timeout_ns = patience_ns;
    snprintf(config.device, sizeof config.device, "driver:nenc");
    return config;
}

/* 0 when all went well; else the status, and the failure's text. */
static int drive(uint32_t codec, int copied, char *text, size_t size)
{
    const nenc_encoder_config config = small(codec);
    nenc_encoder *encoder = NULL;
    nenc_pool *pool;
    CHECK(nenc_pool_create(config.width, config.height, 2, NENC_MEMORY_ANY, &pool) == NENC_OK);
    int status = nenc_encoder_open("vaapi", &config, &encoder, text, size);
    CHECK((status == NENC_OK) == (encoder != NULL));
    for (uint32_t i = 0; status == NENC_OK && i < PICTURES; i++) {
        nenc_frame frame;
        nenc_coded coded;
        CHECK(nenc_pool_frame(pool, i % 2, &frame) == NENC_OK);
        if (copied) frame.buffer = 0;
        status = nenc_encoder_encode(encoder, &frame, &coded);
        if (status != NENC_OK) continue;
        CHECK(coded.key == (i == 0));
        last_input = coded.input; /* a picture that the driver would not import is copied */
    }
    if (encoder && status != NENC_OK) snprintf(text, size, "%s", nenc_encoder_failure(encoder));
    nenc_encoder_close(encoder);
    nenc_pool_destroy(pool);
    return status;
}

static void every_call_fails(uint32_t codec, int copied)
{
    int hit = 0;
    for (size_t call = 0; call < sizeof calls / sizeof *calls; call++)
        for (int at = 1; at <= (check_quick() ? 3 : 24); at++) {
            char plan[100], text[300] = "";
            const char *answer = strcmp(calls[call], "alloc") == 0 ? "fail" : answers[at % 3];
            snprintf(plan, sizeof plan, "%s@%d=%s", calls[call], at, answer);
            setenv("NENC_VA_FAULTS", plan, 1);
            const int status = drive(codec, copied, text, sizeof text);
            if (status == NENC_OK) continue;
            hit++;
            /* alloc is the driver's own; a map of a picture is called that. */
            if (!strstr(text, "va")) printf("%s: \"%s\"\n", plan, text);
            CHECK(strstr(text, "va") && !strchr(text, '\n'));
        }
    setenv("NENC_VA_FAULTS", "", 1);
    char text[300] = "";
    CHECK(drive(codec, copied, text, sizeof text) == NENC_OK);
    CHECK(last_input == (copied ? NENC_INPUT_COPY : NENC_INPUT_ZERO_COPY));
    CHECK(hit >= (check_quick() ? 8 : 30));
    printf("codec %u, %s: %d failures, each told\n", codec, copied ? "copied" : "handed over", hit);
}

/* A driver without waits that end, with one of them, and one that hangs. */
static void waits(void)
{
    static const struct {
        const char *plan;
        int status;
    } cases[] = {{"vaSyncBuffer@1..=UNIMPLEMENTED", NENC_OK},
                 {"vaSyncBuffer@1..=UNIMPLEMENTED; vaSyncSurface2@1..=UNIMPLEMENTED", NENC_OK},
                 {"vaSyncSurface@2=hang", NENC_ENCODE_TIMEOUT},
                 {"vaSyncBuffer@1..=UNIMPLEMENTED; vaSyncSurface2@2=hang", NENC_ENCODE_TIMEOUT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300] = "";
        setenv("NENC_VA_FAULTS", cases[i].plan, 1);
        if (cases[i].status == NENC_ENCODE_TIMEOUT) patience_ns = 300000000;
        const int status = drive(NENC_H264, 0, text, sizeof text);
        if (status != cases[i].status) printf("%s: %d, %s\n", cases[i].plan, status, text);
        CHECK(status == cases[i].status);
    }
    setenv("NENC_VA_FAULTS", "", 1);
}

/* A second pool's pictures have the numbers of the first one's. */
static void two_pools(void)
{
    const nenc_encoder_config config = small(NENC_H264);
    nenc_encoder *encoder = NULL;
    nenc_pool *pools[2];
    nenc_frame frame;
    nenc_coded coded[3];
    CHECK(nenc_encoder_open("vaapi", &config, &encoder, NULL, 0) == NENC_OK);
    CHECK(!strcmp(nenc_encoder_device(encoder), "driver:nenc"));
    for (int i = 0; i < 2; i++) CHECK(nenc_pool_create(config.width, config.height, 1, NENC_MEMORY_ANY, &pools[i]) == NENC_OK);
    CHECK(nenc_pool_frame(pools[1], 0, &frame) == NENC_OK);
    uint64_t random = 1;
    for (uint32_t i = 0; i < config.width * config.height / 2; i++)
        ((uint8_t *)(uintptr_t)frame.picture.plane[0])[i] = (uint8_t)check_random(&random);
    for (int i = 0; i < 3; i++) {
        CHECK(nenc_pool_frame(pools[i == 2], 0, &frame) == NENC_OK);
        CHECK(nenc_encoder_encode(encoder, &frame, &coded[i]) == NENC_OK && coded[i].input == NENC_INPUT_ZERO_COPY);
    }
    CHECK(coded[2].bytes > 10 * coded[1].bytes); /* noise, not the black of the first pool again */
    nenc_encoder_close(encoder);
    for (int i = 0; i < 2; i++) nenc_pool_destroy(pools[i]);
}

/* What HEVC through VA-API cannot say is refused. */
static void odd_hevc(void)
{
    char text[300] = "";
    nenc_encoder_config config = small(NENC_HEVC);
    nenc_encoder *encoder = NULL;
    config.width = 642;
    const int status = nenc_encoder_open("vaapi", &config, &encoder, text, sizeof text);
    CHECK(status == NENC_ENCODE_UNSUPPORTED && !encoder);
    nenc_encoder_close(encoder);
}

/* The driver that was named, whatever the environment says; and one that is not there. */
static void names(void)
{
    char text[300] = "";
    nenc_encoder_config config = small(NENC_H264);
    nenc_encoder *encoder = NULL;
    setenv("LIBVA_DRIVER_NAME", "iHD", 1);
    CHECK(nenc_encoder_open("vaapi", &config, &encoder, text, sizeof text) == NENC_OK);
    CHECK(strstr(nenc_encoder_describe(encoder), "nenc software driver"));
    nenc_encoder_close(encoder);
    unsetenv("LIBVA_DRIVER_NAME");
    snprintf(config.device, sizeof config.device, "driver:none");
    CHECK(nenc_encoder_open("vaapi", &config, &encoder, text, sizeof text) == NENC_ENCODE_MISSING &&
          strstr(text, "none_drv_video.so"));
    snprintf(config.device, sizeof config.device, "driver:../x");
    CHECK(nenc_encoder_open("vaapi", &config, &encoder, text, sizeof text) == NENC_EINVAL);
    snprintf(config.device, sizeof config.device, "driver:nenc");
    config.entry = NENC_ENTRY_LOW_POWER;
    CHECK(nenc_encoder_open("vaapi", &config, &encoder, text, sizeof text) == NENC_OK);
    CHECK(strstr(nenc_encoder_describe(encoder), "EncSliceLP"));
    nenc_encoder_close(encoder);
}

int main(void)
{
    every_call_fails(NENC_H264, 0);
    every_call_fails(NENC_H264, 1);
    waits();
    names();
    two_pools();
    odd_hevc();
    return CHECK_END();
}
