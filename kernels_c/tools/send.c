/* send.c - `nenc send`: encodes, paces and sends one stream, and adapts its rate to the receiver's reports. */
#include "camera_options.h"
#include "options.h"
#include "pairs.h"
#include "stop.h"
#include "tool.h"

#include "core/clock.h"
#include "live/netns.h"
#include "live/sender.h"
#include "live/udp.h"
#include "rtp/sdp.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

typedef struct send_options {
    nenc_camera_config camera; /* its options come from the camera's table of fields */
    nenc_endpoint to, from;
    int encoder, controller;
    int64_t rate_min, rate_max, rate_start, seed, stream;
    bool ordinary, die, ecn, same_clock;
    const char *model, *gains, *knobs;
    int64_t tick_rate, packet, burst, quantum, report;
    double factor;
    int64_t ssrc, sequence, payload_type;
    int64_t netns, control, origin, start_at, stop_at, duration;
    const char *telemetry, *save, *sdp;
} send_options;

enum {
    CONTROLLER_FIXED,
    CONTROLLER_SOCKET,
    CONTROLLER_LAWS
}; /* values from here on are rows of the library's table of controllers */
static char controllers[256] = "fixed|socket";

static void list_controllers(void)
{
    const nenc_controller_kind *kind;
    size_t used = strlen(controllers);
    for (uint32_t law = 0; (kind = nenc_controller_kind_at(law)) && used < sizeof controllers; law++)
        used += (size_t)snprintf(controllers + used, sizeof controllers - used, "|%s", kind->name);
}

static char encoders[100]; /* names of the camera kinds, "model|null|..." */

