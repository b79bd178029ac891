/* driver_faults.c - fault plans of the software VA-API driver: the grammar, every kind of fault at several calls, what is left. */
#include "va_client.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 96, HEIGHT = 64, PICTURES = 34 };

static VADisplay display;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void open_client(va_client *client)
{
    CHECK_VA(client_open(client, display, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CBR, WIDTH, HEIGHT));
}

static void check_grammar(void)
{
    static const char *const good[] = {
        "",
        " ; ;",
        "vaEndPicture@3=HW_BUSY; vaSyncSurface@7=hang; vaMapBuffer@9=empty; abort@12; vaInitialize@1..3=fail; ignore-rate@5",
        "vaEndPicture@3..=VA_STATUS_ERROR_ENCODING_ERROR",
        "  vaBeginPicture @ 1 .. 4 = fail",
        "slow:40@1..2",
        "vaSyncBuffer@2=slow:1;vaSyncSurface2@2=TIMEDOUT",
        "corrupt@1;null@2;two-segments@3;bad-bitstream@4;empty@5",
        "vaMapBuffer/other@1=fail;alloc@9999=fail;vaCreateSurfaces2@900=fail",
    };
    static const char *const bad[] = {
        "nonsense",
        "vaEndPicture",
        "vaEndPicture@",
        "vaEndPicture@0=fail",
        "vaEndPicture@3",
        "vaEndPicture@3=",
        "vaEndPicture@3=EXPLODE",
        "vaEndPicture@5..3=fail",
        "vaEndPicture@3=fail extra",
        "vaEndPicture@3=empty",
        "vaMapBuffer@3=ignore-rate",
        "alloc@3=hang",
        "slow@3",
        "slow:@3",
        "slow:9999999@3",
        "hang@3",
        "fail@3",
        "HW_BUSY@3",
        "vaEndPicture@99999999999999999999=fail",
        "vaendpicture@3=fail",
    };
    va_client client;
    va_coded coded;
    for (size_t number = 0; number < sizeof good / sizeof *good; number++) {
        if (fault(good[number]) != 0) {
            fprintf(stderr, "refused: %s\n", good[number]);
            check_failures++;
        }
    }
    CHECK(fault("vaEndPicture@1..=HW_BUSY") == 0);
    fprintf(stderr, "%zu complaints of the driver are meant:\n", sizeof bad / sizeof *bad);
    for (size_t number = 0; number < sizeof bad / sizeof *bad; number++)
        if (fault(bad[number]) == 0) {
            fprintf(stderr, "taken: %s\n", bad[number]);
            check_failures++;
            CHECK(fault("vaEndPicture@1..=HW_BUSY") == 0);
        }
    open_client(&client); /* the old plan stays in force */
    CHECK_STATUS(client_next(&client, &coded), VA_STATUS_ERROR_HW_BUSY);
    CHECK(fault(NULL) == 0);
    CHECK_VA(client_next(&client, &coded));
    client_close(&client);
}

/* The environment's: misspelt, the display does not open and says why; at the second try it is another plan. */
static void check_environment(void)
{
    static const char *const wrong[][3] = {
        {"NENC_VA_FAULTS", "vaEndPicture@x=fail", "fault plan"},
        {"NENC_VA_STRICT", "intel", "NENC_VA_STRICT"},
        {"NENC_VA_THREADS", "0", "NENC_VA_THREADS"},
        {"NENC_VA_PRESET", "placebo?", "NENC_VA_PRESET"},
    };
    VAStatus status;
    for (size_t number = 0; number < sizeof wrong / sizeof *wrong; number++) {
        setenv(wrong[number][0], wrong[number][1], 1);
        display_message[0] = '\0';
        VADisplay own = display_open(&status);
        CHECK(status != VA_STATUS_SUCCESS && strstr(display_message, wrong[number][2]));
        vaTerminate(own);
        unsetenv(wrong[number][0]);
    }
    setenv("NENC_VA_FAULTS", "vaInitialize@1..3=fail", 1);
    for (int attempt = 1; attempt <= 5; attempt++) {
        VADisplay own = display_open(&status);
        CHECK((status == VA_STATUS_SUCCESS) == (attempt > 3));
        vaTerminate(own);
    }
    unsetenv("NENC_VA_FAULTS");
    VADisplay own = display_open(&status);
    CHECK_VA(status);
    vaTerminate(own);
}

