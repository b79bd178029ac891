/* camera.c - the public camera: checks what it is given and hands it to its kind. */
#include "core/alloc.h"
#include "live/camera_backend.h"

#include <math.h>
#include <string.h>

struct nenc_camera {
    const nenc_camera_backend *kind;
    void *state;
    nenc_failure failure;
};

static const nenc_camera_backend *const kinds[] = {&nenc_camera_model, &nenc_camera_null,  &nenc_camera_x264,
                                                   &nenc_camera_vaapi, &nenc_camera_nvenc, &nenc_camera_auto};
enum { KINDS = sizeof kinds / sizeof *kinds, LINES_MIN = 16, LINES_MAX = 9216 /* 16384 pixels wide */ };

void nenc_camera_config_default(nenc_camera_config *config)
{
    *config = (nenc_camera_config){
        .kind = "model",
        .lines = 2160,
        .follow_rung = 1,
        .fps = 60.0,
        .rate_bps = 2e6,
        .watchdog_ns = 100000000,
        .threads = 1,
        .isolate = 1,
        .qp_min = 18,
        .qp_max = 51,
        .qp_initial = 25,
        .vbv_ns = 250000000,
        .complexity = 0.5,
    };
    nenc_model_config_default(&config->model);
}

static const nenc_camera_backend *find(const char *name)
{
    for (size_t i = 0; name && i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

static int lines_are_legal(uint32_t lines) { return lines >= LINES_MIN && lines <= LINES_MAX && lines % 2 == 0; }

/* NULL: it is legal; else what is not, and what would be. */
static const char *wrong_field(const nenc_camera_config *config)
{
    if (!lines_are_legal(config->lines)) return "lines must be even, 16 to 9216";
    if (!(config->fps >= 0.01 && config->fps <= 1000.0)) return "fps must be 0.01 to 1000";
    if (!(config->rate_bps >= 0.0 && isfinite(config->rate_bps))) return "rate_bps must be finite, 0 or more";
    if (config->key_interval_ns < 0) return "key_interval_ns must be 0 or more";
    if (config->watchdog_ns < 1) return "watchdog_ns must be over 0";
    if (config->vbv_ns < 1) return "vbv_ns must be over 0";
    if (config->qp_min > config->qp_max || config->qp_max > 51 || config->qp_initial > 51)
        return "qp_min <= qp_max <= 51 and qp_initial <= 51 must hold";
    if (config->cut_ns < 0) return "cut_ns must be 0 or more";
    if (!(config->complexity >= 0.0 && config->complexity <= 1.0)) return "complexity must be 0 to 1";
    return NULL;
}

static int open_checked(const nenc_camera_backend *kind, const nenc_camera_config *config, nenc_camera **camera,
                        nenc_failure *failure)
{
    nenc_camera *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "%s: out of memory", kind->name);
    self->kind = kind;
    const int status = kind->open(config, &self->state, failure);
    if (status != NENC_OK) nenc_free(self);
    else *camera = self;
    return status;
}

int nenc_camera_open(const nenc_camera_config *config, nenc_camera **camera, char *text, size_t size)
{
    if (camera) *camera = NULL;
    if (!config || !camera) return NENC_EINVAL;
    nenc_failure failure = {""};
    const nenc_camera_backend *kind = find(config->kind);
    const char *wrong = wrong_field(config);
    int status;
    if (!kind)
        status = nenc_fail(&failure, NENC_EINVAL, "no kind of encoder '%s'; there are model, null, x264, vaapi, nvenc, auto",
                           config->kind ? config->kind : "(null)");
    else if (wrong) status = nenc_fail(&failure, NENC_EINVAL, "%s: %s", kind->name, wrong);
    else status = open_checked(kind, config, camera, &failure);
    if (text && size) snprintf(text, size, "%s", failure.text);
    return status;
}

int nenc_camera_shoot(nenc_camera *self, int64_t now_ns, double encode_bps, double fps, uint32_t rung, double qp, nenc_shot *shot)
{
    if (!self || !shot) return NENC_EINVAL;
    *shot = (nenc_shot){0};
    if (!(encode_bps >= 0.0 && isfinite(encode_bps)) || !(fps > 0.0) || rung < LINES_MIN)
        return nenc_fail(&self->failure, NENC_EINVAL, "%g bit/s at %g frames/s and %u lines is nothing to encode", encode_bps,
                         fps, rung);
    return self->kind->shoot(self->state, now_ns, encode_bps, fps, rung, qp, shot, &self->failure);
}

int nenc_camera_request_key(nenc_camera *self)
{
    if (!self) return NENC_EINVAL;
    self->kind->request_key(self->state);
    return NENC_OK;
}

int nenc_camera_set_resolution(nenc_camera *self, uint32_t lines)
{
    if (!self) return NENC_EINVAL;
    if (!lines_are_legal(lines)) return nenc_fail(&self->failure, NENC_EINVAL, "%u lines: lines must be even, 16 to 9216", lines);
    self->kind->set_resolution(self->state, lines);
    return NENC_OK;
}

int nenc_camera_set_fault(nenc_camera *self, uint32_t fault, int on)
{
    if (!self) return NENC_EINVAL;
    if (fault == NENC_FAULT_NONE || fault > NENC_FAULT_IGNORE_RATE)
        return nenc_fail(&self->failure, NENC_EINVAL, "no fault has the number %u", fault);
    return self->kind->set_fault(self->state, fault, on != 0, &self->failure);
}

int nenc_camera_event_take(nenc_camera *self, nenc_camera_event *event)
{
    return self && event && self->kind->event_take ? self->kind->event_take(self->state, event) : 0;
}

const char *nenc_camera_kind(const nenc_camera *self)
{
    return !self ? "" : self->kind->using ? self->kind->using(self->state) : self->kind->name;
}

const char *nenc_camera_describe(const nenc_camera *self)
{
    return self && self->kind->describe ? self->kind->describe(self->state) : "";
}

const char *nenc_camera_failure(const nenc_camera *self) { return self ? self->failure.text : ""; }

void nenc_camera_close(nenc_camera *self)
{
    if (!self) return;
    self->kind->close(self->state);
    nenc_free(self);
}