#define AT(field) offsetof(send_options, field)
/* All options but the camera's. */
static const nenc_option own[] = {
    {"to", NENC_OPTION_TO, AT(to), "HOST:PORT", "address of the receiver", NULL, true, 0, 0},
    {"from", NENC_OPTION_LISTEN, AT(from), "[HOST]:PORT", "local address and port to send from", ":0", false, 0, 0},
    {"encoder", NENC_OPTION_CHOICE, AT(encoder), encoders,
     "auto: hardware if available, else software; model and null send padding", "auto", false, 0, 0},
    {"rate-min", NENC_OPTION_RATE, AT(rate_min), "RATE", "lowest target rate", "5Mbps", false, 1e3, 1e9},
    {"rate-max", NENC_OPTION_RATE, AT(rate_max), "RATE", "highest target rate", "120Mbps", false, 1e3, 1e9},
    {"rate-start", NENC_OPTION_RATE, AT(rate_start), "RATE", "initial target rate", "5Mbps", false, 1e3, 1e9},
    {"controller", NENC_OPTION_CHOICE, AT(controller), controllers,
     "what sets the rate; fixed: --rate-start; socket: the peer of --control", "nenc", false, 0, 0},
    {"gains", NENC_OPTION_TEXT, AT(gains), "kp=X,ki=X,kd=X", "gains of the controller", NULL, false, 0, 0},
    {"knobs", NENC_OPTION_TEXT, AT(knobs), "NAME=X,...", "settings of the controller (nenc.h)", NULL, false, 0, 0},
    {"tick-rate", NENC_OPTION_INTEGER, AT(tick_rate), "N", "control ticks per second", "60", false, 1, 1000},
    {"model", NENC_OPTION_TEXT, AT(model), "NAME=X,...", "settings of the model encoder (listed below)", NULL, false, 0, 0},
    {"seed", NENC_OPTION_INTEGER, AT(seed), "N", "seed of generated pictures and of the model", "1", false, 0, 0},
    {"stream", NENC_OPTION_INTEGER, AT(stream), "N", "random stream of the model", "0", false, 0, 0},
    {"packet", NENC_OPTION_SIZE, AT(packet), "SIZE", "UDP payload of a full packet, RTP header included", "1200B", false, 64,
     1472},
    {"pacer-factor", NENC_OPTION_NUMBER, AT(factor), "X", "the pacer sends at this multiple of the target rate", "1.5", false, 1,
     100},
    {"pacer-burst", NENC_OPTION_TIME, AT(burst), "TIME", "and may send this much back to back", "5ms", false, 0, 0},
    {"quantum", NENC_OPTION_TIME, AT(quantum), "TIME", "packets due within this time leave together", "1ms", false, 0, 1e8},
    {"report", NENC_OPTION_TIME, AT(report), "TIME", "interval of the receiver's reports; 0s: unknown", "50ms", false, 0, 1e10},
    {"ecn", NENC_OPTION_FLAG, AT(ecn), NULL, "mark packets as ECN-capable", NULL, false, 0, 0},
    {"ssrc", NENC_OPTION_INTEGER, AT(ssrc), "N", "SSRC of the stream; default: random", "-1", false, -1, 4294967295},
    {"sequence", NENC_OPTION_INTEGER, AT(sequence), "N", "sequence number of the first packet; default: random", "-1", false, -1,
     32767},
    {"payload-type", NENC_OPTION_INTEGER, AT(payload_type), "N", "of RTP", "96", false, 0, 127},
    {"duration", NENC_OPTION_TIME, AT(duration), "TIME", "how long to send; 0s: until interrupted", "0s", false, 0, 0},
    {"sdp", NENC_OPTION_TEXT, AT(sdp), "FILE", "file for an SDP description of the stream, for any RTP player", NULL, false, 0,
     0},
    {"save", NENC_OPTION_TEXT, AT(save), "FILE", "file for the stream that is sent", NULL, false, 0, 0},
    {"telemetry", NENC_OPTION_TEXT, AT(telemetry), "FILE", "telemetry file (nenc/live.h)", NULL, false, 0, 0},
    {"ordinary", NENC_OPTION_FLAG, AT(ordinary), NULL, "do not request SCHED_FIFO", NULL, false, 0, 0},
    {"same-clock", NENC_OPTION_FLAG, AT(same_clock), NULL, "the receiver shares this machine's clock, so one-way delay is known",
     NULL, false, 0, 0},
    {"netns", NENC_OPTION_INTEGER, AT(netns), "FD", "file descriptor of the network namespace to send from", "-1", false, -1,
     0x7fffffff},
    {"control", NENC_OPTION_INTEGER, AT(control), "FD", "control socket (nenc/live.h); the sender stops when it closes", "-1",
     false, -1, 0x7fffffff},
    {"origin", NENC_OPTION_INTEGER, AT(origin), "NS", "time 0 on CLOCK_MONOTONIC; -1: the first frame", "-1", false, -1, 4e18},
    {"start-at", NENC_OPTION_INTEGER, AT(start_at), "NS",
     "time of the first frame on CLOCK_MONOTONIC; -1: now, which is then time 0", "-1", false, -1, 4e18},
    {"stop-at", NENC_OPTION_INTEGER, AT(stop_at), "NS", "time after which no frame is captured; -1: use --duration", "-1", false,
     -1, 4e18},
    {"modules", NENC_OPTION_TEXT, AT(camera.modules), "DIR", "directory of the encoder modules", NULL, false, 0, 0},
    {"encoder-host", NENC_OPTION_TEXT, AT(camera.host), "FILE", "path of the program nenc_encoder_host", NULL, false, 0, 0},
    {"die-with-parent", NENC_OPTION_FLAG, AT(die), NULL, "exit when the parent process ends", NULL, false, 0, 0},
    {0},
};
enum { OWN = sizeof own / sizeof *own - 1, ROOM = OWN + 64 };

/* The camera's defaults for `nenc send` where they differ from the table's: modest enough for any machine. */
static void camera_default(nenc_camera_config *camera)
{
    nenc_camera_config_default(camera);
    camera->lines = 720;
    camera->fps = 30.0;
    camera->quality = 0;
}