/* A call that is made once per picture fails at that picture and at no other; the stream goes on with an IDR. */
static void check_call(const char *call, unsigned at, VAStatus wanted, const char *name)
{
    char plan[96];
    va_client client;
    unsigned keys = 0, good = 0;
    snprintf(plan, sizeof plan, "%s@%u=%s", call, at, name);
    open_client(&client);
    CHECK(fault(plan) == 0);
    for (unsigned picture = 1; picture <= PICTURES; picture++) {
        va_coded coded;
        const int idr = picture == 1 || picture == at + 1;
        VAStatus status = client_encode(&client, idr ? 'I' : 'P', idr ? "SPLRBF" : "PLRBF", &coded);
        if (status != (picture == at ? wanted : VA_STATUS_SUCCESS)) {
            fprintf(stderr, "%s: picture %u: %#x from %s\n", plan, picture, (unsigned)status, client.failed);
            check_failures++;
        }
        if (status != VA_STATUS_SUCCESS) {
            void *data; /* an encode that did happen is not fetched twice */
            if (strncmp(call, "vaSync", 6) == 0 && vaMapBuffer(display, client.coded_buffer, &data) == VA_STATUS_SUCCESS)
                vaUnmapBuffer(display, client.coded_buffer);
            client.reference = client.reconstructed[(client.count + 1) % 2];
            continue;
        }
        good++;
        keys += (unsigned)coded.key;
    }
    CHECK(good == PICTURES - 1 && keys == (at == 1 ? 1 : at == PICTURES ? 1 : 2));
    client_close(&client);
}

static void check_calls(void)
{
    static const char *const calls[] = {"vaBeginPicture", "vaEndPicture",  "vaSyncSurface",
                                        "vaMapBuffer",    "vaDeriveImage", "vaMapBuffer/other"};
    for (size_t call = 0; call < sizeof calls / sizeof *calls; call++)
        for (unsigned at = 1; at <= 30; at += check_quick() ? 29 : 1)
            check_call(calls[call], at, VA_STATUS_ERROR_HW_BUSY, "HW_BUSY");
    check_call("vaEndPicture", 3, VA_STATUS_ERROR_OPERATION_FAILED, "fail");
    check_call("vaEndPicture", 3, VA_STATUS_ERROR_ENCODING_ERROR, "VA_STATUS_ERROR_ENCODING_ERROR");
    check_call("vaSyncSurface", 3, VA_STATUS_ERROR_TIMEDOUT, "TIMEDOUT");
    check_call("vaMapBuffer", 3, VA_STATUS_ERROR_DECODING_ERROR, "DECODING_ERROR");
    check_call("vaEndPicture", 3, (VAStatus)VA_STATUS_ERROR_UNKNOWN, "UNKNOWN");
}

