/* nvenc.c - NVENC on the stub of NVIDIA's driver (tests/encode/nvenc_stub): no machine of ours has the hardware. */
#include "../core/check.h"
#include "nenc/encode.h"

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

enum { WIDTH = 642, HEIGHT = 362, STRIDE = 704 };

static struct {
    void (*plan)(const char *);
    void (*cuda_plan)(const char *);
    void (*rate)(unsigned *, unsigned *, unsigned *);
    long (*calls)(void), (*cuda_calls)(void);
    int (*complaints)(void), (*live)(void), (*cuda_live)(void), (*reconfigured)(void), (*has_video)(void);
} stub;

static void *find(const char *library, const char *name)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_NODELETE);
    void *found = handle ? dlsym(handle, name) : NULL;
    if (!found) fprintf(stderr, "%s: no %s; LD_LIBRARY_PATH must name the stub's folder\n", library, name), exit(1);
    dlclose(handle);
    return found;
}

static void find_stub(void)
{
    static const char video[] = "libnvidia-encode.so.1", cuda[] = "libcuda.so.1";
    *(void **)&stub.plan = find(video, "nenc_stub_plan");
    *(void **)&stub.rate = find(video, "nenc_stub_rate");
    *(void **)&stub.calls = find(video, "nenc_stub_calls");
    *(void **)&stub.complaints = find(video, "nenc_stub_complaints");
    *(void **)&stub.live = find(video, "nenc_stub_live");
    *(void **)&stub.reconfigured = find(video, "nenc_stub_reconfigured");
    *(void **)&stub.has_video = find(video, "nenc_stub_has_video");
    *(void **)&stub.cuda_plan = find(cuda, "nenc_stub_cuda_plan");
    *(void **)&stub.cuda_calls = find(cuda, "nenc_stub_cuda_calls");
    *(void **)&stub.cuda_live = find(cuda, "nenc_stub_cuda_live");
}

static uint8_t pixels[STRIDE * HEIGHT * 3 / 2];

/* A ramp that moves, with noise in its lower half: rows at a wrong pitch would show. */
static nenc_frame draw(int number)
{
    uint64_t random = 7u + (uint64_t)number;
    for (int y = 0; y < HEIGHT * 3 / 2; y++)
        for (int x = 0; x < STRIDE; x++) {
            const int noise = y > HEIGHT / 2 && y < HEIGHT ? (int)check_below(&random, 24) : 0;
            pixels[y * STRIDE + x] = (uint8_t)(y >= HEIGHT ? 96 + 64 * (x & 1) : 32 + (x / 8 + y / 4 + number) % 160 + noise);
        }
    nenc_frame frame = {.pts_ns = number, .fd = -1};
    frame.picture = (nenc_picture){.format = NENC_NV12, .width = WIDTH, .height = HEIGHT};
    frame.picture.plane[0] = pixels;
    frame.picture.plane[1] = pixels + STRIDE * HEIGHT;
    frame.picture.stride[0] = frame.picture.stride[1] = STRIDE;
    return frame;
}

static nenc_encoder_config config_of(uint32_t mode)
{
    nenc_encoder_config config;
    nenc_encoder_config_default(&config);
    config.width = WIDTH;
    config.height = HEIGHT;
    config.rate_mode = mode;
    config.timeout_ns = 20000000;
    config.rate.qp_min = 10;
    return config;
}

static char why[256];

static nenc_encoder *opened(const nenc_encoder_config *config, int expected)
{
    nenc_encoder *encoder;
    int status = nenc_encoder_open("nvenc", config, &encoder, why, sizeof why);
    if (status != expected) fprintf(stderr, "open: %d, not %d: %s\n", status, expected, why);
    CHECK(status == expected);
    return encoder;
}

static void clean(void)
{
    stub.plan("");
    stub.cuda_plan("");
    CHECK(stub.live() == 0);
    CHECK(stub.cuda_live() == 0);
}