/* Parses argv with one table: the options of this program, then the camera's. */
static bool read_options(int argc, char **argv, send_options *o, int *status)
{
    static nenc_option options[ROOM];
    static char more[700];
    size_t used = 0;
    const char *kind;
    for (size_t i = 0; (kind = nenc_camera_kind_at(i)) && used < sizeof encoders; i++)
        used += (size_t)snprintf(encoders + used, sizeof encoders - used, "%s%s", i ? "|" : "", kind);
    camera_default(&o->camera);
    memcpy(options, own, sizeof own);
    nenc_camera_options(options + OWN, ROOM - OWN, AT(camera), &o->camera);
    snprintf(more, sizeof more, "%s\n\nCtrl-C stops it cleanly. At the end it prints one line of JSON on stdout.",
             nenc_camera_model_help());
    const nenc_command command = {
        .name = "send",
        .about = "Encodes, paces and sends one RTP stream; adapts its rate to RFC 8888 feedback (nenc recv).",
        .options = options,
        .more = more,
        .take = nenc_camera_option_take,
        .own = OWN,
    };
    return nenc_options_read(&command, argc, argv, o, status);
}

static int set_knob(void *into, const char *name, double value) { return nenc_config_set(into, name, value); }

static int set_gain(void *into, const char *name, double value)
{
    return strcmp(name, "kp") && strcmp(name, "ki") && strcmp(name, "kd") ? NENC_EINVAL : nenc_config_set(into, name, value);
}

static bool fill_controller(const send_options *o, nenc_config *config)
{
    nenc_config_default(config);
    if (o->controller >= CONTROLLER_LAWS)
        nenc_config_choose(config, nenc_controller_kind_at((uint32_t)(o->controller - CONTROLLER_LAWS))->name);
    config->tick_ns = llround(1e9 / (double)o->tick_rate);
    config->rate_min_bps = (double)o->rate_min;
    config->rate_max_bps = (double)o->rate_max;
    config->rate_start_bps = (double)o->rate_start;
    config->fps_max = o->camera.fps;
    config->height_max = o->camera.lines > 1080 ? o->camera.lines : 1080.0; /* the controller's lowest resolution */
    config->packet_bytes = (double)o->packet;
    if (!nenc_pairs_read("send", "gains", o->gains, set_gain, config) ||
        !nenc_pairs_read("send", "knobs", o->knobs, set_knob, config))
        return false;
    const char *culprit = NULL;
    if (o->controller == CONTROLLER_SOCKET || nenc_config_check(config, &culprit) == 0) return true;
    nenc_complain("send", NENC_EXIT_INPUT,
                  "%s is inconsistent with the other values (--rate-min, --rate-max, --rate-start, --knobs)",
                  culprit ? culprit : "the controller");
    return false;
}

static bool fill_camera(send_options *o)
{
    nenc_camera_config *camera = &o->camera;
    camera->kind = nenc_camera_kind_at((size_t)o->encoder);
    camera->rate_bps = (double)o->rate_start;
    camera->seed = (uint64_t)o->seed;
    camera->stream = (uint64_t)o->stream;
    return nenc_pairs_read("send", "model", o->model, nenc_camera_model_set, camera);
}

static uint32_t by_chance(void)
{
    uint32_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number) number = (uint32_t)nenc_now_ns();
    return number;
}

static int open_socket(const send_options *o, char *address)
{
    nenc_address to, from;
    char why[256];
    if (o->netns >= 0 && nenc_netns_enter((int)o->netns))
        return nenc_complain("send", -NENC_EXIT_ENVIRONMENT, "cannot enter the network namespace of --netns %d: %s",
                             (int)o->netns, strerror(errno));
    if (!nenc_endpoint_resolve(&o->to, &to, why, sizeof why)) return nenc_complain("send", -NENC_EXIT_INPUT, "--to: %s", why);
    if (!nenc_endpoint_resolve(&o->from, &from, why, sizeof why))
        return nenc_complain("send", -NENC_EXIT_INPUT, "--from: %s", why);
    nenc_address_text(&to, address);
    const bool bound = o->from.port || *o->from.host;
    const nenc_udp_options udp = {
        .local = bound ? &from : NULL,
        .peer = &to,
        .send_bytes = 4 << 20,
        .tos = o->ecn ? NENC_ECN_ECT0 : 0,
    };
    const int fd = nenc_udp_open(&udp, why, sizeof why);
    return fd >= 0 ? fd : nenc_complain("send", -NENC_EXIT_ENVIRONMENT, "%s", why);
}

