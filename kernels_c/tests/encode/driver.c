/* driver.c - the software VA-API driver through unmodified libva: what it encodes, and at which rate. */
#include "va_client.h"

static VADisplay display;

/* kbit/s over pictures [from, to). */
static double mean_kbps(const uint32_t *bytes, unsigned from, unsigned to, double fps)
{
    double sum = 0;
    for (unsigned number = from; number < to; number++) sum += bytes[number];
    return sum * 8 / 1000 * fps / (to - from);
}

/* Pictures of the usual stream, at most one of them a key frame; their sizes. */
static void run(va_client *client, unsigned pictures, uint32_t *bytes)
{
    for (unsigned number = 0; number < pictures; number++) {
        va_coded coded;
        const int first = client->count == 0;
        CHECK_VA(client_next(client, &coded));
        CHECK(coded.bytes > 0 && coded.segments == 1 && coded.key == first);
        bytes[number] = coded.bytes;
    }
}

/* Every window of five seconds on its own; the change is felt at once. */
static void check_change(VAProfile profile, VAEntrypoint entrypoint, uint32_t rate_control, uint32_t width, uint32_t height)
{
    enum { HALF = 300, WINDOW = 150 };
    static uint32_t bytes[2 * HALF];
    va_client client;
    CHECK_VA(client_open(&client, display, profile, entrypoint, rate_control, width, height));
    client.knobs.seq_bps = client.knobs.bps = rate_control == VA_RC_VBR ? 3000000 : 2000000;
    client.knobs.percentage = rate_control == VA_RC_VBR ? 66 : 100;
    const unsigned half = check_quick() ? 3 : HALF;
    run(&client, half, bytes);
    client.knobs.bps /= 4;
    client.knobs.vbv /= 4;
    client.knobs.fullness /= 4;
    run(&client, half, bytes + half);
    if (half == HALF)
        for (unsigned from = 0; from < 2 * HALF; from += WINDOW) {
            double kbps = mean_kbps(bytes, from, from + WINDOW, 30);
            double target = (from < HALF ? 1 : 0.25) * (rate_control == VA_RC_VBR ? 1980 : 2000);
            printf("profile %d, mode %u, pictures %u-%u: %.0f kbit/s of %.0f\n", profile, rate_control, from, from + WINDOW, kbps,
                   target);
            CHECK_NEAR(kbps, target, 0.1 * target);
        }
    check_decodes(&client, 2 * half, width, height);
    client_close(&client);
}

/* The QP is the client's: smaller means more bytes, and the segment says which it was. */
static void check_cqp(VAProfile profile)
{
    va_client client;
    uint32_t before = UINT32_MAX;
    CHECK_VA(client_open(&client, display, profile, VAEntrypointEncSlice, VA_RC_CQP, 320, 240));
    for (int qp = 20; qp <= 44; qp += 8) {
        va_coded coded;
        client.knobs.qp = qp;
        CHECK_VA(client_encode(&client, client.count ? 'i' : 'I', client.count ? "PL" : "SPL", &coded));
        CHECK(coded.bytes && coded.bytes < before);
        CHECK_NEAR(coded.status & VA_CODED_BUF_STATUS_PICTURE_AVE_QP_MASK, qp, profile == VAProfileHEVCMain ? 2 : 1);
        before = coded.bytes;
    }
    check_decodes(&client, 4, 320, 240);
    client_close(&client);
}

/* Sizes that are not whole macroblocks come out as they went in. */
static void check_sizes(void)
{
    static const uint32_t sizes[][2] = {{16, 16}, {18, 34}, {642, 362}, {178, 98}, {1922, 18}};
    for (size_t number = 0; number < sizeof sizes / sizeof *sizes; number++) {
        va_client client;
        uint32_t bytes[3];
        CHECK_VA(client_open(&client, display, VAProfileH264Main, VAEntrypointEncSliceLP, VA_RC_CBR, sizes[number][0],
                             sizes[number][1]));
        run(&client, 3, bytes);
        check_decodes(&client, 3, sizes[number][0], sizes[number][1]);
        client_close(&client);
    }
}