static void check_messages(void)
{
    static const struct {
        const char *name, *value, *words;
        int status;
    } cases[] = {
        {"NENC_NVENC_VERSION", "10.0", "API is 10.0, this build needs", NENC_ENCODE_MISSING},
        {"NENC_NVENC_SESSIONS", "0", "no session left", NENC_ENCODE_FAILED},
        {"NENC_NVENC_LIVE_RATE", "0", "cannot change the rate", NENC_ENCODE_UNSUPPORTED},
        {"NENC_CUDA_DEVICES", "0", "no device 0", NENC_ENCODE_MISSING},
    };
    nenc_encoder_config config = config_of(NENC_CBR);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv(cases[i].name, cases[i].value, 1);
        CHECK(!opened(&config, cases[i].status));
        CHECK(strstr(why, cases[i].words));
        unsetenv(cases[i].name);
        clean();
    }
    strcpy(config.device, "gpu");
    opened(&config, NENC_EINVAL);
    strcpy(config.device, "1");
    opened(&config, NENC_ENCODE_MISSING);
    config = config_of(NENC_CBR);
    strcpy(config.preset, "fastest");
    opened(&config, NENC_ENCODE_UNSUPPORTED);
    CHECK(strstr(why, "p1 to p7"));
    config = config_of(NENC_CBR);
    config.width = 4098;
    opened(&config, NENC_ENCODE_UNSUPPORTED);
    CHECK(strstr(why, "145x49 to 4096x4096"));
    config = config_of(NENC_CBR);
    config.codec = NENC_HEVC;
    opened(&config, NENC_ENCODE_UNSUPPORTED);
    CHECK(strstr(why, "does not encode hevc"));
    clean();
}

static void check_presets(void)
{
    static const char *const names[] = {"", "p1", "P7", "ultrafast", "veryfast", "placebo"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        nenc_encoder_config config = config_of(i % 2 ? NENC_VBR : NENC_CBR);
        strcpy(config.preset, names[i]);
        nenc_encoder_close(opened(&config, NENC_OK));
    }
    clean();
}

/* HEVC as far as the API goes: the stub has no HEVC and makes bytes. */
static void check_hevc(void)
{
    nenc_coded coded;
    nenc_encoder_config config = config_of(NENC_CBR);
    config.codec = NENC_HEVC;
    setenv("NENC_NVENC_HEVC", "1", 1);
    nenc_encoder *encoder = opened(&config, NENC_OK);
    nenc_frame frame = draw(0);
    CHECK(nenc_encoder_encode(encoder, &frame, &coded) == NENC_OK && coded.key && coded.bytes);
    nenc_encoder_close(encoder);
    unsetenv("NENC_NVENC_HEVC");
    clean();
}

static void check_sessions(void)
{
    nenc_encoder *encoders[3];
    nenc_encoder_config config = config_of(NENC_CBR);
    setenv("NENC_NVENC_SESSIONS", "2", 1);
    encoders[0] = opened(&config, NENC_OK);
    encoders[1] = opened(&config, NENC_OK);
    CHECK(!opened(&config, NENC_ENCODE_FAILED));
    nenc_encoder_close(encoders[0]);
    encoders[2] = opened(&config, NENC_OK);
    nenc_encoder_close(encoders[1]);
    nenc_encoder_close(encoders[2]);
    unsetenv("NENC_NVENC_SESSIONS");
    clean();
}

/* Four pictures with a change of rate and one of frames per second; the first status that is not 0. */
static int short_run(nenc_encoder *encoder)
{
    nenc_coded coded;
    nenc_rate rate = config_of(NENC_CBR).rate;
    int status = NENC_OK;
    for (int i = 0; i < 4 && status == NENC_OK; i++) {
        nenc_frame frame = draw(i);
        rate.bitrate_bps += 100000;
        if (i == 2) CHECK(nenc_encoder_set_rate(encoder, &rate) == NENC_OK);
        if (i == 3) CHECK(nenc_encoder_set_fps(encoder, 60, 1) == NENC_OK);
        status = nenc_encoder_encode(encoder, &frame, &coded);
        CHECK((status == NENC_OK) == (coded.bytes > 0));
        if (status != NENC_OK) {
            CHECK(nenc_encoder_failure(encoder)[0]);
            CHECK(nenc_encoder_encode(encoder, &frame, &coded) == NENC_ESTATE);
        }
    }
    return status;
}

/* One call after another is made to fail, until none is left: 0 says that the plan was not reached. */
static int run_failing(void (*plan)(const char *), int index, int status_number)
{
    char text[64];
    nenc_encoder *encoder;
    nenc_encoder_config config = config_of(NENC_CBR);
    snprintf(text, sizeof text, "*@%d=%d", index, status_number);
    stub.plan("");
    stub.cuda_plan("");
    plan(text);
    int status = nenc_encoder_open("nvenc", &config, &encoder, why, sizeof why);
    if (status != NENC_OK) CHECK(!encoder && why[0]);
    else status = short_run(encoder);
    nenc_encoder_close(encoder);
    CHECK(stub.live() == 0);
    CHECK(stub.cuda_live() == 0);
    return status;
}

