/* send.c - `nenc send`: encodes, paces and sends one stream, and adapts its rate to what the receiver reports. */
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
    nenc_endpoint to, from;
    const char *input, *device, *preset, *modules, *host;
    int encoder, codec, mode, entry, controller;
    int64_t width, height, lines, qp_min, qp_max, qp_initial, threads, seed, stream;
    int64_t rate_min, rate_max, rate_start, vbv, key_interval, watchdog, cut;
    double fps, complexity;
    bool fixed, quality, shared, ordinary, die, ecn, same_clock;
    const char *model, *gains, *knobs;
    int64_t tick_rate, packet, burst, quantum, report;
    double factor;
    int64_t ssrc, sequence, payload_type;
    int64_t netns, control, origin, start_at, stop_at, duration;
    const char *telemetry, *save, *sdp;
} send_options;

static const char *const encoders[] = {"auto", "x264", "vaapi", "nvenc", "model", "null"};
enum { CONTROLLER_FIXED, CONTROLLER_SOCKET, CONTROLLER_LAWS }; /* from there on, the rows of the library's table */
static char controllers[256] = "fixed|socket";

static void list_controllers(void)
{
    const nenc_controller_kind *kind;
    size_t used = strlen(controllers);
    for (uint32_t law = 0; (kind = nenc_controller_kind_at(law)) && used < sizeof controllers; law++)
        used += (size_t)snprintf(controllers + used, sizeof controllers - used, "|%s", kind->name);
}

