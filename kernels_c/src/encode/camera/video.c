/* video.c - a camera with a real encoder: renders a picture and passes it to the fail-over. */
#include "encode/camera/video.h"
#include "core/clock.h"

#include <math.h>
#include <string.h>

uint32_t nenc_video_whole(double value, double least, double most)
{
    const double rounded = rint(value);
    return (uint32_t)(rounded < least ? least : rounded > most ? most : rounded);
}

uint32_t nenc_video_thousandths(double fps) { return nenc_video_whole(fps * 1000.0, 1.0, 1e6); }

/* ---- what happens ------------------------------------------------------------------------------------------------ */

void nenc_video_tell(nenc_video *self, int64_t now_ns, int64_t frame, const char *kind, const char *text)
{
    if (self->event_count == NENC_VIDEO_EVENTS) {
        self->first_event = (self->first_event + 1) % NENC_VIDEO_EVENTS;
        self->event_count--;
    }
    nenc_camera_event *event = &self->events[(self->first_event + self->event_count++) % NENC_VIDEO_EVENTS];
    *event = (nenc_camera_event){.at_ns = now_ns, .frame = frame};
    snprintf(event->kind, sizeof event->kind, "%s", kind);
    snprintf(event->text, sizeof event->text, "%s", text);
}

static int event_take(void *state, nenc_camera_event *event)
{
    nenc_video *self = state;
    if (!self->event_count) return 0;
    *event = self->events[self->first_event];
    self->first_event = (self->first_event + 1) % NENC_VIDEO_EVENTS;
    self->event_count--;
    return 1;
}

int nenc_video_pass_on(nenc_video *self, int64_t now_ns)
{
    static const char *const kinds[] = {"fallback", "probe", "recovery", "input"}; /* by nenc_failover_kind */
    nenc_failover_event event;
    int lost = 0;
    while (nenc_failover_event_take(self->failover, &event)) {
        if (event.kind == NENC_FAILOVER_INPUT && strcmp(self->name, "x264") == 0)
            continue; /* nothing is handed over within a process */
        lost |= event.kind == NENC_FAILOVER_FALLBACK;
        nenc_video_tell(self, now_ns, (int64_t)event.number, kinds[event.kind], event.text);
    }
    return lost;
}

/* ---- one frame --------------------------------------------------------------------------------------------------- */

static int set_fps(nenc_video *self, double fps, nenc_failure *failure)
{
    if (fps == self->fps) return NENC_OK;
    const int status = nenc_failover_set_fps(self->failover, nenc_video_thousandths(fps), 1000);
    if (status != NENC_OK) return nenc_fail(failure, status, "%s cannot have %g frames/s", self->name, fps);
    self->fps = fps;
    return NENC_OK;
}

static int set_size(nenc_video *self, uint32_t lines, nenc_failure *failure)
{
    if (nenc_film_is_fixed(&self->film) || lines == self->film.pattern.height) return NENC_OK;
    int status = nenc_film_resize(&self->film, lines, failure->text, sizeof failure->text);
    if (status != NENC_OK) return status;
    const nenc_pattern *now = &self->film.pattern;
    status = nenc_failover_resize(self->failover, now->width, now->height);
    if (status == NENC_OK) return status;
    return nenc_fail(failure, status, "cannot switch to %ux%u: %s", now->width, now->height,
                     nenc_failover_failure(self->failover));
}

static int set_rate(nenc_video *self, double encode_bps, nenc_failure *failure)
{
    self->rate.bitrate_bps = nenc_video_whole(encode_bps, 1.0, NENC_VIDEO_BPS_MAX);
    const int status = nenc_failover_set_rate(self->failover, &self->rate);
    return status == NENC_OK ? status : nenc_fail(failure, status, "%s cannot have %g bit/s", self->name, encode_bps);
}

static int measure(const nenc_video *self, const nenc_picture *shown, const nenc_picture *made, nenc_shot *shot)
{
    nenc_quality psnr, ssim;
    if (!self->measures || !made->plane[0]) return NENC_OK;
    int status = nenc_psnr(shown, made, &psnr);
    if (status == NENC_OK) status = nenc_ssim(shown, made, &ssim);
    if (status != NENC_OK) return status;
    shot->psnr = psnr.all;
    shot->ssim = ssim.all;
    return NENC_OK;
}

static int encode(nenc_video *self, int64_t now_ns, nenc_shot *shot, nenc_failure *failure)
{
    nenc_frame frame;
    nenc_failover_frame made;
    int status = nenc_failover_picture(self->failover, &frame);
    if (status != NENC_OK) return nenc_fail(failure, status, "no memory to film into");
    const int64_t began_ns = nenc_now_ns();
    status = nenc_film_render(&self->film, now_ns, &frame.picture, failure->text, sizeof failure->text);
    if (status != NENC_OK) return NENC_ENCODE_SOURCE;
    shot->render_ns += nenc_now_ns() - began_ns;
    frame.pts_ns = now_ns;
    status = nenc_failover_encode(self->failover, &frame, &made);
    if (status != NENC_OK) return nenc_fail(failure, status, "encoding failed: %s", nenc_failover_failure(self->failover));
    shot->data = made.coded.data;
    shot->bytes = made.coded.bytes;
    shot->key = made.coded.key;
    shot->software = made.software;
    shot->qp = made.coded.qp;
    shot->failed = made.failed;
    shot->encode_ns += made.took_ns;
    const int64_t encoded_ns = nenc_now_ns();
    status = measure(self, &frame.picture, &made.coded.reconstruction, shot);
    shot->measure_ns = nenc_now_ns() - encoded_ns;
    return status == NENC_OK ? status : nenc_fail(failure, status, "the frame's quality cannot be measured");
}