static int allowed;

static void check_faults(void)
{
    static const int statuses[] = {1, 2, 4, 5, 8, 10, 20, 21, 99};
    run_failing(stub.plan, 100000, 5);
    const long calls = stub.calls(), cuda_calls = stub.cuda_calls();
    CHECK(calls > 30 && cuda_calls > 10);
    const size_t count = check_quick() ? 1 : sizeof statuses / sizeof *statuses;
    int failed = 0;
    for (size_t s = 0; s < count; s++)
        for (int i = 1; i <= calls; i++) failed += run_failing(stub.plan, i, statuses[s]) != NENC_OK;
    /* The end of stream and the three that give back report to nobody. */
    CHECK(failed == (int)count * (int)(calls - 4));
    CHECK(stub.complaints() == 0);
    int cuda_failed = 0;
    for (int i = 1; i <= cuda_calls; i++) cuda_failed += run_failing(stub.cuda_plan, i, 999) != NENC_OK;
    CHECK(cuda_failed > 8);
    allowed = stub.complaints(); /* a context that cannot be made current: the calls of close are made all the same */
    clean();
}

static void check_meanings(void)
{
    static const struct {
        const char *plan, *words;
        int status;
    } cases[] = {
        {"nvEncEncodePicture@1=DEVICE_NOT_EXIST", "nvEncEncodePicture: DEVICE_NOT_EXIST (5)", NENC_ENCODE_GONE},
        {"nvEncEncodePicture@2=GENERIC", "nvEncEncodePicture: GENERIC (20)", NENC_ENCODE_FAILED},
        {"nvEncEncodePicture@1=NEED_MORE_INPUT", "NEED_MORE_INPUT (17)", NENC_ENCODE_EMPTY},
        {"nvEncEncodePicture@1..3=ENCODER_BUSY", "", NENC_OK},
        {"nvEncLockBitstream@2..4=LOCK_BUSY", "", NENC_OK},
        {"nvEncLockInputBuffer@1=LOCK_BUSY;nvEncReconfigureEncoder@1=ENCODER_BUSY", "", NENC_OK},
        {"nvEncLockBitstream@1..999999=LOCK_BUSY", "LOCK_BUSY (13)", NENC_ENCODE_TIMEOUT},
        {"nvEncReconfigureEncoder@1=UNSUPPORTED_PARAM", "nvEncReconfigureEncoder: UNSUPPORTED_PARAM (12)",
         NENC_ENCODE_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nenc_encoder_config config = config_of(NENC_CBR);
        nenc_encoder *encoder = opened(&config, NENC_OK);
        stub.plan(cases[i].plan);
        int status = short_run(encoder);
        if (status != cases[i].status) fprintf(stderr, "%s: %d %s\n", cases[i].plan, status, nenc_encoder_failure(encoder));
        CHECK(status == cases[i].status);
        CHECK(strstr(nenc_encoder_failure(encoder), cases[i].words));
        nenc_encoder_close(encoder);
        clean();
    }
}

static void *change_rate(void *encoder)
{
    nenc_rate rate = config_of(NENC_CBR).rate;
    rate.bitrate_bps = 700000;
    CHECK(nenc_encoder_set_rate(encoder, &rate) == NENC_OK);
    return NULL;
}

/* Asked from another thread, done on the one that encodes; the same rate again does nothing, and no change makes a key frame. */
static void check_thread(void)
{
    nenc_coded coded;
    pthread_t other;
    nenc_encoder_config config = config_of(NENC_CBR);
    nenc_encoder *encoder = opened(&config, NENC_OK);
    const int before = stub.reconfigured();
    for (int i = 0; i < 5; i++) {
        if (i == 2) {
            pthread_create(&other, NULL, change_rate, encoder);
            pthread_join(other, NULL);
            CHECK(stub.reconfigured() == before);
        }
        if (i == 3) change_rate(encoder);
        if (i == 4) nenc_encoder_request_key(encoder);
        nenc_frame frame = draw(i);
        CHECK(nenc_encoder_encode(encoder, &frame, &coded) == NENC_OK);
        CHECK(coded.key == (i == 0 || i == 4));
        CHECK(coded.number == (uint64_t)i && coded.pts_ns == i && coded.qp >= 0);
    }
    CHECK(stub.reconfigured() == before + 1);
    CHECK(nenc_encoder_drain(encoder) == NENC_OK);
    nenc_encoder_close(encoder);
    clean();
}

/* Every picture as ffmpeg decodes it: as many, of that size, close to what was drawn. */
static void check_decoded(const char *path, int count)
{
    enum { BYTES = WIDTH * HEIGHT * 3 / 2 };
    static uint8_t picture[BYTES];
    char command[512];
    snprintf(command, sizeof command, "ffmpeg -nostdin -v warning -f h264 -i %s -f rawvideo -pix_fmt nv12 - 2>%s.log", path,
             path);
    FILE *decoder = popen(command, "r");
    int decoded = 0;
    for (; fread(picture, 1, BYTES, decoder) == BYTES; decoded++) {
        double sum = 0;
        draw(decoded);
        for (int y = 0; y < HEIGHT * 3 / 2; y++)
            for (int x = 0; x < WIDTH; x++) sum += abs(picture[y * WIDTH + x] - pixels[y * STRIDE + x]);
        CHECK(sum / BYTES < 6);
    }
    CHECK(pclose(decoder) == 0);
    CHECK(decoded == count);
    snprintf(command, sizeof command, "%s.log", path);
    FILE *log = fopen(command, "r");
    CHECK(log && fgetc(log) == EOF); /* not one warning */
    if (log) fclose(log);
    unlink(command);
}

/* 2 Mbit/s, then 500 kbit/s: each half's last five seconds within 10 %. */
static void check_rate(uint32_t mode)
{
    enum { HALF = 300, WINDOW = 150 };
    char path[] = "/tmp/nenc-nvenc-XXXXXX";
    double bits[2] = {0, 0};
    int keys = 0;
    nenc_coded coded;
    nenc_encoder_config config = config_of(mode);
    FILE *file = fdopen(mkstemp(path), "wb");
    nenc_encoder *encoder = opened(&config, NENC_OK);
    for (int i = 0; i < 2 * HALF; i++) {
        nenc_rate rate = config.rate;
        nenc_frame frame = draw(i);
        if (i >= HALF) rate.bitrate_bps = 500000;
        CHECK(nenc_encoder_set_rate(encoder, &rate) == NENC_OK);
        CHECK(nenc_encoder_encode(encoder, &frame, &coded) == NENC_OK);
        fwrite(coded.data, 1, coded.bytes, file);
        keys += (int)coded.key;
        if (i % HALF >= HALF - WINDOW) bits[i / HALF] += coded.bytes * 8.0 / WINDOW * 30;
    }
    unsigned mean, peak, bucket;
    stub.rate(&mean, &peak, &bucket);
    CHECK(mean == 500000 && peak == (mode == NENC_CBR ? 500000 : 750000) && bucket == peak / 4);
    nenc_encoder_close(encoder);
    fclose(file);
    printf("%s: %.0f bit/s, then %.0f\n", mode == NENC_CBR ? "CBR" : "VBR", bits[0], bits[1]);
    CHECK(keys == 1);
    CHECK_NEAR(bits[0], 2e6, 2e5);
    CHECK_NEAR(bits[1], 5e5, 5e4);
    if (stub.has_video()) check_decoded(path, 2 * HALF);
    unlink(path);
    clean();
}

/* Without the driver, or in a build without the headers: what is missing, and what to install. 77: this machine has the driver. */
static int check_missing(void)
{
    nenc_encoder_config config = config_of(NENC_CBR);
    if (NENC_HAVE_NVENC && dlopen("libcuda.so.1", RTLD_NOW)) return 77;
    opened(&config, NENC_ENCODE_MISSING);
    CHECK(strstr(why, NENC_HAVE_NVENC ? "libcuda.so.1" : "libffmpeg-nvenc-dev") && strstr(why, "install"));
    return CHECK_END();
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "missing") == 0) return check_missing();
    find_stub();
    check_messages();
    check_presets();
    check_hevc();
    check_sessions();
    check_thread();
    check_meanings();
    check_faults();
    check_rate(NENC_CBR);
    if (!check_quick()) check_rate(NENC_VBR);
    CHECK(stub.complaints() == allowed);
    return CHECK_END();
}