#define AT(field) offsetof(send_options, field)
static const nenc_option options[] = {
    {"to", NENC_OPTION_TO, AT(to), "HOST:PORT", "where the receiver is", NULL, true, 0, 0},
    {"from", NENC_OPTION_LISTEN, AT(from), "[HOST]:PORT", "the port to send from", ":0", false, 0, 0},
    {"input", NENC_OPTION_TEXT, AT(input), "FILE", "Y4M, or raw NV12 with --width and --height; without: made pictures", NULL,
     false, 0, 0},
    {"encoder", NENC_OPTION_CHOICE, AT(encoder), "auto|x264|vaapi|nvenc|model|null",
     "auto: hardware where there is any; model: padding", "auto", false, 0, 0},
    {"codec", NENC_OPTION_CHOICE, AT(codec), "h264|hevc", "what it makes", "h264", false, 0, 0},
    {"rate-min", NENC_OPTION_RATE, AT(rate_min), "RATE", "lowest target", "5Mbps", false, 1e3, 1e9},
    {"rate-max", NENC_OPTION_RATE, AT(rate_max), "RATE", "highest target", "120Mbps", false, 1e3, 1e9},
    {"rate-start", NENC_OPTION_RATE, AT(rate_start), "RATE", "target to begin with", "5Mbps", false, 1e3, 1e9},
    {"controller", NENC_OPTION_CHOICE, AT(controller), controllers,
     "what decides the rate; fixed: --rate-start; socket: whoever has the other end of --control", "nenc", false, 0, 0},
    {"gains", NENC_OPTION_TEXT, AT(gains), "kp=X,ki=X,kd=X", "of the controller", NULL, false, 0, 0},
    {"knobs", NENC_OPTION_TEXT, AT(knobs), "NAME=X,...", "of the controller (nenc.h)", NULL, false, 0, 0},
    {"tick-rate", NENC_OPTION_INTEGER, AT(tick_rate), "N", "control ticks per second", "60", false, 1, 1000},
    {"lines", NENC_OPTION_INTEGER, AT(lines), "N", "lines of made pictures", "720", false, 16, 8640},
    {"width", NENC_OPTION_INTEGER, AT(width), "N", "of raw NV12", "0", false, 0, 16384},
    {"height", NENC_OPTION_INTEGER, AT(height), "N", "of raw NV12", "0", false, 0, 16384},
    {"fps", NENC_OPTION_NUMBER, AT(fps), "N", "frames per second", "30", false, 1, 1000},
    {"fixed", NENC_OPTION_FLAG, AT(fixed), NULL, "size and frame rate stay, whatever the controller says", NULL, false, 0, 0},
    {"complexity", NENC_OPTION_RATIO, AT(complexity), "RATIO", "of made pictures", "50%", false, 0, 1},
    {"cut", NENC_OPTION_TIME, AT(cut), "TIME", "between two cuts of made pictures", "0s", false, 0, 0},
    {"mode", NENC_OPTION_CHOICE, AT(mode), "cbr|vbr", "rate control", "cbr", false, 0, 0},
    {"entry", NENC_OPTION_CHOICE, AT(entry), "any|slice|low-power", "VA-API's entry point", "any", false, 0, 0},
    {"preset", NENC_OPTION_TEXT, AT(preset), "NAME", "x264's names", NULL, false, 0, 0},
    {"device", NENC_OPTION_TEXT, AT(device), "NAME", "/dev/dri/renderD128, or driver:NAME; NVENC: 0, 1, ...", NULL, false, 0, 0},
    {"threads", NENC_OPTION_INTEGER, AT(threads), "N", "of a software encoder", "1", false, 1, 64},
    {"vbv", NENC_OPTION_TIME, AT(vbv), "TIME", "size of the rate control's bucket", "250ms", false, 1e6, 1e10},
    {"qp-min", NENC_OPTION_INTEGER, AT(qp_min), "N", "no finer picture than this", "18", false, 0, 51},
    {"qp-max", NENC_OPTION_INTEGER, AT(qp_max), "N", "no coarser picture than this", "51", false, 0, 51},
    {"qp-initial", NENC_OPTION_INTEGER, AT(qp_initial), "N", "of the first frame", "25", false, 0, 51},
    {"key-interval", NENC_OPTION_TIME, AT(key_interval), "TIME", "a key frame at least this often; 0s: on demand", "0s", false, 0,
     0},
    {"watchdog", NENC_OPTION_TIME, AT(watchdog), "TIME", "a hardware frame that takes longer has failed", "100ms", false, 1e6,
     1e11},
    {"quality", NENC_OPTION_FLAG, AT(quality), NULL, "PSNR and SSIM of each frame, where the encoder shows its pictures", NULL,
     false, 0, 0},
    {"not-isolated", NENC_OPTION_FLAG, AT(shared), NULL, "hardware in this process, and not in one of its own", NULL, false, 0,
     0},
    {"model", NENC_OPTION_TEXT, AT(model), "NAME=X,...", "fields of nenc_model_config (model.h)", NULL, false, 0, 0},
    {"seed", NENC_OPTION_INTEGER, AT(seed), "N", "of made pictures and of the model", "1", false, 0, 0},
    {"stream", NENC_OPTION_INTEGER, AT(stream), "N", "of the model's random numbers", "0", false, 0, 0},
    {"packet", NENC_OPTION_SIZE, AT(packet), "SIZE", "UDP payload of a full packet, RTP header included", "1200B", false, 64,
     1472},
    {"pacer-factor", NENC_OPTION_NUMBER, AT(factor), "X", "the pacer sends at this times the target", "1.5", false, 1, 100},
    {"pacer-burst", NENC_OPTION_TIME, AT(burst), "TIME", "and may send that much back to back", "5ms", false, 0, 0},
    {"quantum", NENC_OPTION_TIME, AT(quantum), "TIME", "packets due within this time leave together", "1ms", false, 0, 1e8},
    {"report", NENC_OPTION_TIME, AT(report), "TIME", "time between the receiver's reports; 0s: not known", "50ms", false, 0,
     1e10},
    {"ecn", NENC_OPTION_FLAG, AT(ecn), NULL, "packets are ECN-capable", NULL, false, 0, 0},
    {"ssrc", NENC_OPTION_INTEGER, AT(ssrc), "N", "of the stream; left out: by chance", "-1", false, -1, 4294967295},
    {"sequence", NENC_OPTION_INTEGER, AT(sequence), "N", "of the first packet; left out: by chance", "-1", false, -1, 32767},
    {"payload-type", NENC_OPTION_INTEGER, AT(payload_type), "N", "of RTP", "96", false, 0, 127},
    {"duration", NENC_OPTION_TIME, AT(duration), "TIME", "how long; 0s: until it is interrupted", "0s", false, 0, 0},
    {"sdp", NENC_OPTION_TEXT, AT(sdp), "FILE", "write a description of the stream, for any RTP player", NULL, false, 0, 0},
    {"save", NENC_OPTION_TEXT, AT(save), "FILE", "write the stream that is sent", NULL, false, 0, 0},
    {"telemetry", NENC_OPTION_TEXT, AT(telemetry), "FILE", "write everything that happens (nenc/live.h)", NULL, false, 0, 0},
    {"ordinary", NENC_OPTION_FLAG, AT(ordinary), NULL, "do not ask for SCHED_FIFO", NULL, false, 0, 0},
    {"same-clock", NENC_OPTION_FLAG, AT(same_clock), NULL, "the receiver runs on this machine: one-way delay is known", NULL,
     false, 0, 0},
    {"netns", NENC_OPTION_INTEGER, AT(netns), "FD", "network namespace to send from", "-1", false, -1, 0x7fffffff},
    {"control", NENC_OPTION_INTEGER, AT(control), "FD", "socket that steers (nenc/live.h); the sender ends when it closes", "-1",
     false, -1, 0x7fffffff},
    {"origin", NENC_OPTION_INTEGER, AT(origin), "NS", "time 0, of CLOCK_MONOTONIC; -1: the first frame", "-1", false, -1, 4e18},
    {"start-at", NENC_OPTION_INTEGER, AT(start_at), "NS", "the first frame, of CLOCK_MONOTONIC; -1: now, and then time 0", "-1",
     false, -1, 4e18},
    {"stop-at", NENC_OPTION_INTEGER, AT(stop_at), "NS", "no frame from then on; -1: --duration counts", "-1", false, -1, 4e18},
    {"modules", NENC_OPTION_TEXT, AT(modules), "DIR", "where the encoders' modules are", NULL, false, 0, 0},
    {"encoder-host", NENC_OPTION_TEXT, AT(host), "FILE", "the program nenc_encoder_host", NULL, false, 0, 0},
    {"die-with-parent", NENC_OPTION_FLAG, AT(die), NULL, "end when the process that started it does", NULL, false, 0, 0},
    {0},
};
static const nenc_command command = {
    .name = "send",
    .about = "Encodes, paces and sends one RTP stream; adapts its rate to RFC 8888 feedback (nenc recv).",
    .options = options,
    .more = "Ends with one line of JSON on stdout. Ctrl-C ends it in good order.",
};

