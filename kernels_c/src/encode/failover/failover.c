/* failover.c - hardware while it works, software while it does not, and how one becomes the other. */
#include "encode/failover/state.h"

#include "core/clock.h"

#include <string.h>

/* ---- what happens ------------------------------------------------------------------------------------------------ */

static nenc_failover_event *tell(nenc_failover *self, int64_t pts_ns, nenc_failover_kind kind, int status)
{
    nenc_failover_event *event = nenc_failover_events_add(&self->events);
    self->counts.switches += kind == NENC_FAILOVER_FALLBACK || kind == NENC_FAILOVER_RECOVERED;
    *event = (nenc_failover_event){.pts_ns = pts_ns, .number = self->count, .kind = (uint32_t)kind, .status = status};
    return event;
}

static void wait_for_probe(nenc_failover *self, int64_t pts_ns, int64_t backoff_ns)
{
    self->backoff_ns = backoff_ns < self->config.probe_last_ns ? backoff_ns : self->config.probe_last_ns;
    self->probe_at_ns = pts_ns + self->backoff_ns;
}

void nenc_failover_primary_failed(nenc_failover *self, int64_t pts_ns, int status, const nenc_failure *why)
{
    nenc_failover_event *event = tell(self, pts_ns, NENC_FAILOVER_FALLBACK, status);
    snprintf(event->text, sizeof event->text, "%s failed, %s takes over: %s", self->config.primary, self->config.fallback,
             why->text);
    snprintf(self->about, sizeof self->about, "%s", why->text);
    nenc_failover_drop_primary(self);
    self->mode = SOFTWARE;
    self->key = 1;
    wait_for_probe(self, pts_ns, self->config.probe_first_ns);
}

static void probe_failed(nenc_failover *self, int64_t pts_ns, int status, const nenc_failure *why)
{
    nenc_failover_event *event = tell(self, pts_ns, NENC_FAILOVER_PROBE_FAILED, status);
    snprintf(event->text, sizeof event->text, "%s is still gone: %s", self->config.primary, why->text);
    nenc_failover_drop_primary(self);
    wait_for_probe(self, pts_ns, 2 * self->backoff_ns);
}

/* Whether the primary stands ready for a trial at this picture. */
static int probed(nenc_failover *self, int64_t pts_ns)
{
    nenc_failure why = {""};
    int status = NENC_OK;
    if (!self->probing) {
        if (pts_ns < self->probe_at_ns || (self->leaving && !self->config.wait_for_probe)) return 0;
        status = nenc_failover_begin_primary(self, &why);
        self->probing = status == NENC_OK;
    }
    if (status == NENC_OK)
        status = nenc_failover_end_primary(self, self->config.wait_for_probe ? self->config.open_timeout_ns : 0, &why);
    if (status == NENC_ESTATE && !self->config.wait_for_probe) {
        if (pts_ns < self->probe_at_ns + self->config.open_timeout_ns) return 0;
        status =
            nenc_fail(&why, NENC_ENCODE_TIMEOUT, "no answer within %lld ms", (long long)(self->config.open_timeout_ns / 1000000));
    }
    if (status != NENC_OK) probe_failed(self, pts_ns, status, &why);
    return status == NENC_OK;
}

/* How pictures come to the primary, once and whenever it changes: a copy costs time. */
static void watch_input(nenc_failover *self, const nenc_coded *coded, int64_t pts_ns)
{
    if ((int)coded->input == self->input) return;
    nenc_failover_event *event = tell(self, pts_ns, NENC_FAILOVER_INPUT, NENC_OK);
    const int dmabuf = nenc_pool_memory(self->pool) == NENC_MEMORY_DMABUF;
    snprintf(event->text, sizeof event->text, "pictures are %s",
             coded->input == NENC_INPUT_COPY ? "copied to the encoder"
             : dmabuf                        ? "handed over without a copy, as DMA-BUFs"
                                             : "handed over without a copy, as memfds (a GPU needs DMA-BUFs: /dev/udmabuf)");
    self->input = (int)coded->input;
}

/* ---- one picture ------------------------------------------------------------------------------------------------- */

int nenc_failover_picture(nenc_failover *self, nenc_frame *frame)
{
    if (!self || !frame) return NENC_EINVAL;
    return nenc_pool_frame(self->pool, self->next, frame);
}

int nenc_failover_open_software(nenc_failover *self, const nenc_encoder_config *config, nenc_encoder **software)
{
    nenc_encoder_config its = *config;
    if (self->config.fallback_device[0]) memcpy(its.device, self->config.fallback_device, sizeof its.device);
    return nenc_encoder_open(self->config.fallback, &its, software, self->failure.text, sizeof self->failure.text);
}

static int software_frame(nenc_failover *self, const nenc_frame *frame, nenc_failover_frame *made)
{
    const nenc_encoder_config *config = &self->config.encoder;
    made->software = 1;
    int status = nenc_failover_encode_local(self->software, config, frame, self->key, 0, &made->coded, &self->failure);
    if (status == NENC_OK) return status;
    /* There is nothing behind it but itself, once more; which begins with a key frame, so it is told like a switch. */
    const nenc_failure why = self->failure;
    nenc_encoder *fresh;
    const int opened = nenc_failover_open_software(self, config, &fresh);
    if (opened != NENC_OK) return opened;
    nenc_encoder_close(self->software);
    self->software = fresh;
    nenc_failover_event *event = tell(self, frame->pts_ns, NENC_FAILOVER_FALLBACK, status);
    snprintf(event->text, sizeof event->text, "%s failed, it was opened anew: %s", self->config.fallback, why.text);
    return nenc_failover_encode_local(fresh, config, frame, 1, 0, &made->coded, &self->failure);
}

