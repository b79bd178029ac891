/* loop.c - libnenc in thirty lines: network reports go in, and a rate for an encoder comes out.
 *
 *   cc loop.c -o loop $(pkg-config --cflags --libs nenc) && ./loop
 */
#include <nenc/nenc.h>

#include <math.h>
#include <stdio.h>

int main(void)
{
    const int64_t tick_ns = 1000000000 / 60;
    nenc_config config;
    nenc_config_default(&config);
    config.rate_start_bps = 5e6;
    int status;
    AdaptiveEncoder *enc = nenc_create(&config, 0, &status);
    if (!enc) return fprintf(stderr, "nenc_create: %s\n", nenc_strerror(status)), 1;

    double rate = config.rate_start_bps, queue_s = 0; /* reports of a 40 Mbit/s link with an rtt of 30 ms */
    for (int64_t now_ns = tick_ns; now_ns < 20000000000; now_ns += tick_ns) {
        queue_s = fmax(queue_s + (rate / 40e6 - 1) * 1e-9 * (double)tick_ns, 0);
        nenc_sample report = {.time_ns = now_ns, .owd_ms = NAN, .ecn = NAN, .bytes_in_flight = NAN};
        report.throughput_kbps = (uint32_t)(fmin(rate, 40e6) / 1e3);
        report.rtt_ms = (float)(30 + 1e3 * queue_s);
        nenc_record(enc, &report);                  /* may be called by another thread */
        rate = (double)nenc_step(enc, now_ns, NULL); /* or call nenc_start(enc) once, and then get_current_bitrate(enc) */
    }
    nenc_state state;
    nenc_state_get(enc, &state);
    printf("%.1f Mbit/s, queue %.0f ms, QP %.0f, %u lines at %.0f fps\n", state.rate_bps / 1e6, state.queue_delay_ms, state.qp,
           state.rung, state.fps);
    nenc_destroy(enc);
    return 0;
}