static void watch_limits(nenc_video *self, int64_t now_ns, double encode_bps, const nenc_shot *shot)
{
    char text[sizeof self->events->text];
    if (nenc_limits_take(&self->limits, now_ns, shot->bytes, shot->qp, encode_bps, shot->interval_ns, text, sizeof text))
        nenc_video_tell(self, now_ns, -1, self->limits.told == NENC_LIMIT_NONE ? "note" : "warning", text);
}

/* What the frame takes in virtual time, unless that is measured. */
static int64_t fixed_latency(const nenc_video *self, const nenc_shot *shot)
{
    if (!shot->software) return self->encode_ns;
    if (!shot->failed) return self->software_ns;
    /* Hardware that fails says so when its frame is due, or the watchdog notices; only then does software begin. */
    return (shot->failed == NENC_ENCODE_TIMEOUT ? self->watchdog_ns : self->encode_ns) + self->software_ns;
}

static int shoot(void *state, int64_t now_ns, double encode_bps, double fps, uint32_t rung, double qp, nenc_shot *shot,
                 nenc_failure *failure)
{
    nenc_video *self = state;
    const double fps_now = self->follow_rung && fps < self->fps_max ? fps : self->fps_max;
    const uint32_t lines = self->follow_rung && rung < self->lines ? rung : self->lines;
    *shot = (nenc_shot){.psnr = NAN, .ssim = NAN, .interval_ns = (int64_t)rint(1e9 / fps_now)};
    const int64_t began_ns = nenc_now_ns();
    int status = set_fps(self, fps_now, failure);
    if (status == NENC_OK) status = set_size(self, lines & ~1u, failure);
    if (status == NENC_OK) status = set_rate(self, encode_bps, failure);
    if (status == NENC_OK && self->key_interval_ns && now_ns - self->key_ns >= self->key_interval_ns)
        status = nenc_failover_request_key(self->failover);
    shot->encode_ns = nenc_now_ns() - began_ns; /* of another size: encoders are opened */
    if (status == NENC_OK) status = encode(self, now_ns, shot, failure);
    if (status != NENC_OK) {
        *shot = (nenc_shot){0};
        return status;
    }
    if (self->virtual_time && !self->measured) shot->encode_ns = fixed_latency(self, shot);
    shot->rung = self->film.pattern.height;
    if (shot->key) self->key_ns = now_ns;
    nenc_video_pass_on(self, now_ns);
    watch_limits(self, now_ns, encode_bps, shot);
    shot->events = self->event_count;
    return NENC_OK;
}

/* ---- what is asked of it ----------------------------------------------------------------------------------------- */

static void request_key(void *state) { nenc_failover_request_key(((nenc_video *)state)->failover); }
static void set_resolution(void *state, uint32_t lines) { ((nenc_video *)state)->lines = lines; }

int64_t nenc_video_patience(const nenc_video *self)
{
    /* Where time is virtual, a busy machine must not look like hardware that hangs; where a hang was asked for, there is no need
     * to wait long until it is believed. */
    static const int64_t patient_ns = 10000000000;
    const int strict = !self->virtual_time || self->measured || self->gone == NENC_FAULT_HANG;
    return strict || self->watchdog_ns > patient_ns ? self->watchdog_ns : patient_ns;
}

static int set_fault(void *state, uint32_t fault, int on, nenc_failure *failure)
{
    nenc_video *self = state;
    if (fault == NENC_FAULT_IGNORE_RATE) self->ignores_rate = on;
    else if (on) self->gone = fault;
    else if (fault == self->gone) self->gone = NENC_FAULT_NONE;
    else return NENC_OK; /* another one has taken its place */
    const uint32_t now = self->gone ? self->gone : self->ignores_rate ? NENC_FAULT_IGNORE_RATE : NENC_FAULT_NONE;
    int status = nenc_failover_set_timeout(self->failover, nenc_video_patience(self));
    if (status == NENC_OK) status = nenc_failover_fault(self->failover, now);
    return status == NENC_OK ? status : nenc_fail(failure, status, "%s cannot be made to fail", self->name);
}

static const char *using(const void *state) { return ((const nenc_video *)state)->name; }
static const char *describe(const void *state) { return ((const nenc_video *)state)->about; }

static int open_video(const nenc_camera_config *config, void **state, nenc_failure *failure)
{
    nenc_video *self;
    const int status = nenc_video_open(config, &self, failure);
    if (status == NENC_OK) *state = self;
    return status;
}

static void close_video(void *state) { nenc_video_close(state); }

const nenc_camera_backend nenc_camera_video = {
    .open = open_video,
    .shoot = shoot,
    .request_key = request_key,
    .set_resolution = set_resolution,
    .set_fault = set_fault,
    .event_take = event_take,
    .using = using,
    .describe = describe,
    .close = close_video,
};