/* Calls of another rhythm: the n-th of them fails, the ones before and behind do not. */
static void check_set_up(void)
{
    va_client client;
    CHECK(fault("vaCreateConfig@2=fail; vaCreateSurfaces@4=ALLOCATION_FAILED; vaCreateContext@3=HW_BUSY") == 0);
    static const VAStatus wanted[] = {VA_STATUS_SUCCESS, VA_STATUS_ERROR_OPERATION_FAILED, VA_STATUS_ERROR_ALLOCATION_FAILED,
                                      VA_STATUS_SUCCESS, VA_STATUS_ERROR_HW_BUSY,          VA_STATUS_SUCCESS};
    for (size_t number = 0; number < sizeof wanted / sizeof *wanted; number++) {
        VAStatus status = client_open(&client, display, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CBR, WIDTH, HEIGHT);
        CHECK(status == wanted[number]);
        if (status == VA_STATUS_SUCCESS) client_close(&client);
    }
    VASurfaceID surface;
    VADRMPRIMESurfaceDescriptor out;
    CHECK_VA(vaCreateSurfaces(display, VA_RT_FORMAT_YUV420, 64, 64, &surface, 1, NULL, 0));
    CHECK(fault("vaExportSurfaceHandle@1=fail; vaCreateBuffer@3=ALLOCATION_FAILED; vaRenderPicture@2=fail; vaPutImage@1=fail") ==
          0);
    CHECK_STATUS(vaExportSurfaceHandle(display, surface, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2, 0, &out),
                 VA_STATUS_ERROR_OPERATION_FAILED);
    CHECK_VA(vaDestroySurfaces(display, &surface, 1));
    VAImageFormat format = {.fourcc = VA_FOURCC_NV12};
    VAImage image;
    va_coded coded;
    open_client(&client);
    CHECK_VA(vaCreateImage(display, &format, WIDTH, HEIGHT, &image));
    CHECK_STATUS(vaPutImage(display, client.input[0], image.image_id, 0, 0, 64, 64, 0, 0, 64, 64),
                 VA_STATUS_ERROR_OPERATION_FAILED);
    CHECK_VA(vaPutImage(display, client.input[0], image.image_id, 0, 0, 64, 64, 0, 0, 64, 64));
    CHECK_VA(vaDestroyImage(display, image.image_id));
    CHECK_STATUS(client_next(&client, &coded), VA_STATUS_ERROR_ALLOCATION_FAILED); /* coded buffer, sequence, picture */
    CHECK(strcmp(client.failed, "vaCreateBuffer") == 0);
    CHECK_STATUS(client_next(&client, &coded), VA_STATUS_ERROR_OPERATION_FAILED);
    CHECK(strcmp(client.failed, "vaRenderPicture") == 0);
    CHECK_VA(client_next(&client, &coded));
    client_close(&client);
    CHECK(fault("") == 0);
}

/* The three ways to wait count as one for vaSyncSurface, and on their own too. */
static void check_ways_to_wait(void)
{
    va_client client;
    va_coded coded;
    open_client(&client);
    CHECK_VA(client_next(&client, &coded));
    CHECK(fault("vaSyncSurface@3=HW_BUSY; vaSyncBuffer@2=ENCODING_ERROR") == 0);
    CHECK_VA(vaSyncSurface(display, client.input[0]));
    CHECK_VA(vaSyncBuffer(display, client.coded_buffer, 0));
    CHECK_STATUS(vaSyncSurface2(display, client.input[0], 0), VA_STATUS_ERROR_HW_BUSY);
    CHECK_STATUS(vaSyncBuffer(display, client.coded_buffer, 0), VA_STATUS_ERROR_ENCODING_ERROR);
    CHECK_VA(vaSyncBuffer(display, client.coded_buffer, 0));
    CHECK(fault("") == 0);
    client_close(&client);
}

/* A wait that hangs stays hung for its context, ends with the client's patience, and a new context is well. */
static void check_hang(unsigned at)
{
    char plan[64];
    va_client client;
    va_coded coded;
    VASurfaceStatus state;
    snprintf(plan, sizeof plan, "vaSyncSurface@%u=hang", at);
    open_client(&client);
    CHECK(fault(plan) == 0);
    for (unsigned picture = 1; picture < at; picture++) CHECK_VA(client_next(&client, &coded));
    client.timeout_ns = 40000000; /* only now: a busy machine may need longer for a picture that is well */
    double before = now_s();
    CHECK_STATUS(client_next(&client, &coded), VA_STATUS_ERROR_TIMEDOUT);
    CHECK(now_s() - before > 0.039);
    CHECK_STATUS(vaSyncBuffer(display, client.coded_buffer, 1000000), VA_STATUS_ERROR_TIMEDOUT);
    CHECK_VA(vaQuerySurfaceStatus(display, client.input[(at - 1) % CLIENT_SURFACES], &state));
    CHECK(state == VASurfaceRendering);
    client_close(&client);
    open_client(&client);
    client.timeout_ns = 10000000000;
    CHECK_VA(client_next(&client, &coded));
    client_close(&client);
    CHECK(fault("") == 0);
}