static int set_knob(void *into, const char *name, double value) { return nenc_config_set(into, name, value); }

static int set_gain(void *into, const char *name, double value)
{
    return strcmp(name, "kp") && strcmp(name, "ki") && strcmp(name, "kd") ? NENC_EINVAL : nenc_config_set(into, name, value);
}

static int set_model(void *into, const char *name, double value)
{
    nenc_model_config *model = into;
    const struct {
        const char *name;
        double *real;
        int64_t *integer;
    } fields[] = {
        {"key_ratio", &model->key_ratio, NULL},           {"size_scale", &model->size_scale, NULL},
        {"interval_scale", &model->interval_scale, NULL}, {"transient_change", &model->transient_change, NULL},
        {"rate_min_bps", &model->rate_min_bps, NULL},     {"rate_max_bps", &model->rate_max_bps, NULL},
        {"reaction_ns", NULL, &model->reaction_ns},       {"lag_ns", NULL, &model->lag_ns},
        {"encode_ns", NULL, &model->encode_ns},           {"software_ns", NULL, &model->software_ns},
    };
    if (strcmp(name, "transient_frames") == 0) {
        if (!(value >= 0.0 && value <= UINT32_MAX)) return NENC_EINVAL;
        model->transient_frames = (uint32_t)value;
        return 0;
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(fields[i].name, name) != 0) continue;
        if (!(fabs(value) <= 1e18)) return NENC_EINVAL; /* no int64; the rest is the model's to judge */
        if (fields[i].real) *fields[i].real = value;
        else *fields[i].integer = (int64_t)value;
        return 0;
    }
    return NENC_EINVAL;
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
    config->fps_max = o->fps;
    config->height_max = o->lines > 1080 ? (double)o->lines : 1080.0; /* the core's lowest rung */
    config->packet_bytes = (double)o->packet;
    if (!nenc_pairs_read("send", "gains", o->gains, set_gain, config) ||
        !nenc_pairs_read("send", "knobs", o->knobs, set_knob, config))
        return false;
    const char *culprit = NULL;
    if (o->controller == CONTROLLER_SOCKET || nenc_config_check(config, &culprit) == 0) return true;
    nenc_complain("send", NENC_EXIT_INPUT, "%s does not go with the other values (--rate-min, --rate-max, --rate-start, --knobs)",
                  culprit ? culprit : "the controller");
    return false;
}