/* Copies the numeric host of "1.2.3.4:5" or "[::1]:5". */
static void host_of(char *address)
{
    char *colon = strrchr(address, ':');
    if (colon) *colon = '\0';
    const size_t length = strlen(address);
    if (*address == '[' && address[length - 1] == ']') {
        address[length - 1] = '\0';
        memmove(address, address + 1, length - 1);
    }
}

static void print_counters(const nenc_live_counters *c)
{
    printf("{\"packets\": %llu, \"bytes\": %llu, \"frames\": %llu, \"skipped\": %llu, \"refused\": %llu, \"feedback\": %llu, "
           "\"feedback_ignored\": %llu, \"pacing_max_ms\": %.3f, \"wakeup_max_ms\": %.3f}\n",
           (unsigned long long)c->packets, (unsigned long long)c->bytes, (unsigned long long)c->frames,
           (unsigned long long)c->skipped, (unsigned long long)c->refused, (unsigned long long)c->feedback,
           (unsigned long long)c->feedback_ignored, (double)c->pacing_max_ns * 1e-6, (double)c->wakeup_max_ns * 1e-6);
    fflush(stdout);
}

int nenc_send_main(int argc, char **argv)
{
    send_options o = {0};
    int status;
    list_controllers();
    if (!read_options(argc, argv, &o, &status)) return status;
    const char *encoder = nenc_camera_kind_at((size_t)o.encoder);
    if (o.controller == CONTROLLER_SOCKET && o.control < 0)
        return nenc_complain("send", NENC_EXIT_INPUT, "--controller socket needs --control FD, the control socket");
    if (o.sdp && nenc_camera_group_of(encoder) != NENC_CAMERA_REAL)
        return nenc_complain("send", NENC_EXIT_INPUT, "--sdp describes video, but --encoder %s sends padding", encoder);
    nenc_config controller;
    if (!fill_controller(&o, &controller) || !fill_camera(&o)) return NENC_EXIT_INPUT;
    if ((status = nenc_check_control("send", o.control))) return status;
    nenc_stop_prepare(o.die);
    char address[NENC_ADDRESS_TEXT_BYTES], text[512] = "";
    const int fd = open_socket(&o, address);
    if (fd < 0) return -fd;
    host_of(address);
    const int64_t origin_ns = o.origin >= 0 ? o.origin : o.start_at;
    o.camera.start_ns = o.start_at >= 0 ? o.start_at - origin_ns : 0;
    const nenc_sender_config config = {
        .camera = &o.camera,
        .controller = &controller,
        .steered = o.controller == CONTROLLER_SOCKET,
        .fixed = o.controller == CONTROLLER_FIXED,
        .ordinary = o.ordinary,
        .socket = fd,
        .control = (int)o.control,
        .packet_bytes = (uint32_t)o.packet,
        .pacer_factor = o.factor,
        .pacer_burst_ns = o.burst,
        .report_ns = o.report,
        .same_clock = o.same_clock,
        .quantum_ns = o.quantum,
        .origin_ns = origin_ns,
        .start_ns = o.start_at,
        .duration_ns = o.stop_at >= 0 ? 0 : o.duration,
        .stop_ns = o.stop_at >= 0 ? o.stop_at : INT64_MAX,
        .ssrc = o.ssrc >= 0 ? (uint32_t)o.ssrc : by_chance(),
        .payload_type = (uint32_t)o.payload_type,
        .first_sequence = o.sequence >= 0 ? (uint32_t)o.sequence : by_chance() & 0x7fff,
        .telemetry = o.telemetry,
        .save = o.save,
        .sdp = o.sdp,
        .sdp_address = address,
        .sdp_port = o.to.port,
    };
    nenc_live_counters counted = {0};
    status = nenc_sender_run(&config, nenc_stop_sleep, &counted, text, sizeof text);
    print_counters(&counted);
    if (status == 0) return NENC_EXIT_OK;
    const bool input = status == NENC_EINVAL || status == NENC_ENCODE_UNSUPPORTED || status == NENC_ENCODE_SOURCE;
    return nenc_complain("send", input ? NENC_EXIT_INPUT : NENC_EXIT_ENVIRONMENT, "%s", text);
}