typedef struct hung {
    va_client client;
    const char *plan;
    VAStatus status;
    double until_s;
} hung;

static void *run_hung(void *argument)
{
    hung *self = argument;
    va_coded coded;
    self->status = client_next(&self->client, &coded);
    self->until_s = now_s();
    return NULL;
}

/* A call that does not come back, until another plan is set; the other calls of the display go on meanwhile. */
static void check_stuck(const char *plan)
{
    hung self = {.plan = plan};
    pthread_t thread;
    va_client other;
    va_coded coded;
    open_client(&self.client);
    open_client(&other);
    CHECK(fault(plan) == 0);
    if (pthread_create(&thread, NULL, run_hung, &self) != 0) abort();
    usleep(50000);
    if (!strstr(plan, "..")) CHECK_VA(client_next(&other, &coded));
    const double released = now_s();
    CHECK(fault("") == 0);
    pthread_join(thread, NULL);
    CHECK(self.until_s >= released);
    CHECK_STATUS(self.status, VA_STATUS_ERROR_TIMEDOUT);
    client_close(&self.client);
    client_close(&other);
}

static void check_slow(void)
{
    va_client client;
    va_coded coded;
    open_client(&client);
    CHECK(fault("slow:80@2; vaBeginPicture@3=slow:80") == 0);
    for (int picture = 1; picture <= 4; picture++) {
        double before = now_s();
        CHECK_VA(client_next(&client, &coded));
        double took = now_s() - before;
        CHECK((picture == 2 || picture == 3) == (took >= 0.08));
    }
    CHECK(fault("") == 0);
    client_close(&client);
}

/* What the coded buffer says, picture by picture. */
static void check_coded(void)
{
    va_client client, plain;
    va_coded coded, wanted;
    const VACodedBufferSegment *segment = (void *)1;
    open_client(&client);
    open_client(&plain);
    for (unsigned picture = 1; picture <= 7; picture++) {
        CHECK(fault("") == 0);
        CHECK_VA(client_next(&plain, &wanted));
        char plan[64];
        static const char *const words[] = {"", "", "empty", "bad-bitstream", "two-segments", "corrupt", "null", "two-segments"};
        snprintf(plan, sizeof plan, picture == 1 ? "%s" : "%s@1", words[picture]);
        CHECK(fault(plan) == 0);
        if (picture == 6) {
            CHECK_VA(client_submit(&client, client.input[0], 'P', "PLRBF"));
            CHECK_VA(vaMapBuffer(display, client.coded_buffer, (void **)&segment));
            CHECK(segment == NULL);
            CHECK_VA(vaUnmapBuffer(display, client.coded_buffer));
            continue;
        }
        const size_t before = client.bytes;
        CHECK_VA(client_next(&client, &coded));
        CHECK(coded.segments == (strcmp(words[picture], "two-segments") == 0 ? 2 : 1));
        CHECK(((coded.status & VA_CODED_BUF_STATUS_BAD_BITSTREAM) != 0) == (picture == 3));
        if (picture < 6) {
            CHECK(coded.bytes == (picture == 2 ? 0 : wanted.bytes));
            int same = coded.bytes && memcmp(client.stream + before, plain.stream + plain.bytes - wanted.bytes, coded.bytes) == 0;
            CHECK(same == (picture != 2 && picture != 5));
        }
    }
    CHECK(fault("") == 0);
    client_close(&client);
    client_close(&plain);
}

