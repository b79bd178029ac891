/* va_overhead.c - what the software VA-API driver costs over plain x264: the same pictures and parameters, the same bytes out.
 *
 *   va_overhead [--json] [--size WxH] [--rounds N]
 *
 * Both encode in turn, three pictures a round, by the process's own time (the driver's worker thread counts). GPL when built: it
 * links x264, and is never installed. */
#include "../encode/va_client.h"

#include <time.h>
#include <x264.h>

enum { CONTENT = 6, ROUND = 3, MOST_ROUNDS = 1000, BPS = 6000000 };

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "va_overhead: %s\n", what);
    exit(EXIT_FAILURE);
}

static void must(VAStatus status, const char *what)
{
    if (status != VA_STATUS_SUCCESS) fail(what);
}

/* The client, with as many surfaces as there are pictures, drawn once: making content is nobody's cost. */
typedef struct through_driver {
    va_client client;
    VASurfaceID surfaces[CONTENT];
} through_driver;

static void open_driver(through_driver *self, VADisplay display, uint32_t width, uint32_t height)
{
    must(client_open(&self->client, display, VAProfileH264High, VAEntrypointEncSlice, VA_RC_CBR, width, height), "no context");
    must(vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, width, height, self->surfaces, CONTENT, NULL, 0), "no surfaces");
    for (int number = 0; number < CONTENT; number++)
        must(client_draw(&self->client, self->surfaces[number], (uint64_t)number), "no picture");
    self->client.knobs.seq_bps = self->client.knobs.bps = BPS;
    self->client.knobs.vbv = self->client.knobs.fullness = BPS / 2;
}

static void round_driver(through_driver *self)
{
    va_coded coded;
    for (int picture = 0; picture < ROUND; picture++) {
        const VASurfaceID surface = self->surfaces[self->client.count % CONTENT];
        const int first = self->client.count == 0;
        must(client_submit(&self->client, surface, first ? 'I' : 'P', first ? "SPLRBF" : "PLRBF"), "a picture was refused");
        must(client_fetch(&self->client, surface, &coded), "a picture did not come back");
    }
}

/* The same encoder as the driver opens, on memory of its own. */
typedef struct plain {
    x264_t *x264;
    uint8_t *pictures[CONTENT];
    uint32_t width, height, pitch;
    uint8_t *stream;
    size_t bytes, room;
    int64_t count;
} plain;

static void open_plain(plain *self, uint32_t width, uint32_t height)
{
    x264_param_t param;
    *self = (plain){.width = width, .height = height, .pitch = (width + 63) & ~63u, .room = 256 << 20};
    const size_t luma = (size_t)self->pitch * ((height + 15) & ~15u);
    if (!(self->stream = malloc(self->room))) fail("out of memory");
    for (int number = 0; number < CONTENT; number++) {
        if (!(self->pictures[number] = malloc(luma * 3 / 2))) fail("out of memory");
        picture_draw(self->pictures[number], self->pictures[number] + luma, width, height, self->pitch, (uint64_t)number);
    }
    if (x264_param_default_preset(&param, "ultrafast", "zerolatency") < 0) fail("no such preset");
    param.i_threads = 1;
    param.b_sliced_threads = 0;
    param.i_width = (int)width;
    param.i_height = (int)height;
    param.i_csp = X264_CSP_NV12;
    param.i_fps_num = 30;
    param.i_fps_den = 1;
    param.b_vfr_input = 0;
    param.i_keyint_max = X264_KEYINT_MAX_INFINITE;
    param.i_scenecut_threshold = 0;
    param.i_frame_reference = 1;
    param.b_repeat_headers = param.b_annexb = 1;
    param.i_log_level = X264_LOG_NONE;
    param.rc.i_rc_method = X264_RC_ABR;
    param.rc.i_bitrate = param.rc.i_vbv_max_bitrate = BPS / 1000;
    param.rc.i_vbv_buffer_size = BPS / 2000;
    param.rc.f_vbv_buffer_init = 1;
    param.rc.i_qp_min = 0;
    param.rc.i_qp_max = 51;
    x264_param_apply_profile(&param, "high");
    if (!(self->x264 = x264_encoder_open(&param))) fail("x264 does not open");
}

