/* origin.c - the three functions that nenc.h keeps from the original program, as its callers use them: they need nothing else. */
#include "nenc/nenc.h"

#include "check.h"

#include <time.h>

static void sleep_ms(int ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

int main(void)
{
    AdaptiveEncoder *enc = init_adaptive_encoder(NULL);
    if (!enc) return EXIT_FAILURE;
    CHECK(get_current_bitrate(enc) == 5000000);

    /* 45 Mbit/s arrive, 40 ms, no loss: nothing speaks against the rate. */
    for (int i = 0; i < 20; i++) {
        record_network_metrics(enc, 45000, 40, 0);
        sleep_ms(10);
        uint32_t rate = get_current_bitrate(enc);
        CHECK(rate >= 5000000 && rate <= 120000000);
    }
    record_network_metrics(enc, 45000, NAN, 0);
    record_network_metrics(enc, 45000, -1, 0);
    record_network_metrics(enc, 45000, 40, INFINITY);

    nenc_state state = {0};
    for (int i = 0; i < 5000 && (state.recorded < 20 || state.refused < 3); i++) {
        CHECK(nenc_state_get(enc, &state) == NENC_OK);
        sleep_ms(1);
    }
    CHECK(state.recorded == 20 && state.refused == 3 && state.overwritten == 0);
    CHECK(state.throughput_bps == 45e6 && state.rtt_ms == 40 && state.loss == 0);

    record_network_metrics(NULL, 1, 1, 0);
    CHECK(get_current_bitrate(NULL) == 0);
    nenc_destroy(enc);
    return CHECK_END();
}