/* A rate that is not followed, without a word. */
static void check_ignored_rate(const char *plan, int ignored)
{
    va_client client;
    va_coded coded;
    size_t before = 0, after = 0;
    CHECK_VA(client_open(&client, display, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CBR, 320, 240));
    CHECK(fault(plan) == 0);
    for (int picture = 0; picture < 80; picture++) {
        if (picture == 40) {
            client.knobs.bps /= 8;
            client.knobs.vbv /= 8;
        }
        CHECK_VA(client_next(&client, &coded));
        if (picture >= 10 && picture < 40) before += coded.bytes;
        if (picture >= 50) after += coded.bytes;
    }
    CHECK(ignored ? after > before / 2 : after < before / 4);
    CHECK(fault("") == 0);
    client_close(&client);
}

/* In a process of its own: SIGABRT at that picture, after the ones before. */
static void check_abort(void)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        VAStatus status;
        va_coded coded;
        va_client client;
        freopen("/dev/null", "w", stderr);
        signal(SIGABRT, SIG_DFL);
        VADisplay own = display_open(&status);
        if (status != VA_STATUS_SUCCESS) _exit(1);
        if (client_open(&client, own, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CBR, WIDTH, HEIGHT) != VA_STATUS_SUCCESS)
            _exit(2);
        fault("abort@4");
        for (int picture = 1; picture <= 3; picture++)
            if (client_next(&client, &coded) != VA_STATUS_SUCCESS) _exit(3);
        client_next(&client, &coded);
        _exit(4);
    }
    int state = 0;
    CHECK(child > 0 && waitpid(child, &state, 0) == child);
    CHECK(WIFSIGNALED(state) && WTERMSIG(state) == SIGABRT);
}

/* The driver's n-th allocation fails, for every n: an error each time, and nothing is left (a sanitizer sees to that). */
static void check_allocations(void)
{
    unsigned at = 1;
    for (int failed = 1; failed; at++) {
        char plan[32];
        va_client client;
        va_coded coded;
        VAStatus status;
        snprintf(plan, sizeof plan, "alloc@%u=fail", at);
        CHECK(fault(plan) == 0);
        VADisplay own = display_open(&status);
        failed = status != VA_STATUS_SUCCESS;
        if (!failed) {
            status = client_open(&client, own, VAProfileH264Main, VAEntrypointEncSlice, VA_RC_CBR, WIDTH, HEIGHT);
            failed = status != VA_STATUS_SUCCESS;
            for (int picture = 0; !failed && picture < 2; picture++) {
                status = client_next(&client, &coded);
                failed = status != VA_STATUS_SUCCESS;
            }
            CHECK(status == VA_STATUS_SUCCESS || status == VA_STATUS_ERROR_ALLOCATION_FAILED);
            client_close(&client);
        }
        vaTerminate(own);
        if (at > 500) break;
    }
    CHECK(at > 20 && at < 500);
    printf("%u allocations failed one by one\n", at - 2);
    CHECK(fault("") == 0);
}

int main(void)
{
    VAStatus status;
    display = display_open(&status);
    if (status != VA_STATUS_SUCCESS) {
        fprintf(stderr, "vaInitialize: %s: %s\n", vaErrorStr(status), display_message);
        return EXIT_FAILURE;
    }
    check_grammar();
    check_environment();
    check_calls();
    check_set_up();
    check_ways_to_wait();
    check_hang(1);
    check_hang(2);
    check_hang(7);
    check_stuck("vaSyncSurface@1=hang");
    check_stuck("vaEndPicture@1=hang");
    check_stuck("vaBeginPicture@1=hang");
    check_stuck("vaMapBuffer@1=hang");
    check_slow();
    check_coded();
    check_ignored_rate("ignore-rate@5", 1);
    check_ignored_rate("ignore-rate@41..", 1);
    check_ignored_rate("ignore-rate@41..42", 0);
    check_ignored_rate("", 0);
    check_abort();
    check_allocations();
    CHECK_VA(vaTerminate(display));
    return CHECK_END();
}