static bool fill_camera(const send_options *o, nenc_camera_config *camera)
{
    nenc_camera_config_default(camera);
    camera->kind = encoders[o->encoder];
    camera->lines = (uint32_t)o->lines;
    camera->follow_rung = !o->fixed;
    camera->fps = o->fps;
    camera->rate_bps = (double)o->rate_start;
    camera->key_interval_ns = o->key_interval;
    camera->watchdog_ns = o->watchdog;
    camera->seed = (uint64_t)o->seed;
    camera->stream = (uint64_t)o->stream;
    camera->codec = (uint32_t)o->codec;
    camera->rate_mode = (uint32_t)o->mode;
    camera->entry = (uint32_t)o->entry;
    camera->threads = (uint32_t)o->threads;
    camera->isolate = !o->shared;
    camera->quality = o->quality;
    camera->qp_min = (uint32_t)o->qp_min;
    camera->qp_max = (uint32_t)o->qp_max;
    camera->qp_initial = (uint32_t)o->qp_initial;
    camera->vbv_ns = o->vbv;
    camera->preset = o->preset;
    camera->device = o->device;
    camera->host = o->host;
    camera->modules = o->modules;
    camera->file = o->input;
    camera->width = (uint32_t)o->width;
    camera->height = (uint32_t)o->height;
    camera->complexity = o->complexity;
    camera->cut_ns = o->cut;
    return nenc_pairs_read("send", "model", o->model, set_model, &camera->model);
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

/* The numeric host of "1.2.3.4:5" or "[::1]:5". */
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
    if (!nenc_options_read(&command, argc, argv, &o, &status)) return status;
    if (o.controller == CONTROLLER_SOCKET && o.control < 0)
        return nenc_complain("send", NENC_EXIT_INPUT, "--controller socket needs --control FD, the socket it is on");
    if (o.sdp && (strcmp(encoders[o.encoder], "model") == 0 || strcmp(encoders[o.encoder], "null") == 0))
        return nenc_complain("send", NENC_EXIT_INPUT, "--sdp describes video, and --encoder %s makes padding",
                             encoders[o.encoder]);
    nenc_config controller;
    nenc_camera_config camera;
    if (!fill_controller(&o, &controller) || !fill_camera(&o, &camera)) return NENC_EXIT_INPUT;
    if ((status = nenc_check_control("send", o.control))) return status;
    nenc_stop_prepare(o.die);
    char address[NENC_ADDRESS_TEXT_BYTES], text[512] = "";
    const int fd = open_socket(&o, address);
    if (fd < 0) return -fd;
    host_of(address);
    const int64_t origin_ns = o.origin >= 0 ? o.origin : o.start_at;
    camera.start_ns = o.start_at >= 0 ? o.start_at - origin_ns : 0;
    const nenc_sender_config config = {
        .camera = &camera,
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
    const bool input = status == NENC_EINVAL || status == NENC_ENCODE_UNSUPPORTED;
    return nenc_complain("send", input ? NENC_EXIT_INPUT : NENC_EXIT_ENVIRONMENT, "%s", text);
}
