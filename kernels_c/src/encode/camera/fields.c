/* fields.c - the table of what a user may choose about a camera. A new encoder key is one entry here. */
#include "encode/camera/fields.h"

#include <math.h>
#include <string.h>

#define AT(field) offsetof(nenc_camera_config, field)
#define MODEL(field) offsetof(nenc_camera_config, model.field)

enum { VALUED = -1 }; /* of `flag`: the option takes a value */

static const double second = 1e9;

#define FREE NENC_FIELD_UNBOUNDED
#define ANY NENC_CAMERA_ANY
#define REAL NENC_CAMERA_REAL

/* clang-format off */
static const nenc_camera_field fields[] = {
    /* Of every kind. */
    {.name = "lines", .key = "resolution", .option = "lines", .unit = "lines", .words = "", .kind = NENC_FIELD_WHOLE,
     .value = 2160, .low = 16, .high = 9216, .offset = AT(lines), .groups = ANY, .flag = VALUED,
     .help = "Resolution of the source, which is the top rung of the ladder.",
     .reason = "4K is the top rung that most links carry; encoders take 16 to 16384 pixels, and a row of 16:9 is the longer side"},
    {.name = "fps", .key = "fps", .option = "fps", .unit = "1/s", .words = "", .kind = NENC_FIELD_NUMBER,
     .value = 60, .low = 1, .high = 1000, .offset = AT(fps), .groups = ANY, .flag = VALUED,
     .help = "Frames per second of the source.",
     .reason = "the frame rate of games and sport; RTP times have 90 kHz, so more than 1000 is of no use"},
    {.name = "follow_rung", .key = "ladder", .option = "fixed", .unit = "", .words = "fixed|auto", .kind = NENC_FIELD_CHOICE,
     .value = 1, .low = 0, .high = 1, .offset = AT(follow_rung), .groups = ANY, .flag = 0,
     .help = "auto: resolution and frame rate follow the controller below the source's own; fixed: they stay, whatever it says.",
     .reason = "the controller sheds frames and rungs when even its lowest rate does not fit"},
    {.name = "encode_ns", .key = "encode_time", .option = "", .unit = "ns", .words = "", .kind = NENC_FIELD_TIME,
     .value = 4e6, .low = 0, .high = FREE, .offset = AT(encode_ns), .groups = ANY, .flag = VALUED,
     .help = "Time from capture to coded frame in hardware.",
     .reason = "what fixed-function encoders take for 4K, a quarter of a frame at 60 frames/s"},
    {.name = "software_ns", .key = "software_time", .option = "", .unit = "ns", .words = "", .kind = NENC_FIELD_TIME,
     .value = 8e6, .low = 0, .high = FREE, .offset = AT(software_ns), .groups = ANY, .flag = VALUED,
     .help = "Time from capture to coded frame while the software encoder stands in.",
     .reason = "half a frame at 60 frames/s: software that could not keep up would be no stand-in"},
    {.name = "watchdog_ns", .key = "watchdog", .option = "watchdog", .unit = "ns", .words = "", .kind = NENC_FIELD_TIME,
     .value = 100e6, .low = 1, .high = FREE, .offset = AT(watchdog_ns), .groups = ANY, .flag = VALUED,
     .help = "A hardware frame that takes longer than this has failed, and software encodes it again.",
     .reason = "six frames at 60 frames/s: longer than any frame of hardware that works, shorter than a viewer's patience"},
    {.name = "key_interval_ns", .key = "key_interval", .option = "key-interval", .unit = "ns", .words = "",
     .kind = NENC_FIELD_TIME, .value = 0, .low = 1, .high = FREE, .offset = AT(key_interval_ns), .groups = ANY, .optional = 1,
     .flag = VALUED, .help = "Longest time between key frames; without it they come on demand only.",
     .reason = "interactive video asks for key frames when it needs them; each costs several mean frames"},
    /* Of the model. */
    {.name = "key_ratio", .key = "key_ratio", .option = "", .unit = "", .words = "", .kind = NENC_FIELD_NUMBER,
     .value = 13.5 / 4.17, .low = 1, .high = 100, .offset = MODEL(key_ratio), .groups = NENC_CAMERA_MODEL, .flag = VALUED,
     .help = "Size of the first frame of a transient over the mean frame: K_B / B0 of RFC 8593 figure 2.",
     .reason = "the RFC's example"},
    {.name = "transient_frames", .key = "transient_frames", .option = "", .unit = "frames", .words = "",
     .kind = NENC_FIELD_WHOLE, .value = 8, .low = 1, .high = 1000, .offset = MODEL(transient_frames),
     .groups = NENC_CAMERA_MODEL, .flag = VALUED, .help = "Frames in a transient: K_d of RFC 8593 figure 2.",
     .reason = "the RFC's example"},
    {.name = "reaction_ns", .key = "reaction", .option = "", .unit = "ns", .words = "", .kind = NENC_FIELD_TIME,
     .value = 100e6, .low = 0, .high = FREE, .offset = MODEL(reaction_ns), .groups = NENC_CAMERA_MODEL, .flag = VALUED,
     .help = "Time in which the encoder reacts to one new target only: tau_v of RFC 8593.", .reason = "RFC 8867 section 4.3"},
    {.name = "lag_ns", .key = "lag", .option = "", .unit = "ns", .words = "", .kind = NENC_FIELD_TIME,
     .value = 0, .low = 0, .high = FREE, .offset = MODEL(lag_ns), .groups = NENC_CAMERA_MODEL, .flag = VALUED,
     .help = "Time constant with which the output follows the target; no change sets off a transient then. 0s: at once.",
     .reason = "RFC 8593 has none; `nenc-lab identify` measures one for real encoders"},
    {.name = "size_scale", .key = "size_scale", .option = "", .unit = "", .words = "", .kind = NENC_FIELD_RATIO,
     .value = 0.15, .low = 0, .high = 1, .offset = MODEL(size_scale), .groups = NENC_CAMERA_MODEL, .flag = VALUED,
     .help = "Spread of the frame size, Laplacian: SCALE_B of RFC 8593 figure 2.", .reason = "the RFC's example"},
    {.name = "interval_scale", .key = "interval_scale", .option = "", .unit = "", .words = "", .kind = NENC_FIELD_RATIO,
     .value = 0.15, .low = 0, .high = 1, .offset = MODEL(interval_scale), .groups = NENC_CAMERA_MODEL, .flag = VALUED,
     .help = "Spread of the frame interval, Laplacian: SCALE_t of RFC 8593 figure 2.", .reason = "the RFC's example"},
    {.name = "transient_change", .key = "transient_change", .option = "", .unit = "", .words = "", .kind = NENC_FIELD_RATIO,
     .value = 0.1, .low = 0, .high = 1, .offset = MODEL(transient_change), .groups = NENC_CAMERA_MODEL, .flag = VALUED,
     .help = "A target that has changed by more than this since the last reaction sets off a transient.",
     .reason = "RFC 8593 section 7: abrupt changes are those of more than 10 %"},
    {.name = "rate_min_bps", .key = "min_rate", .option = "", .unit = "bit/s", .words = "", .kind = NENC_FIELD_RATE,
     .value = 0, .low = 1, .high = FREE, .offset = MODEL(rate_min_bps), .groups = NENC_CAMERA_MODEL, .optional = 1,
     .flag = VALUED, .help = "The encoder makes no less than this: R_min of RFC 8593 section 5.4.",
     .reason = "without a limit the controller alone decides"},
    {.name = "rate_max_bps", .key = "max_rate", .option = "", .unit = "bit/s", .words = "", .kind = NENC_FIELD_RATE,
     .value = INFINITY, .low = 1, .high = FREE, .offset = MODEL(rate_max_bps), .groups = NENC_CAMERA_MODEL, .optional = 1,
     .flag = VALUED, .help = "The encoder makes no more than this: R_max of RFC 8593 section 5.4.",
     .reason = "without a limit the controller alone decides"},
    /* Of real encoders. */
    {.name = "codec", .key = "codec", .option = "codec", .unit = "", .words = &NENC_CODEC_NAMES[1],
     .kind = NENC_FIELD_CHOICE, .value = NENC_H264, .low = 0, .high = NENC_CODEC_COUNT - 1, .offset = AT(codec), .groups = REAL,
     .flag = VALUED, .help = "The codec; every encoder has h264, and the others are only in some.",
     .reason = "every encoder here has H.264"},
    {.name = "rate_mode", .key = "mode", .option = "mode", .unit = "", .words = "cbr|vbr", .kind = NENC_FIELD_CHOICE,
     .value = NENC_CBR, .low = 0, .high = 1, .offset = AT(rate_mode), .groups = REAL, .flag = VALUED,
     .help = "Mode of the encoder's rate control.", .reason = "a live stream needs frames that fit the link now"},
    {.name = "preset", .key = "preset", .option = "preset", .unit = "", .words = "NAME", .kind = NENC_FIELD_TEXT,
     .low = 0, .high = 31, .offset = AT(preset), .groups = REAL, .flag = VALUED,
     .help = "Preset by x264's names; without it, the encoder's own default.", .reason = "as long as nenc_encoder_config holds"},
    {.name = "device", .key = "device", .option = "device", .unit = "", .words = "NAME", .kind = NENC_FIELD_TEXT,
     .low = 0, .high = 255, .offset = AT(device), .groups = REAL, .flag = VALUED,
     .help = "vaapi: /dev/dri/renderD128, or driver:NAME; nvenc: 0, 1, ...; without it, the first device that can.",
     .reason = "as long as nenc_encoder_config holds"},
    {.name = "entry", .key = "entry", .option = "entry", .unit = "", .words = "any|slice|low-power", .kind = NENC_FIELD_CHOICE,
     .value = NENC_ENTRY_ANY, .low = 0, .high = 2, .offset = AT(entry), .groups = REAL, .flag = VALUED,
     .help = "VA-API's entry point.", .reason = "most drivers have one of the two only"},
    {.name = "vbv_ns", .key = "vbv", .option = "vbv", .unit = "ns", .words = "", .kind = NENC_FIELD_TIME,
     .value = 250e6, .low = 1e6, .high = 10 * second, .offset = AT(vbv_ns), .groups = REAL, .flag = VALUED,
     .help = "Size of the rate control's bucket, as time at the target rate.",
     .reason = "a key frame at the target's quality fits, and the pacer still sends it within a deadline; encoders take whole ms"},
    {.name = "qp_min", .key = "qp.min", .option = "qp-min", .unit = "QP", .words = "", .kind = NENC_FIELD_WHOLE,
     .value = 18, .low = 0, .high = 51, .offset = AT(qp_min), .groups = REAL, .flag = VALUED,
     .help = "Finest quantiser: no picture is better than this.", .reason = "finer quantisation is not visible"},
    {.name = "qp_max", .key = "qp.max", .option = "qp-max", .unit = "QP", .words = "", .kind = NENC_FIELD_WHOLE,
     .value = 51, .low = 0, .high = 51, .offset = AT(qp_max), .groups = REAL, .flag = VALUED,
     .help = "Coarsest quantiser: no picture is worse than this.", .reason = "the coarsest that H.264 and HEVC have"},
    {.name = "qp_initial", .key = "qp.initial", .option = "qp-initial", .unit = "QP", .words = "", .kind = NENC_FIELD_WHOLE,
     .value = 25, .low = 0, .high = 51, .offset = AT(qp_initial), .groups = REAL, .flag = VALUED,
     .help = "Quantiser of the first frame, where the encoder can be told.", .reason = "a good picture of medium size"},
    {.name = "complexity", .key = "source.complexity", .option = "complexity", .unit = "", .words = "",
     .kind = NENC_FIELD_RATIO, .value = 0.5, .low = 0, .high = 1, .offset = AT(complexity), .groups = REAL, .optional = 1,
     .flag = VALUED,
     .help = "Complexity of made pictures. 0%: a still gradient; 50%, the default: like a talking head; 75%: like sport; "
             "100%: like rain on leaves.",
     .reason = "a talking head is what calls show"},
    {.name = "cut_ns", .key = "source.cut", .option = "cut", .unit = "ns", .words = "", .kind = NENC_FIELD_TIME,
     .value = 0, .low = 1, .high = FREE, .offset = AT(cut_ns), .groups = REAL, .optional = 1, .flag = VALUED,
     .help = "Time between two scene cuts of made pictures; without it there are none.", .reason = "calls have no cuts"},
    {.name = "file", .key = "source.file", .option = "input", .unit = "", .words = "FILE", .kind = NENC_FIELD_TEXT,
     .low = 1, .high = 4000, .offset = AT(file), .groups = REAL, .optional = 1, .flag = VALUED,
     .help = "A Y4M file, or raw NV12 with its width and height; scenarios also take any video that PyAV reads. "
             "It is repeated for ever, and its size stays as it is. Without a file, pictures are made.",
     .reason = "made pictures are the same on every machine; paths are at most this long"},
    {.name = "width", .key = "source.width", .option = "width", .unit = "pixels", .words = "", .kind = NENC_FIELD_WHOLE,
     .value = 0, .low = 16, .high = 16384, .offset = AT(width), .groups = REAL, .optional = 1, .flag = VALUED,
     .help = "Width of raw NV12.", .reason = "other files say it themselves; the range is that of encoders"},
    {.name = "height", .key = "source.height", .option = "height", .unit = "lines", .words = "", .kind = NENC_FIELD_WHOLE,
     .value = 0, .low = 16, .high = 16384, .offset = AT(height), .groups = REAL, .optional = 1, .flag = VALUED,
     .help = "Height of raw NV12.", .reason = "other files say it themselves; the range is that of encoders"},
    {.name = "threads", .key = "threads", .option = "threads", .unit = "", .words = "", .kind = NENC_FIELD_WHOLE,
     .value = 1, .low = 1, .high = 64, .offset = AT(threads), .groups = REAL, .flag = VALUED,
     .help = "Threads of a software encoder.", .reason = "only one thread makes the same bytes every time"},
    {.name = "latency", .key = "latency", .option = "", .unit = "", .words = "fixed|measured", .kind = NENC_FIELD_CHOICE,
     .value = NENC_LATENCY_FIXED, .low = 0, .high = 1, .offset = AT(latency), .groups = REAL, .flag = VALUED,
     .help = "On the virtual network a frame takes encode_time or software_time (fixed), or as long as it really took "
             "(measured).",
     .reason = "no two runs with measured times are alike"},
    {.name = "isolate", .key = "isolate", .option = "not-isolated", .unit = "", .words = "", .kind = NENC_FIELD_FLAG,
     .value = 1, .low = 0, .high = 1, .offset = AT(isolate), .groups = REAL, .flag = 0,
     .help = "Whether hardware is driven from a process of its own.", .reason = "a driver that crashes ends its process"},
    {.name = "quality", .key = "quality", .option = "quality", .unit = "", .words = "", .kind = NENC_FIELD_FLAG,
     .value = 1, .low = 0, .high = 1, .offset = AT(quality), .groups = REAL, .flag = 1,
     .help = "Whether PSNR and SSIM of each frame are measured; of the encoders only x264 shows what it made.",
     .reason = "costs a few ms per frame of 4K, and is what a viewer sees"},
};
/* clang-format on */

enum { FIELDS = sizeof fields / sizeof *fields };

const nenc_camera_field *nenc_camera_field_at(size_t number) { return number < FIELDS ? &fields[number] : NULL; }

const nenc_camera_field *nenc_camera_field_find(const char *name)
{
    for (size_t i = 0; name && i < FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0) return &fields[i];
    return NULL;
}