/* The same pictures and parameters, the same bytes. */
static void check_repeats(void)
{
    va_client clients[2];
    uint32_t bytes[20];
    for (int number = 0; number < 2; number++) {
        CHECK_VA(client_open(&clients[number], display, VAProfileH264High, VAEntrypointEncSlice, VA_RC_CBR, 320, 240));
        run(&clients[number], check_quick() ? 3 : 20, bytes);
    }
    CHECK(clients[0].bytes == clients[1].bytes && !memcmp(clients[0].stream, clients[1].stream, clients[0].bytes));
    client_close(&clients[0]);
    client_close(&clients[1]);
}

static unsigned qp_of(const va_coded *coded) { return coded->status & VA_CODED_BUF_STATUS_PICTURE_AVE_QP_MASK; }

/* Bounds hold, from the next picture on and without a key frame; the first QP is the one asked for. */
static void check_bounds(VAProfile profile)
{
    va_client client;
    va_coded coded;
    CHECK_VA(client_open(&client, display, profile, VAEntrypointEncSlice, VA_RC_CBR, 320, 240));
    client.knobs.qp_min = 30;
    client.knobs.qp_initial = 33;
    client.knobs.qp_max = 51;
    client.knobs.bps = 20000000;
    client.knobs.vbv = client.knobs.fullness = 20000000;
    CHECK_VA(client_next(&client, &coded));
    CHECK_NEAR(qp_of(&coded), 33, 1);
    for (int number = 0; number < 60; number++) {
        if (number == 20) client.knobs.qp_min = 40;
        if (number == 40) client.knobs.qp_min = 30;
        CHECK_VA(client_next(&client, &coded));
        CHECK(qp_of(&coded) >= client.knobs.qp_min && qp_of(&coded) <= client.knobs.qp_min + 1 && !coded.key);
    }
    client.knobs.qp_min = 40;
    client.knobs.qp_initial = 0;
    CHECK_VA(client_encode(&client, 'I', "SPLRBF", &coded));
    CHECK(coded.key && qp_of(&coded) >= 40);
    client.knobs.bps = 20000;
    client.knobs.vbv = client.knobs.fullness = 20000;
    client.knobs.qp_min = 0;
    client.knobs.qp_max = 36;
    for (int number = 0; number < 30; number++) {
        CHECK_VA(number ? client_next(&client, &coded) : client_encode(&client, 'I', "SPLRBF", &coded));
        CHECK(qp_of(&coded) <= 36 && coded.key == !number);
    }
    CHECK(coded.status & VA_CODED_BUF_STATUS_BITRATE_OVERFLOW); /* the bound kept it from following */
    check_decodes(&client, 92, 320, 240);
    client_close(&client);
}

/* Bounds that move all the time and do not bind: the rate holds as if they stood still. */
static void check_moving_bounds(void)
{
    enum { PART = 150 };
    static uint32_t bytes[PART];
    va_client client;
    CHECK_VA(client_open(&client, display, VAProfileH264High, VAEntrypointEncSlice, VA_RC_CBR, 320, 240));
    client.knobs.bps = 1000000;
    client.knobs.vbv = client.knobs.fullness = 250000;
    for (int part = 0; part < 4; part++) {
        client.knobs.qp_min = 10 + (uint32_t)part % 2;
        if (part == 2) client.knobs.bps = 4 * (client.knobs.vbv = 125000);
        run(&client, check_quick() ? 2 : PART, bytes);
        if (!check_quick()) CHECK_NEAR(mean_kbps(bytes, 0, PART, 30), part < 2 ? 1000 : 500, part < 2 ? 100 : 50);
    }
    client_close(&client);
}

/* VBR: what easy pictures leave is spent on hard ones, which CBR cannot; never faster than the peak. */
static void check_savings(void)
{
    double kbps[2];
    for (int vbr = 0; vbr < 2; vbr++) {
        va_client client;
        va_coded coded;
        uint32_t bytes[15];
        CHECK_VA(client_open(&client, display, VAProfileH264High, VAEntrypointEncSlice, vbr ? VA_RC_VBR : VA_RC_CBR, 320, 240));
        client.knobs.bps = vbr ? 2000000 : 1000000;
        client.knobs.percentage = 50;
        client.knobs.vbv = client.knobs.fullness = 100000;
        client.knobs.qp_min = 20;
        CHECK_VA(client_next(&client, &coded));
        for (int number = 0; number < 45; number++) { /* the same picture again costs next to nothing */
            CHECK_VA(client_submit(&client, client.input[0], 'P', "PLRBF"));
            CHECK_VA(client_fetch(&client, client.input[0], &coded));
        }
        run(&client, 15, bytes);
        kbps[vbr] = mean_kbps(bytes, 0, 15, 30);
        client_close(&client);
    }
    CHECK(kbps[1] > 1.25 * kbps[0]);
    CHECK(kbps[1] < 2000 + 100 * 30 / 15 * 1.1);
}

