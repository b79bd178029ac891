/* open.c - opens what a real encoder needs, and chooses one. */
#include "core/alloc.h"
#include "encode/camera/video.h"
#include "encode/table.h"

#include <glob.h>
#include <string.h>

static const char render_nodes[] = "/dev/dri/renderD*";

/* The codec of a software encoder; NULL for hardware. Software that is opened with a device stands behind an interface of hardware. */
static const nenc_codec_info *codec_of_software(const char *name)
{
    const nenc_codec_info *codec;
    for (size_t i = 0; (codec = nenc_codec_at(i)); i++)
        if (!*codec->device && strcmp(name, codec->software) == 0) return codec;
    return NULL;
}

/* The encoder takes over from itself when it is software, which refuses codecs that it does not have. */
static const nenc_codec_info *fallback_of(const char *name, uint32_t codec)
{
    const nenc_codec_info *own = codec_of_software(name);
    return own ? own : nenc_codec_at(codec);
}

static int copy_name(char *into, size_t room, const char *from, const char *field, nenc_failure *failure)
{
    const size_t length = from ? strlen(from) : 0;
    if (length >= room)
        return nenc_fail(failure, NENC_EINVAL, "%s has %zu characters, %zu are possible", field, length, room - 1);
    memcpy(into, length ? from : "", length + 1);
    return NENC_OK;
}

static int open_film(nenc_video *self, const nenc_camera_config *config, nenc_failure *failure)
{
    const int is_file = config->file && *config->file;
    self->film = (nenc_film){
        .given = config->source,
        .pattern = {.width = is_file ? config->width : nenc_camera_width(config->lines),
                    .height = is_file ? config->height : config->lines,
                    .seed = config->seed,
                    .complexity = config->complexity,
                    .scene_frames = nenc_video_whole((double)config->cut_ns * config->fps / 1e9, 0.0, UINT32_MAX)},
        .fps = config->fps,
        .start_ns = config->start_ns,
    };
    const int status = nenc_film_open(&self->film, is_file ? config->file : NULL, failure->text, sizeof failure->text);
    return status == NENC_OK || status == NENC_ENOMEM ? status : NENC_ENCODE_SOURCE;
}

static int fill_failover(const nenc_video *self, const nenc_camera_config *config, const char *device,
                         nenc_failover_config *failover, nenc_failure *failure)
{
    nenc_failover_config_default(failover);
    nenc_encoder_config *encoder = &failover->encoder;
    snprintf(failover->primary, sizeof failover->primary, "%s", self->name);
    const nenc_codec_info *fallback = fallback_of(self->name, config->codec);
    snprintf(failover->fallback, sizeof failover->fallback, "%s", fallback->software);
    snprintf(failover->fallback_device, sizeof failover->fallback_device, "%s", fallback->device);
    failover->isolate = config->isolate && !codec_of_software(self->name);
    failover->wait_for_probe = config->virtual_time; /* so that hardware is found again in the same frame every time */
    failover->host = config->host && *config->host ? config->host : NULL;
    encoder->codec = config->codec;
    encoder->rate_mode = config->rate_mode;
    encoder->entry = config->entry;
    encoder->width = self->film.pattern.width;
    encoder->height = self->film.pattern.height;
    encoder->fps_num = nenc_video_thousandths(config->fps);
    encoder->fps_den = 1000;
    encoder->threads = config->threads;
    encoder->reconstruct = (uint32_t)self->measures;
    encoder->timeout_ns = nenc_video_patience(self);
    encoder->rate = self->rate;
    const int status = copy_name(encoder->preset, sizeof encoder->preset, config->preset, "preset", failure);
    return status != NENC_OK ? status : copy_name(encoder->device, sizeof encoder->device, device, "device", failure);
}

static int open_failover(nenc_video *self, const nenc_camera_config *config, const char *device, nenc_failure *failure)
{
    nenc_failover_config failover;
    int status = open_film(self, config, failure);
    if (status == NENC_OK) status = fill_failover(self, config, device, &failover, failure);
    if (status == NENC_OK) status = nenc_failover_open(&failover, &self->failover, failure->text, sizeof failure->text);
    if (status != NENC_OK) return status;
    const char *about = nenc_failover_describe(self->failover);
    self->lost = nenc_video_pass_on(self, config->start_ns);
    snprintf(self->about, sizeof self->about, "%s%s%s%s", self->lost ? failover.fallback : "", self->lost ? " in place of " : "",
             self->lost ? self->name : "", self->lost ? ": " : "");
    const size_t length = strlen(self->about);
    snprintf(self->about + length, sizeof self->about - length, "%s", about);
    return NENC_OK;
}

