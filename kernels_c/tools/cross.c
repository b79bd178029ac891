/* cross.c - `nenc cross`: competing traffic, either UDP that does not respond to congestion or greedy TCP. */
#include "cross.h"

#include "options.h"
#include "stop.h"
#include "tool.h"

#include "core/clock.h"
#include "live/netns.h"

#include <errno.h>
#include <string.h>

#define AT(field) offsetof(cross_options, field)

static const nenc_option table[] = {
    {"to", NENC_OPTION_TO, AT(to), "HOST:PORT", "the address on which `nenc sink` listens", .required = true},
    {"kind", NENC_OPTION_CHOICE, AT(kind), "cbr|onoff|onoff-exponential|tcp-reno|tcp-cubic|tcp-bbr",
     "steady, on and off for fixed or exponential times, or greedy TCP", .required = true},
    {"rate", NENC_OPTION_RATE, AT(rate_bps), "RATE", "wire rate while the source is on (UDP only)", .min = 1, .max = 1e12},
    {"wire-bytes", NENC_OPTION_INTEGER, AT(wire_bytes), "BYTES", "wire size of a packet", "1242", .min = 60, .max = 65549},
    {"overhead", NENC_OPTION_INTEGER, AT(overhead), "BYTES", "bytes of the packet that are headers below the UDP payload", "42",
     .min = 28, .max = 200},
    {"on", NENC_OPTION_TIME, AT(on_ns), "TIME", "how long an onoff source sends at a time", .min = 1, .max = 1e18},
    {"off", NENC_OPTION_TIME, AT(off_ns), "TIME", "how long it is then silent", .min = 1, .max = 1e18},
    {"start-at", NENC_OPTION_INTEGER, AT(start_at), "NS", "start time on CLOCK_MONOTONIC; default: now", .min = 0, .max = 4e18},
    {"stop-at", NENC_OPTION_INTEGER, AT(stop_at), "NS", "CLOCK_MONOTONIC", .min = 0, .max = 4e18},
    {"duration", NENC_OPTION_TIME, AT(duration_ns), "TIME", "use instead of --stop-at; with neither, it runs until a signal",
     .min = 1, .max = 1e18},
    {"seed", NENC_OPTION_INTEGER, AT(seed), "N", "seed of the exponential times", "1", .min = 0, .max = 9.2e18},
    {"stream", NENC_OPTION_INTEGER, AT(stream), "ID", "index of the source in the scenario; selects its random stream", "0",
     .min = 0, .max = 1e6},
    {"streams", NENC_OPTION_INTEGER, AT(streams), "N", "number of parallel TCP connections", "1", .min = 1, .max = 64},
    {"netns", NENC_OPTION_INTEGER, AT(netns), "FD", "file descriptor of the network namespace to send from", .min = 0,
     .max = 1e6},
    {"die-with-parent", NENC_OPTION_FLAG, AT(die_with_parent), .help = "exit when the parent process ends"},
    {.name = NULL},
};

static const nenc_command command = {
    .name = "cross",
    .about = "Sends competing traffic over a path under test to a `nenc sink`.",
    .options = table,
    .more = "Stops at its stop time, or cleanly on SIGINT or SIGTERM, and prints its counters as one line of JSON.",
};

static const char *const algorithms[] = {
    "reno", "cubic", "bbr"}; /* indexed by kind, from CROSS_TCP on: the kernel's names of the congestion controls */

/* Checks combinations of options, which the table cannot. */
static int check(const cross_options *options)
{
    const bool tcp = options->kind >= CROSS_TCP, onoff = !tcp && options->kind > 0;
    const char *wrong = NULL;
    if (!tcp && !options->rate_bps) wrong = "--rate is missing: this kind needs a rate, such as --rate 10Mbps";
    if (tcp && options->rate_bps) wrong = "--rate: TCP sends as fast as it can; leave it out";
    if (onoff && (!options->on_ns || !options->off_ns)) wrong = "--on and --off are needed for onoff, such as --on 1s --off 1s";
    if (!onoff && (options->on_ns || options->off_ns)) wrong = "--on and --off apply only to onoff; leave them out";
    if (!tcp && options->streams != 1) wrong = "--streams applies only to TCP; leave it out";
    if (options->overhead >= options->wire_bytes) wrong = "--overhead: it exceeds --wire-bytes, which leaves no payload to send";
    if (options->stop_at >= 0 && options->duration_ns)
        wrong = "--stop-at and --duration exclude each other; leave one of them out";
    return wrong ? nenc_complain(command.name, NENC_EXIT_INPUT, "%s", wrong) : NENC_EXIT_OK;
}

int nenc_cross_main(int argc, char **argv)
{
    cross_options options = {.start_at = -1, .stop_at = -1, .netns = -1};
    int status;
    if (!nenc_options_read(&command, argc, argv, &options, &status)) return status;
    if ((status = check(&options))) return status;
    nenc_stop_prepare(options.die_with_parent);
    if (options.netns >= 0 && nenc_netns_enter((int)options.netns) < 0)
        return nenc_complain(command.name, NENC_EXIT_ENVIRONMENT, "--netns %d: cannot enter it: %s", (int)options.netns,
                             strerror(errno));
    nenc_address to;
    char why[200];
    if (!nenc_endpoint_resolve(&options.to, &to, why, sizeof why))
        return nenc_complain(command.name, NENC_EXIT_INPUT, "--to: %s", why);
    if (options.start_at < 0) options.start_at = nenc_now_ns();
    if (options.duration_ns) options.stop_at = options.start_at + options.duration_ns;
    if (options.stop_at < 0) options.stop_at = INT64_MAX / 2;
    if (options.kind < CROSS_TCP) return cross_udp(&options, &to);
    return cross_tcp(&options, &to, algorithms[options.kind - CROSS_TCP]);
}
