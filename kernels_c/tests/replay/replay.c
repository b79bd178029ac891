/* replay.c - a recorded run through the controller again: what went in is read from stdin, every state is printed.
 *
 *   knob NAME VALUE                                  before create; VALUE as a hexadecimal float
 *   create LAW TICK_NS NOW_NS
 *   sample TIME_NS KBPS RTT_MS LOSS OWD_MS ECN FLIGHT
 *   tick NOW_NS                                      prints the bytes of nenc_state as one line of hexadecimal digits
 *
 * The first line printed names the kernels. Two builds, or two processors, agree when they print the same lines after it. */
#include "nenc/nenc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bad(const char *line)
{
    fprintf(stderr, "replay: cannot follow: %s", line);
    return EXIT_FAILURE;
}

static void print(const nenc_state *state)
{
    const unsigned char *bytes = (const unsigned char *)state;
    char line[2 * sizeof *state + 1];
    for (size_t i = 0; i < sizeof *state; i++) snprintf(line + 2 * i, 3, "%02x", bytes[i]);
    puts(line);
}

int main(void)
{
    char line[512], name[64];
    double value;
    nenc_config config;
    nenc_config_default(&config);
    AdaptiveEncoder *enc = NULL;
    printf("%s\n", nenc_kernel_name());
    while (fgets(line, sizeof line, stdin)) {
        nenc_sample sample;
        int64_t now_ns;
        if (sscanf(line, "knob %63s %lf", name, &value) == 2) {
            if (nenc_config_set(&config, name, value) != NENC_OK) return bad(line);
        } else if (!enc && sscanf(line, "create %" SCNu32 " %" SCNd64 " %" SCNd64, &config.law, &config.tick_ns, &now_ns) == 3) {
            enc = nenc_create(&config, now_ns, NULL);
            if (!enc) return bad(line);
        } else if (enc && sscanf(line, "sample %" SCNd64 " %" SCNu32 " %f %f %f %f %f", &sample.time_ns, &sample.throughput_kbps,
                                 &sample.rtt_ms, &sample.loss, &sample.owd_ms, &sample.ecn, &sample.bytes_in_flight) == 7) {
            nenc_record(enc, &sample);
        } else if (enc && sscanf(line, "tick %" SCNd64, &now_ns) == 1) {
            nenc_state state;
            memset(&state, 0, sizeof state);
            if (nenc_step(enc, now_ns, &state) < 0) return bad(line);
            print(&state);
        } else {
            return bad(line);
        }
    }
    nenc_destroy(enc);
    return EXIT_SUCCESS;
}