static void round_plain(plain *self)
{
    const size_t luma = (size_t)self->pitch * ((self->height + 15) & ~15u);
    for (int picture = 0; picture < ROUND; picture++) {
        x264_picture_t in, out;
        x264_nal_t *units;
        int count;
        uint8_t *from = self->pictures[self->count % CONTENT];
        x264_picture_init(&in);
        in.img.i_csp = X264_CSP_NV12;
        in.img.i_plane = 2;
        in.img.plane[0] = from;
        in.img.plane[1] = from + luma;
        in.img.i_stride[0] = in.img.i_stride[1] = (int)self->pitch;
        in.i_type = self->count ? X264_TYPE_P : X264_TYPE_IDR;
        in.i_pts = self->count++;
        int bytes = x264_encoder_encode(self->x264, &units, &count, &in, &out);
        if (bytes <= 0 || self->bytes + (size_t)bytes > self->room) fail("x264 gave nothing");
        memcpy(self->stream + self->bytes, units[0].p_payload, (size_t)bytes); /* as the client does */
        self->bytes += (size_t)bytes;
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int count, char **words)
{
    unsigned width = 1920, height = 1080, rounds = 101;
    int json = 0;
    for (int at = 1; at < count; at++) {
        if (strcmp(words[at], "--json") == 0) json = 1;
        else if (strcmp(words[at], "--size") == 0 && at + 1 < count && sscanf(words[at + 1], "%ux%u", &width, &height) == 2) at++;
        else if (strcmp(words[at], "--rounds") == 0 && at + 1 < count && sscanf(words[at + 1], "%u", &rounds) == 1) at++;
        else fail("usage: va_overhead [--json] [--size WxH] [--rounds N]");
    }
    if (rounds < 1 || rounds > MOST_ROUNDS) fail("--rounds is 1 to 1000");
    VAStatus status;
    VADisplay display = display_open(&status);
    must(status, "no driver: set LIBVA_DRIVERS_PATH");
    static through_driver driver;
    static plain plain_x264;
    open_driver(&driver, display, width, height);
    open_plain(&plain_x264, width, height);
    double ratios[MOST_ROUNDS], spent[2] = {0};
    for (unsigned round = 0; round <= rounds; round++) { /* the first one warms up */
        double took[2];
        for (int turn = 0; turn < 2; turn++) {
            const int side = (turn + (int)round) % 2;
            const double from = cpu_s();
            if (side) round_plain(&plain_x264);
            else round_driver(&driver);
            took[side] = cpu_s() - from;
        }
        if (!round) continue;
        ratios[round - 1] = took[0] / took[1];
        spent[0] += took[0];
        spent[1] += took[1];
    }
    if (plain_x264.bytes != driver.client.bytes || memcmp(plain_x264.stream, driver.client.stream, plain_x264.bytes) != 0)
        fail("the streams differ: this is no comparison");
    qsort(ratios, rounds, sizeof *ratios, ascending);
    const double overhead = ratios[rounds / 2] - 1, ms = 1000.0 / (rounds * ROUND);
    if (json) printf("{\"encode.driver_overhead\": %.4f}\n", overhead);
    else
        printf("%ux%u, %u rounds of %d pictures: driver %.2f, plain x264 %.2f ms of CPU a picture\nencode.driver_overhead %.4f\n",
               width, height, rounds, ROUND, spent[0] * ms, spent[1] * ms, overhead);
    x264_encoder_close(plain_x264.x264);
    for (int number = 0; number < CONTENT; number++) free(plain_x264.pictures[number]);
    free(plain_x264.stream);
    client_close(&driver.client);
    must(vaTerminate(display), "vaTerminate");
    return EXIT_SUCCESS;
}