/* The encoder `name` on `device`. */
static int open_named(const nenc_camera_config *config, const char *name, const char *device, nenc_video **made,
                      nenc_failure *failure)
{
    nenc_video *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "%s: out of memory", name);
    self->name = name;
    self->rate = (nenc_rate){.bitrate_bps = nenc_video_whole(config->rate_bps, 1.0, NENC_VIDEO_BPS_MAX),
                             .vbv_ms = nenc_video_whole((double)config->vbv_ns / 1e6, 1.0, 10000.0),
                             .qp_min = config->qp_min,
                             .qp_max = config->qp_max,
                             .qp_initial = config->qp_initial};
    self->limits = (nenc_limits){.qp_min = config->qp_min, .qp_max = config->qp_max};
    self->follow_rung = config->follow_rung != 0;
    self->virtual_time = config->virtual_time != 0;
    self->measured = config->latency == NENC_LATENCY_MEASURED;
    self->encode_ns = config->encode_ns;
    self->software_ns = config->software_ns;
    self->watchdog_ns = config->watchdog_ns;
    self->fps_max = self->fps = config->fps;
    self->lines = config->lines;
    self->key_interval_ns = config->key_interval_ns;
    self->key_ns = config->start_ns;
    /* Hardware does not show its pictures; a mean over what software made in its place would be of something else. */
    self->measures = config->quality && codec_of_software(self->name);
    const int status = open_failover(self, config, device, failure);
    if (status != NENC_OK) nenc_video_close(self);
    else *made = self;
    return status;
}

/* Hardware that really opens, or NULL; what it said is put behind `tried`. */
static nenc_video *try_hardware(const nenc_camera_config *config, const char *name, const char *device, char *tried, size_t room)
{
    nenc_failure failure = {""};
    nenc_video *self = NULL;
    if (open_named(config, name, device, &self, &failure) == NENC_OK) {
        if (!self->lost) return self;
        snprintf(failure.text, sizeof failure.text, "%s", nenc_failover_describe(self->failover));
        nenc_video_close(self);
    }
    const size_t said = strlen(tried);
    snprintf(tried + said, room - said, "; %s%s%s: %s", name, *device ? " " : "", device, failure.text);
    return NULL;
}

/* A GPU, whichever opens first; else software, and a note of why. */
static int open_auto(const nenc_camera_config *config, nenc_video **made, nenc_failure *failure)
{
    char tried[sizeof((nenc_camera_event *)0)->text] = "";
    glob_t nodes = {0};
    nenc_video *self = try_hardware(config, "nvenc", "", tried, sizeof tried);
    if (!self && glob(render_nodes, 0, NULL, &nodes) == 0)
        for (size_t i = 0; !self && i < nodes.gl_pathc; i++)
            self = try_hardware(config, "vaapi", nodes.gl_pathv[i], tried, sizeof tried);
    if (!self && !nodes.gl_pathc) {
        const size_t said = strlen(tried);
        snprintf(tried + said, sizeof tried - said, "; vaapi: there is no %s", render_nodes);
    }
    globfree(&nodes);
    int status = NENC_OK;
    if (!self) {
        const nenc_codec_info *codec = nenc_codec_at(config->codec);
        status = open_named(config, codec->software, codec->device, &self, failure);
        if (status != NENC_OK) return status;
        char text[sizeof tried];
        snprintf(text, sizeof text, "auto takes software%.280s", tried);
        nenc_video_tell(self, config->start_ns, -1, "note", text);
    }
    *made = self;
    return status;
}

int nenc_video_open(const nenc_camera_config *config, nenc_video **made, nenc_failure *failure)
{
    if (config->modules && *config->modules && nenc_encoder_modules(config->modules) != NENC_OK)
        return nenc_fail(failure, NENC_ERANGE, "modules: the folder's name is too long");
    const nenc_encoder_kind *encoder = nenc_encoder_find(config->kind);
    return encoder ? open_named(config, encoder->info.name, config->device, made, failure) : open_auto(config, made, failure);
}

void nenc_video_close(nenc_video *self)
{
    nenc_failover_close(self->failover);
    nenc_film_close(&self->film);
    nenc_free(self);
}
