/* recv.c - `nenc recv`: receives one RTP stream, sends feedback on it, and writes it to a file. */
#include "options.h"
#include "stop.h"
#include "tool.h"

#include "core/clock.h"
#include "live/netns.h"
#include "live/receiver.h"
#include "live/udp.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

typedef struct recv_options {
    nenc_endpoint listen;
    const char *out, *telemetry;
    int payload;
    int64_t report, quantum, idle, ssrc, payload_type, sequence, netns, control, origin, start_at, buffer;
    bool ordinary, die;
} recv_options;

/* The words of --payload in their order: auto, then each payload format by its number. */
enum { PAYLOAD_AUTO, PAYLOAD_FIRST };

#define AT(field) offsetof(recv_options, field)
static const nenc_option options[] = {
    {"listen", NENC_OPTION_LISTEN, AT(listen), "[HOST]:PORT", "address on which to receive packets", NULL, true, 0, 0},
    {"out", NENC_OPTION_TEXT, AT(out), "FILE", "file for the stream (Annex B): .264, .265, as its codec is", NULL, false, 0, 0},
    {"payload", NENC_OPTION_CHOICE, AT(payload), "auto" NENC_CODEC_NAMES "|padding",
     "payload format; auto: from the name of --out", "auto", false, 0, 0},
    {"report", NENC_OPTION_TIME, AT(report), "TIME", "interval of the RFC 8888 reports; 0s: send none", "50ms", false, 0, 1e10},
    {"quantum", NENC_OPTION_TIME, AT(quantum), "TIME", "packets that arrive within this time are received together", "1ms", false,
     0, 1e8},
    {"idle", NENC_OPTION_TIME, AT(idle), "TIME", "stop after this long without a packet, once one has arrived; 0s: never", "0s",
     false, 0, 0},
    {"buffer", NENC_OPTION_SIZE, AT(buffer), "SIZE", "socket receive buffer, up to the kernel's limit", "16MB", false, 4096, 1e9},
    {"ssrc", NENC_OPTION_INTEGER, AT(ssrc), "N", "SSRC of the stream; default: the first that is seen twice", "-1", false, -1,
     4294967295},
    {"payload-type", NENC_OPTION_INTEGER, AT(payload_type), "N", "RTP payload type; default: any", "-1", false, -1, 127},
    {"sequence", NENC_OPTION_INTEGER, AT(sequence), "N",
     "sequence number of the first packet sent; default: that of the first to arrive", "-1", false, -1, 65535},
    {"telemetry", NENC_OPTION_TEXT, AT(telemetry), "FILE", "telemetry file (nenc/live.h)", NULL, false, 0, 0},
    {"ordinary", NENC_OPTION_FLAG, AT(ordinary), NULL, "do not request SCHED_FIFO", NULL, false, 0, 0},
    {"netns", NENC_OPTION_INTEGER, AT(netns), "FD", "file descriptor of the network namespace to listen in", "-1", false, -1,
     0x7fffffff},
    {"control", NENC_OPTION_INTEGER, AT(control), "FD", "control socket (nenc/live.h); the receiver stops when it closes", "-1",
     false, -1, 0x7fffffff},
    {"origin", NENC_OPTION_INTEGER, AT(origin), "NS", "time 0 on CLOCK_MONOTONIC; -1: now", "-1", false, -1, 4e18},
    {"start-at", NENC_OPTION_INTEGER, AT(start_at), "NS", "start of the report intervals on CLOCK_MONOTONIC; -1: now", "-1",
     false, -1, 4e18},
    {"die-with-parent", NENC_OPTION_FLAG, AT(die), NULL, "exit when the parent process ends", NULL, false, 0, 0},
    {0},
};
static const nenc_command command = {
    .name = "recv",
    .about = "Receives one RTP stream, sends RFC 8888 feedback on it, and writes it to a file.",
    .options = options,
    .more = "Malformed, foreign and replayed packets are counted and ignored. Ctrl-C stops it; it then prints one line of JSON "
            "on stdout.",
};

/* Whether a file's name ends in a dot and one of "264|h264". */
static bool ends_in(const char *name, const char *endings)
{
    const char *dot = strrchr(name, '.');
    const size_t length = dot ? strlen(dot + 1) : 0;
    while (length && *endings) {
        const size_t bytes = strcspn(endings, "|");
        if (bytes == length && memcmp(endings, dot + 1, length) == 0) return true;
        endings += bytes + (endings[bytes] == '|');
    }
    return false;
}