/* The picture by the primary, if there is one to try; true when that made the frame. */
static int primary_frame(nenc_failover *self, const nenc_frame *frame, nenc_failover_frame *made)
{
    nenc_failure why = {""};
    const int trial = self->mode == SOFTWARE;
    if (trial && !probed(self, frame->pts_ns)) return 0;
    int status = nenc_failover_encode_primary(self, frame, trial || self->key, &made->coded, &why);
    if (status == NENC_OK) {
        if (trial) {
            nenc_failover_event *event = tell(self, frame->pts_ns, NENC_FAILOVER_RECOVERED, NENC_OK);
            snprintf(event->text, sizeof event->text, "%s is back", self->config.primary);
            self->mode = PRIMARY;
            self->probing = 0;
        }
        watch_input(self, &made->coded, frame->pts_ns);
        return 1;
    }
    made->coded = (nenc_coded){0};
    made->failed = status;
    if (trial) probe_failed(self, frame->pts_ns, status, &why);
    else nenc_failover_primary_failed(self, frame->pts_ns, status, &why);
    return 0;
}

int nenc_failover_encode(nenc_failover *self, const nenc_frame *frame, nenc_failover_frame *made)
{
    if (!self || !frame || !made) return NENC_EINVAL;
    *made = (nenc_failover_frame){0};
    if (frame->buffer != self->next + 1)
        return nenc_fail(&self->failure, NENC_ESTATE, "not the picture that nenc_failover_picture gave");
    const int64_t began_ns = nenc_now_ns();
    nenc_remote_reap(&self->leaving, 0);
    self->pts_ns = frame->pts_ns;
    /* A primary that could not be opened: when was not known then. */
    if (!self->count && self->mode == SOFTWARE) wait_for_probe(self, frame->pts_ns, self->config.probe_first_ns);
    int status = nenc_pool_written(self->pool, self->next);
    if (status != NENC_OK) return nenc_fail(&self->failure, status, "DMA_BUF_IOCTL_SYNC failed");
    if (!primary_frame(self, frame, made)) {
        const int64_t failed_ns = nenc_now_ns();
        status = software_frame(self, frame, made);
        if (made->failed && self->events.count)
            self->events.event[(self->events.first + self->events.count - 1) % NENC_FAILOVER_EVENTS].took_ns =
                nenc_now_ns() - failed_ns;
        if (status != NENC_OK) return status;
    }
    made->coded.number = self->count++;
    *(made->software ? &self->counts.software : &self->counts.primary) += 1;
    self->counts.keys += made->coded.key != 0;
    made->coded.pts_ns = frame->pts_ns;
    made->took_ns = nenc_now_ns() - began_ns;
    self->key = 0;
    self->next = (self->next + 1) % NENC_REMOTE_PICTURES;
    return NENC_OK;
}

/* ---- what is asked of it ----------------------------------------------------------------------------------------- */

int nenc_failover_set_rate(nenc_failover *self, const nenc_rate *rate)
{
    if (!self || !rate || !nenc_rate_is_legal(rate, self->config.encoder.rate_mode)) return NENC_EINVAL;
    self->config.encoder.rate = *rate;
    return NENC_OK;
}

int nenc_failover_set_fps(nenc_failover *self, uint32_t num, uint32_t den)
{
    if (!self || !nenc_fps_is_legal(num, den)) return NENC_EINVAL;
    self->config.encoder.fps_num = num;
    self->config.encoder.fps_den = den;
    return NENC_OK;
}

int nenc_failover_set_timeout(nenc_failover *self, int64_t timeout_ns)
{
    if (!self || timeout_ns < 1) return NENC_EINVAL;
    self->config.encoder.timeout_ns = timeout_ns;
    return NENC_OK;
}

int nenc_failover_request_key(nenc_failover *self)
{
    if (!self) return NENC_EINVAL;
    self->key = 1;
    return NENC_OK;
}

int nenc_failover_fault(nenc_failover *self, uint32_t fault)
{
    if (!self || fault > NENC_FAULT_IGNORE_RATE) return NENC_EINVAL;
    self->fault = fault;
    /* One that is gone, or does not answer, shows it at the next picture. */
    nenc_failure unused;
    if (self->remote && self->mode == PRIMARY) nenc_remote_fault(self->remote, fault, &unused);
    else if (self->probing)
        nenc_failover_drop_primary(self); /* the probe's process knows of another fault: the next one begins with this */
    return NENC_OK;
}

int nenc_failover_event_take(nenc_failover *self, nenc_failover_event *event)
{
    return self && event ? nenc_failover_events_take(&self->events, event) : 0;
}

int nenc_failover_statistics(const nenc_failover *self, nenc_failover_counts *counts)
{
    if (!self || !counts) return NENC_EINVAL;
    *counts = self->counts;
    return NENC_OK;
}

const char *nenc_failover_describe(const nenc_failover *self) { return self ? self->about : ""; }
const char *nenc_failover_failure(const nenc_failover *self) { return self ? self->failure.text : ""; }
