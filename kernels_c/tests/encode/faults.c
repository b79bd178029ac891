/* faults.c - a scenario's hardware, all of it: fail-over, encoder process, libva and the software driver, hurt at every call.
 *
 *   faults [FOLDER]     with a folder: every stream is written into it, for a decoder to look at
 *
 * NENC_CHECK_PLAN in the environment: that plan alone.
 *
 * A plan is in the environment, so every new process has it from its start: hardware that came back fails again. */
#include "../core/check.h"
#include "leftovers.h"
#include "nenc/failover.h"
#include "nenc/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAMES = 120, WIDTH = 320, HEIGHT = 192 };
static const int64_t frame_ns = 1000000000 / 30, watchdog_ns = 60000000;

static const char *const actions[] = {"vaEndPicture@%d=HW_BUSY",
                                      "vaSyncSurface@%d=hang",
                                      "vaMapBuffer@%d=empty",
                                      "abort@%d",
                                      "vaInitialize@1..%d=fail",
                                      "ignore-rate@%d",
                                      "vaMapBuffer@%d=bad-bitstream",
                                      "vaMapBuffer@%d=null",
                                      "vaBeginPicture@%d=ENCODING_ERROR",
                                      "vaRenderPicture@%d=INVALID_BUFFER"};

/* IDR slices (type 5) of an access unit. */
static int idrs_in(const uint8_t *data, uint32_t bytes)
{
    int found = 0;
    for (uint32_t i = 0; i + 3 < bytes; i++)
        if (!data[i] && !data[i + 1] && data[i + 2] == 1 && (data[i + 3] & 31) == 5) found = 1;
    return found;
}

static double slowest_error_ms, slowest_hang_ms;

static void run(const char *plan, const char *folder, nenc_source *source, int number)
{
    nenc_failover_config config;
    nenc_failover *failover = NULL;
    char text[300] = "", path[600];
    int frames = 0, idrs = 0, marked = 0, switches = 0, software = 0;
    setenv("NENC_VA_FAULTS", plan, 1);
    nenc_failover_config_default(&config);
    snprintf(config.encoder.device, sizeof config.encoder.device, "driver:nenc");
    config.wait_for_probe = 1;
    config.encoder.width = WIDTH;
    config.encoder.height = HEIGHT;
    config.encoder.rate.bitrate_bps = 600000;
    /* Where nothing hangs a busy machine must not look as if something did. */
    config.encoder.timeout_ns = strstr(plan, "hang") ? watchdog_ns : 5000000000;
    FILE *out = NULL;
    if (folder && snprintf(path, sizeof path, "%s/%03d.264", folder, number) < (int)sizeof path) out = fopen(path, "wb");
    int status = nenc_failover_open(&config, &failover, text, sizeof text);
    if (status != NENC_OK) printf("%s: %s\n", plan, text);
    CHECK(status == NENC_OK);
    for (int i = 0; failover && i < FRAMES; i++) {
        nenc_frame frame;
        nenc_failover_frame made;
        nenc_failover_event event;
        CHECK(nenc_failover_picture(failover, &frame) == NENC_OK);
        CHECK(nenc_source_render(source, (uint64_t)i, &frame.picture) == NENC_OK);
        frame.pts_ns = i * frame_ns;
        config.encoder.rate.bitrate_bps = i < FRAMES / 2 ? 600000 : 300000;
        CHECK(nenc_failover_set_rate(failover, &config.encoder.rate) == NENC_OK);
        status = nenc_failover_encode(failover, &frame, &made);
        if (status != NENC_OK) printf("%s: picture %d: %s\n", plan, i, nenc_failover_failure(failover));
        CHECK(status == NENC_OK);
        frames += made.coded.bytes > 0 && made.coded.number == (uint64_t)i;
        software += made.software != 0;
        idrs += idrs_in(made.coded.data, made.coded.bytes);
        marked += made.coded.key != 0;
        if (out) fwrite(made.coded.data, 1, made.coded.bytes, out);
        while (nenc_failover_event_take(failover, &event)) {
            if (event.kind == NENC_FAILOVER_FALLBACK || event.kind == NENC_FAILOVER_RECOVERED) switches += i > 0;
            if (event.kind != NENC_FAILOVER_FALLBACK || i == 0) continue;
            /* From the failure to the frame; the watchdog's time, or the call's, comes before it. */
            const double ms = (double)made.took_ns * 1e-6;
            double *slowest = event.status == NENC_ENCODE_TIMEOUT ? &slowest_hang_ms : &slowest_error_ms;
            if (ms > *slowest) *slowest = ms;
        }
    }
    nenc_failover_close(failover);
    if (out) fclose(out);
    if (idrs != 1 + switches) printf("%s: %d IDR pictures, %d switches\n", plan, idrs, switches);
    CHECK(frames == FRAMES);
    CHECK(idrs == 1 + switches && marked == idrs);
    CHECK((software > 0) == (strncmp(plan, "ignore-rate", 11) != 0));
    CHECK(!has_children());
}

int main(int argc, char **argv)
{
    const nenc_pattern pattern = {.width = WIDTH, .height = HEIGHT, .seed = 3, .complexity = 0.7};
    const int most = check_quick() ? 2 : 30, before = open_descriptors();
    nenc_source *source = NULL;
    int number = 0;
    CHECK(nenc_source_pattern(&pattern, &source, NULL, 0) == NENC_OK);
    const char *only = getenv("NENC_CHECK_PLAN");
    if (only) run(only, argc > 1 ? argv[1] : NULL, source, number++);
    for (size_t action = 0; !only && action < sizeof actions / sizeof *actions; action++)
        for (int at = 1; at <= most; at++) {
            char plan[100];
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(plan, sizeof plan, actions[action], at);
            run(plan, argc > 1 ? argv[1] : NULL, source, number++);
        }
    nenc_source_close(source);
    CHECK(open_descriptors() == before);
    printf("%d runs; from the capture to the first software frame: %.1f ms at most after an error, %.1f ms after a hang "
           "(watchdog %.0f ms)\n",
           number, slowest_error_ms, slowest_hang_ms, (double)watchdog_ns * 1e-6);
    return CHECK_END();
}
