/* camera.c - the public camera: checks its arguments and passes them on to its kind. */
#include "core/alloc.h"
#include "encode/camera/fields.h"
#include "encode/camera/kinds.h"

#include <math.h>

struct nenc_camera {
    const char *name; /* of its kind */
    const nenc_camera_backend *kind;
    void *state;
    nenc_failure failure;
};

static int open_checked(const nenc_camera_entry *entry, const nenc_camera_config *config, nenc_camera **camera,
                        nenc_failure *failure)
{
    nenc_camera *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "%s: out of memory", entry->name);
    self->name = entry->name;
    self->kind = entry->backend;
    const int status = self->kind->open(config, &self->state, failure);
    if (status != NENC_OK) nenc_free(self);
    else *camera = self;
    return status;
}

int nenc_camera_open(const nenc_camera_config *config, nenc_camera **camera, char *text, size_t size)
{
    if (camera) *camera = NULL;
    if (!config || !camera) return NENC_EINVAL;
    nenc_failure failure = {""};
    const nenc_camera_entry entry = nenc_camera_find(config->kind);
    char why[sizeof failure.text / 2];
    int status;
    if (!entry.name) {
        nenc_camera_list(why, sizeof why);
        status = nenc_fail(&failure, NENC_EINVAL, "there is no kind of encoder '%.60s'; there are %s",
                           config->kind ? config->kind : "(null)", why);
    } else if (nenc_camera_config_check(config, why, sizeof why) != NENC_OK) {
        status = nenc_fail(&failure, NENC_EINVAL, "%s: %s", entry.name, why);
    } else {
        status = open_checked(&entry, config, camera, &failure);
    }
    if (text && size) snprintf(text, size, "%s", failure.text);
    return status;
}

int nenc_camera_shoot(nenc_camera *self, int64_t now_ns, double encode_bps, double fps, uint32_t rung, double qp, nenc_shot *shot)
{
    if (!self || !shot) return NENC_EINVAL;
    *shot = (nenc_shot){0};
    if (!(encode_bps >= 0.0 && isfinite(encode_bps)) || !(fps > 0.0) || !rung)
        return nenc_fail(&self->failure, NENC_EINVAL, "%g bit/s at %g frames/s and %u lines cannot be encoded", encode_bps, fps,
                         rung);
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
    const nenc_camera_field *field = nenc_camera_field_find("lines");
    if (lines < field->low || lines > field->high || lines % 2)
        return nenc_fail(&self->failure, NENC_EINVAL, "%u lines cannot be encoded: an even number from %g to %g can", lines,
                         field->low, field->high);
    self->kind->set_resolution(self->state, lines);
    return NENC_OK;
}

int nenc_camera_set_fault(nenc_camera *self, uint32_t fault, int on)
{
    if (!self) return NENC_EINVAL;
    if (fault == NENC_FAULT_NONE || fault > NENC_FAULT_IGNORE_RATE)
        return nenc_fail(&self->failure, NENC_EINVAL, "there is no fault with the number %u", fault);
    return self->kind->set_fault(self->state, fault, on != 0, &self->failure);
}

int nenc_camera_event_take(nenc_camera *self, nenc_camera_event *event)
{
    return self && event && self->kind->event_take ? self->kind->event_take(self->state, event) : 0;
}

const char *nenc_camera_kind(const nenc_camera *self)
{
    return !self ? "" : self->kind->using ? self->kind->using(self->state) : self->name;
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
