/* primary.c - the primary encoder of a fail-over, in a process of its own or in this one. */
#include "encode/failover/state.h"

void nenc_failover_drop_primary(nenc_failover *self)
{
    nenc_remote_leave(self->remote, &self->leaving);
    nenc_encoder_close(self->local);
    self->remote = NULL;
    self->local = NULL;
    self->probing = 0;
}

/* The device that was chosen stays the one that probes look for: software that stands in for a GPU is not the GPU come back. */
static void keep_device(nenc_failover *self, const char *device)
{
    nenc_encoder_config *config = &self->config.encoder;
    if (!config->device[0]) snprintf(config->device, sizeof config->device, "%s", device);
}

static int refused(const nenc_failover *self) { return self->fault != NENC_FAULT_NONE && self->fault != NENC_FAULT_IGNORE_RATE; }

int nenc_failover_begin_primary(nenc_failover *self, nenc_failure *failure)
{
    const nenc_failover_config *config = &self->config;
    if (!config->isolate) {
        if (refused(self)) return nenc_fail(failure, NENC_ENCODE_FAILED, "the device is gone (a fault of the scenario)");
        int status = nenc_encoder_open(config->primary, &config->encoder, &self->local, failure->text, sizeof failure->text);
        if (status != NENC_OK) return status;
        snprintf(self->about, sizeof self->about, "%s", nenc_encoder_describe(self->local));
        keep_device(self, nenc_encoder_device(self->local));
        return NENC_OK;
    }
    nenc_remote_reap(&self->leaving, config->wait_for_probe); /* never two of them on one device */
    int status = self->remote ? NENC_OK : nenc_remote_start(self->host, &self->remote, failure);
    if (status == NENC_OK && self->fault) status = nenc_remote_fault(self->remote, self->fault, failure);
    if (status == NENC_OK)
        status = nenc_remote_ask(self->remote, config->primary, &config->encoder, self->pool, NENC_REMOTE_PICTURES, failure);
    return status;
}

int nenc_failover_end_primary(nenc_failover *self, int64_t timeout_ns, nenc_failure *failure)
{
    if (!self->config.isolate) return NENC_OK;
    int status = nenc_remote_opened(self->remote, timeout_ns, failure);
    if (status != NENC_OK) return status;
    snprintf(self->about, sizeof self->about, "%s", nenc_remote_describe(self->remote));
    keep_device(self, nenc_remote_device(self->remote));
    return NENC_OK;
}

int nenc_failover_open_primary(nenc_failover *self, nenc_failure *failure)
{
    int status = nenc_failover_begin_primary(self, failure);
    if (status == NENC_OK) status = nenc_failover_end_primary(self, self->config.open_timeout_ns, failure);
    if (status != NENC_OK) nenc_failover_drop_primary(self);
    return status;
}

int nenc_failover_encode_local(nenc_encoder *encoder, const nenc_encoder_config *config, const nenc_frame *frame, int key,
                               int keeps_rate, nenc_coded *coded, nenc_failure *failure)
{
    int status = keeps_rate ? NENC_OK : nenc_encoder_set_rate(encoder, &config->rate);
    if (status == NENC_OK) status = nenc_encoder_set_fps(encoder, config->fps_num, config->fps_den);
    if (status == NENC_OK && key) status = nenc_encoder_request_key(encoder);
    if (status == NENC_OK) status = nenc_encoder_encode(encoder, frame, coded);
    if (status != NENC_OK) nenc_fail(failure, status, "%s", nenc_encoder_failure(encoder));
    return status;
}

int nenc_failover_encode_primary(nenc_failover *self, const nenc_frame *frame, int key, nenc_coded *coded, nenc_failure *failure)
{
    const nenc_encoder_config *config = &self->config.encoder;
    if (self->config.isolate) return nenc_remote_encode(self->remote, config, frame, key, coded, failure);
    if (refused(self)) return nenc_fail(failure, NENC_ENCODE_FAILED, "a fault of the scenario");
    return nenc_failover_encode_local(self->local, config, frame, key, self->fault == NENC_FAULT_IGNORE_RATE, coded, failure);
}