/* Another frame rate in mid-stream: bits per second stay, bits per picture do not, and there is no key frame. */
static void check_frame_rate(void)
{
    enum { PART = 200 };
    static uint32_t bytes[PART];
    va_client client;
    CHECK_VA(client_open(&client, display, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CBR, 320, 240));
    client.knobs.bps = 1000000;
    const unsigned part = check_quick() ? 2 : PART;
    run(&client, part, bytes);
    client.knobs.fps_num = 15000;
    client.knobs.fps_den = 1001;
    run(&client, part, bytes);
    if (part == PART) CHECK_NEAR(mean_kbps(bytes, 50, PART, 15000.0 / 1001), 1000, 100);
    check_decodes(&client, 2 * part, 320, 240);
    client_close(&client);
}

/* Another size is an IDR with a sequence of that size; without one it is refused. */
static void check_resize(void)
{
    va_client client;
    va_coded coded;
    CHECK_VA(client_open(&client, display, VAProfileH264High, VAEntrypointEncSlice, VA_RC_CBR, 320, 240));
    CHECK_VA(client_next(&client, &coded));
    client.width = 160;
    client.height = 120;
    CHECK_STATUS(client_encode(&client, 'P', "SPLRBF", &coded), VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_VA(client_encode(&client, 'I', "SPLRBF", &coded));
    CHECK(coded.key);
    client_close(&client);
}

/* Each level is another preset: the best makes fewer bytes of the same picture than the fastest. */
static void check_quality(void)
{
    uint32_t bytes[2];
    for (int number = 0; number < 2; number++) {
        va_client client;
        va_coded coded;
        CHECK_VA(client_open(&client, display, VAProfileH264High, VAEntrypointEncSlice, VA_RC_CQP, 320, 240));
        client.knobs.quality = number ? 6 : 1;
        CHECK_VA(client_encode(&client, 'I', "QSPL", &coded));
        CHECK_VA(client_encode(&client, 'P', "PL", &coded));
        bytes[number] = coded.bytes;
        client_close(&client);
    }
    CHECK(bytes[0] < bytes[1]);
}

/* A picture that does not hang together is refused, and the next one is not the worse for it. */
static void check_refusals(void)
{
    va_client client;
    va_coded coded;
    CHECK_VA(client_open(&client, display, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CBR, 320, 240));
    const VASurfaceID surface = client.input[0];
    CHECK_STATUS(client_submit(&client, surface, 'P', "SPLRBF"), VA_STATUS_ERROR_INVALID_SURFACE); /* no reference yet */
    client.reference = client.reconstructed[0];
    CHECK_STATUS(client_submit(&client, surface, 'P', "SPLRBF"), VA_STATUS_ERROR_INVALID_PARAMETER); /* first, and no IDR */
    CHECK_STATUS(client_submit(&client, surface, 'I', "PLRBF"), VA_STATUS_SUCCESS); /* sequence known by now */
    CHECK_VA(client_fetch(&client, surface, &coded));
    CHECK_STATUS(client_submit(&client, surface, 'P', "PRBF"), VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_STATUS(client_submit(&client, surface, 'P', "LRBF"), VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_STATUS(client_submit(&client, surface, 'P', "PLL"), VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_STATUS(client_submit(&client, surface, 'B', "PL"), VA_STATUS_ERROR_INVALID_PARAMETER);
    CHECK_STATUS(client_submit(&client, 0x12345, 'P', "PL"), VA_STATUS_ERROR_INVALID_SURFACE);
    client.knobs.bps = 0;
    CHECK_STATUS(client_submit(&client, surface, 'P', "PLR"), VA_STATUS_ERROR_INVALID_PARAMETER);
    client.knobs = knobs_usual;
    client.knobs.qp_min = 40;
    client.knobs.qp_max = 30;
    CHECK_STATUS(client_submit(&client, surface, 'P', "PLR"), VA_STATUS_ERROR_INVALID_PARAMETER);
    client.knobs = knobs_usual;
    CHECK_VA(client_submit(&client, surface, 'P', "PL"));
    void *data;
    CHECK_VA(vaMapBuffer(display, client.coded_buffer, &data));
    CHECK_STATUS(client_submit(&client, surface, 'P', "PL"), VA_STATUS_ERROR_OPERATION_FAILED); /* it is still being read */
    CHECK_VA(vaUnmapBuffer(display, client.coded_buffer));
    CHECK_VA(client_fetch(&client, surface, &coded));
    CHECK_VA(client_next(&client, &coded));
    CHECK_STATUS(vaEndPicture(display, client.context), VA_STATUS_ERROR_OPERATION_FAILED);
    client_close(&client);
}

/* A coded buffer that is too small is an error with a name, and the stream goes on with an IDR. */
static void check_small_buffer(void)
{
    va_client client;
    va_coded coded;
    CHECK_VA(client_open(&client, display, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CBR, 320, 240));
    VABufferID large = client.coded_buffer;
    CHECK_VA(vaCreateBuffer(display, client.context, VAEncCodedBufferType, 64, 1, NULL, &client.coded_buffer));
    CHECK_STATUS(client_next(&client, &coded), VA_STATUS_ERROR_NOT_ENOUGH_BUFFER);
    void *data;
    CHECK_STATUS(vaMapBuffer(display, client.coded_buffer, &data), VA_STATUS_ERROR_NOT_ENOUGH_BUFFER);
    CHECK_VA(vaDestroyBuffer(display, client.coded_buffer));
    client.coded_buffer = large;
    CHECK_VA(client_encode(&client, 'I', "SPLRBF", &coded));
    client_close(&client);
}

/* More threads and another preset: another display reads them when it is opened. */
static void check_environment(void)
{
    VAStatus status;
    const VADisplay before = display;
    setenv("NENC_VA_THREADS", "2", 1);
    setenv("NENC_VA_PRESET", "veryfast", 1);
    display = display_open(&status);
    CHECK_VA(status);
    for (int number = 0; number <= NENC_HAVE_X265; number++) {
        va_client client;
        uint32_t bytes[12];
        const VAProfile profile = number ? VAProfileHEVCMain : VAProfileH264High;
        CHECK_VA(client_open(&client, display, profile, VAEntrypointEncSlice, VA_RC_CBR, 320, 240));
        run(&client, check_quick() ? 2 : 12, bytes);
        check_decodes(&client, 12, 320, 240);
        client_close(&client);
    }
    CHECK_VA(vaTerminate(display));
    unsetenv("NENC_VA_THREADS");
    unsetenv("NENC_VA_PRESET");
    display = before;
}

int main(void)
{
    VAStatus status;
    display = display_open(&status);
    if (status != VA_STATUS_SUCCESS) {
        fprintf(stderr, "vaInitialize: %s: %s\n", vaErrorStr(status), display_message);
        return EXIT_FAILURE;
    }
    check_change(VAProfileH264ConstrainedBaseline, VAEntrypointEncSlice, VA_RC_CBR, 640, 360);
    check_change(VAProfileH264High, VAEntrypointEncSliceLP, VA_RC_VBR, 640, 360);
#if NENC_HAVE_X265
    check_change(VAProfileHEVCMain, VAEntrypointEncSlice, VA_RC_CBR, 320, 180);
    check_cqp(VAProfileHEVCMain);
    check_bounds(VAProfileHEVCMain);
#endif
    check_cqp(VAProfileH264Main);
    check_sizes();
    check_repeats();
    check_bounds(VAProfileH264Main);
    check_moving_bounds();
    check_savings();
    check_frame_rate();
    check_resize();
    check_quality();
    check_refusals();
    check_small_buffer();
    check_environment();
    CHECK_VA(vaTerminate(display));
    return CHECK_END();
}
