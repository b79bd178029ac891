/* origin.c - a controller with the three functions of the original program (see nenc.h): its thread runs on the lab's time, and
 * its rate is read at ticks.
 */
#include "clock.h"
#include "host.h"

/* With the signatures of nenc.h. */
static struct {
    __typeof__(&init_adaptive_encoder) init;
    __typeof__(&record_network_metrics) record;
    __typeof__(&get_current_bitrate) rate;
} object;

static AdaptiveEncoder *encoder;

static bool find(void *library, nenc_host_page *page)
{
    /* Converts a data pointer to a function pointer, which POSIX allows. */
    *(void **)&object.init = host_symbol(library, "init_adaptive_encoder");
    *(void **)&object.record = host_symbol(library, "record_network_metrics");
    *(void **)&object.rate = host_symbol(library, "get_current_bitrate");
    page->origin_found = (object.init != NULL) | (object.record != NULL) << 1 | (object.rate != NULL) << 2;
    return page->origin_found == 7;
}

/* Runs the object's threads up to now_ns, each at the time at which it asked to be woken. */
static void run_threads(nenc_host_page *page, int64_t now_ns)
{
    host_enter(page, NENC_HOST_IN_THREADS, now_ns);
    host_clock_advance(now_ns);
}

static void create(nenc_host_page *page)
{
    host_enter(page, NENC_HOST_IN_CREATE, page->config.now_ns);
    encoder = object.init(NULL); /* NULL: there is no display, so the encoder is software */
    host_back();
    page->status = encoder != NULL;
    if (encoder) run_threads(page, page->config.now_ns);
}

static void record(nenc_host_page *page, const nenc_sample *sample)
{
    run_threads(page, sample->time_ns);
    host_enter(page, NENC_HOST_IN_RECORD, sample->time_ns);
    object.record(encoder, sample->throughput_kbps, sample->rtt_ms, sample->loss);
    host_back();
    run_threads(page, sample->time_ns); /* the call may have woken a thread */
}

static void step(nenc_host_page *page)
{
    run_threads(page, page->now_ns);
    host_enter(page, NENC_HOST_IN_STEP, page->now_ns);
    const uint32_t rate = object.rate(encoder);
    host_back();
    page->decision.rate_bps = rate;
    page->status = 0;
}

/* The original program has no function to end it: its thread ends with the process. */
static void destroy(nenc_host_page *page) {}

const host_interface host_origin = {.find = find, .create = create, .record = record, .step = step, .destroy = destroy};