/* Takes the payload format from the name of --out; returns false when the extension is that of no codec. */
static bool format_of(const recv_options *o, nenc_rtp_format *format)
{
    *format = o->payload == PAYLOAD_AUTO ? NENC_RTP_PADDING : (nenc_rtp_format)(o->payload - PAYLOAD_FIRST);
    if (o->payload != PAYLOAD_AUTO || !o->out) return true;
    const nenc_codec_info *codec;
    for (size_t i = 0; (codec = nenc_codec_at(i)); i++)
        if (ends_in(o->out, codec->endings)) {
            *format = (nenc_rtp_format)i;
            return true;
        }
    return false;
}

static int open_socket(const recv_options *o)
{
    nenc_address local;
    char why[256];
    if (o->netns >= 0 && nenc_netns_enter((int)o->netns))
        return nenc_complain("recv", -NENC_EXIT_ENVIRONMENT, "cannot enter the network namespace of --netns %d: %s",
                             (int)o->netns, strerror(errno));
    if (!nenc_endpoint_resolve(&o->listen, &local, why, sizeof why))
        return nenc_complain("recv", -NENC_EXIT_INPUT, "--listen: %s", why);
    const nenc_udp_options udp = {.local = &local, .receive_bytes = (int)o->buffer};
    const int fd = nenc_udp_open(&udp, why, sizeof why);
    return fd >= 0 ? fd : nenc_complain("recv", -NENC_EXIT_ENVIRONMENT, "%s", why);
}

static void print_counters(const nenc_live_counters *c)
{
    printf("{\"packets\": %llu, \"bytes\": %llu, \"units\": %llu, \"damaged\": %llu, \"late\": %llu, \"duplicates\": %llu, "
           "\"foreign\": %llu, \"malformed\": %llu, \"overflow\": %llu, \"reports\": %llu}\n",
           (unsigned long long)c->packets, (unsigned long long)c->bytes, (unsigned long long)c->frames,
           (unsigned long long)c->damaged, (unsigned long long)c->late, (unsigned long long)c->duplicates,
           (unsigned long long)c->foreign, (unsigned long long)c->malformed, (unsigned long long)c->overflow,
           (unsigned long long)c->feedback);
    fflush(stdout);
}

int nenc_recv_main(int argc, char **argv)
{
    recv_options o = {0};
    int status;
    if (!nenc_options_read(&command, argc, argv, &o, &status)) return status;
    nenc_rtp_format format;
    if (!format_of(&o, &format))
        return nenc_complain("recv", NENC_EXIT_INPUT, "--out %s: the extension is that of no codec (.264, .265); give --payload",
                             o.out);
    if ((status = nenc_check_control("recv", o.control))) return status;
    nenc_stop_prepare(o.die);
    const int fd = open_socket(&o);
    if (fd < 0) return -fd;
    const int64_t now_ns = nenc_now_ns();
    uint32_t own;
    if (getrandom(&own, sizeof own, 0) != sizeof own) own = (uint32_t)now_ns;
    const nenc_receiver_config config = {
        .socket = fd,
        .control = (int)o.control,
        .format = format,
        .ssrc = o.ssrc,
        .payload_type = (int)o.payload_type,
        .first_sequence = o.sequence,
        .own_ssrc = own,
        .origin_ns = o.origin >= 0 ? o.origin : now_ns,
        .report_from_ns = o.start_at >= 0 ? o.start_at : now_ns,
        .report_ns = o.report,
        .quantum_ns = o.quantum,
        .idle_ns = o.idle,
        .ordinary = o.ordinary,
        .telemetry = o.telemetry,
        .out = o.out,
    };
    nenc_live_counters counted = {0};
    char text[512] = "";
    const nenc_receiver_wait wait = {nenc_stop_poll, nenc_stop_asked};
    status = nenc_receiver_run(&config, &wait, &counted, text, sizeof text);
    print_counters(&counted);
    if (status == 0) return NENC_EXIT_OK;
    return nenc_complain("recv", status == NENC_EINVAL ? NENC_EXIT_INPUT : NENC_EXIT_ENVIRONMENT, "%s", text);
}
