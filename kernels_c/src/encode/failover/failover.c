/* failover.c - hardware while it works, software while it does not, and how one becomes the other. */
#include "core/alloc.h"
#include "core/clock.h"
#include "encode/failover/events.h"
#include "encode/failover/protocol.h"
#include "encode/failover/remote.h"
#include "encode/table.h"

#include <stdlib.h>
#include <string.h>

typedef enum failover_mode { PRIMARY, SOFTWARE } failover_mode;

struct nenc_failover {
    nenc_failover_config config;
    char *host;
    nenc_pool *pool;
    uint32_t next; /* picture of the pool */
    failover_mode mode;
    nenc_remote *remote;  /* isolated primary, or its probe */
    nenc_remote *leaving; /* processes that were told to end */
    nenc_encoder *local;  /* primary in this process */
    nenc_encoder *software;
    int probing;          /* a probe's answer is awaited */
    int64_t probe_at_ns;  /* capture time */
    int64_t pts_ns;       /* of the last picture */
    int64_t backoff_ns;
    uint32_t fault;
    int key;     /* the next picture becomes one */
    int input;   /* nenc_input_path seen last, -1: none yet */
    uint64_t count;
    nenc_failover_counts counts;
    nenc_failover_events events;
    nenc_failure failure;
    char about[NENC_REMOTE_TEXT];
};

void nenc_failover_config_default(nenc_failover_config *config)
{
    *config = (nenc_failover_config){
        .size = sizeof *config,
        .isolate = 1,
        .primary = "vaapi",
        .fallback = "x264",
        .open_timeout_ns = 5000000000,
        .probe_first_ns = 500000000,
        .probe_last_ns = 8000000000,
    };
    nenc_encoder_config_default(&config->encoder);
}

/* ---- the primary, in its process or in this one ------------------------------------------------------------------ */

static void drop_primary(nenc_failover *self)
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

/* Begins to open it: the answer of one that is isolated is still to come. */
static int begin_primary(nenc_failover *self, nenc_failure *failure)
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

/* NENC_ESTATE: it has not answered yet. */
static int end_primary(nenc_failover *self, int64_t timeout_ns, nenc_failure *failure)
{
    if (!self->config.isolate) return NENC_OK;
    int status = nenc_remote_opened(self->remote, timeout_ns, failure);
    if (status != NENC_OK) return status;
    snprintf(self->about, sizeof self->about, "%s", nenc_remote_describe(self->remote));
    keep_device(self, nenc_remote_device(self->remote));
    return NENC_OK;
}

static int open_primary(nenc_failover *self, nenc_failure *failure)
{
    int status = begin_primary(self, failure);
    if (status == NENC_OK) status = end_primary(self, self->config.open_timeout_ns, failure);
    if (status != NENC_OK) drop_primary(self);
    return status;
}

static int encode_local(nenc_encoder *encoder, const nenc_encoder_config *config, const nenc_frame *frame, int key,
                        int keeps_rate, nenc_coded *coded, nenc_failure *failure)
{
    int status = keeps_rate ? NENC_OK : nenc_encoder_set_rate(encoder, &config->rate);
    if (status == NENC_OK) status = nenc_encoder_set_fps(encoder, config->fps_num, config->fps_den);
    if (status == NENC_OK && key) status = nenc_encoder_request_key(encoder);
    if (status == NENC_OK) status = nenc_encoder_encode(encoder, frame, coded);
    if (status != NENC_OK) nenc_fail(failure, status, "%s", nenc_encoder_failure(encoder));
    return status;
}

static int encode_primary(nenc_failover *self, const nenc_frame *frame, int key, nenc_coded *coded, nenc_failure *failure)
{
    const nenc_encoder_config *config = &self->config.encoder;
    if (self->config.isolate) return nenc_remote_encode(self->remote, config, frame, key, coded, failure);
    if (refused(self)) return nenc_fail(failure, NENC_ENCODE_FAILED, "a fault of the scenario");
    return encode_local(self->local, config, frame, key, self->fault == NENC_FAULT_IGNORE_RATE, coded, failure);
}

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

static void primary_failed(nenc_failover *self, int64_t pts_ns, int status, const nenc_failure *why)
{
    nenc_failover_event *event = tell(self, pts_ns, NENC_FAILOVER_FALLBACK, status);
    snprintf(event->text, sizeof event->text, "%s failed, %s takes over: %s", self->config.primary, self->config.fallback,
             why->text);
    snprintf(self->about, sizeof self->about, "%s", why->text);
    drop_primary(self);
    self->mode = SOFTWARE;
    self->key = 1;
    wait_for_probe(self, pts_ns, self->config.probe_first_ns);
}

static void probe_failed(nenc_failover *self, int64_t pts_ns, int status, const nenc_failure *why)
{
    nenc_failover_event *event = tell(self, pts_ns, NENC_FAILOVER_PROBE_FAILED, status);
    snprintf(event->text, sizeof event->text, "%s is still gone: %s", self->config.primary, why->text);
    drop_primary(self);
    wait_for_probe(self, pts_ns, 2 * self->backoff_ns);
}

/* Whether the primary stands ready for a trial at this picture. */
static int probed(nenc_failover *self, int64_t pts_ns)
{
    nenc_failure why = {""};
    int status = NENC_OK;
    if (!self->probing) {
        if (pts_ns < self->probe_at_ns || (self->leaving && !self->config.wait_for_probe)) return 0;
        status = begin_primary(self, &why);
        self->probing = status == NENC_OK;
    }
    if (status == NENC_OK) status = end_primary(self, self->config.wait_for_probe ? self->config.open_timeout_ns : 0, &why);
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

static int open_software(nenc_failover *self, const nenc_encoder_config *config, nenc_encoder **software)
{
    nenc_encoder_config its = *config;
    if (self->config.fallback_device[0]) memcpy(its.device, self->config.fallback_device, sizeof its.device);
    return nenc_encoder_open(self->config.fallback, &its, software, self->failure.text, sizeof self->failure.text);
}

static int software_frame(nenc_failover *self, const nenc_frame *frame, nenc_failover_frame *made)
{
    const nenc_encoder_config *config = &self->config.encoder;
    made->software = 1;
    int status = encode_local(self->software, config, frame, self->key, 0, &made->coded, &self->failure);
    if (status == NENC_OK) return status;
    /* There is nothing behind it but itself, once more; which begins with a key frame, so it is told like a switch. */
    const nenc_failure why = self->failure;
    nenc_encoder *fresh;
    const int opened = open_software(self, config, &fresh);
    if (opened != NENC_OK) return opened;
    nenc_encoder_close(self->software);
    self->software = fresh;
    nenc_failover_event *event = tell(self, frame->pts_ns, NENC_FAILOVER_FALLBACK, status);
    snprintf(event->text, sizeof event->text, "%s failed, it was opened anew: %s", self->config.fallback, why.text);
    return encode_local(fresh, config, frame, 1, 0, &made->coded, &self->failure);
}

/* The picture by the primary, if there is one to try; true when that made the frame. */
static int primary_frame(nenc_failover *self, const nenc_frame *frame, nenc_failover_frame *made)
{
    nenc_failure why = {""};
    const int trial = self->mode == SOFTWARE;
    if (trial && !probed(self, frame->pts_ns)) return 0;
    int status = encode_primary(self, frame, trial || self->key, &made->coded, &why);
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
    else primary_failed(self, frame->pts_ns, status, &why);
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
    else if (self->probing) drop_primary(self); /* the probe's process knows of another fault: the next one begins with this */
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

/* ---- begin, change of size, end ---------------------------------------------------------------------------------- */

/* Pictures and encoders of config's size in place of those there are; those stay when the new ones cannot be had. A primary that
 * would not is an event. */
static int open_all(nenc_failover *self, const nenc_encoder_config *config)
{
    nenc_pool *pool, *old = self->pool;
    nenc_encoder *software;
    int status = nenc_pool_create(config->width, config->height, NENC_REMOTE_PICTURES, self->config.memory, &pool);
    if (status != NENC_OK)
        return nenc_fail(&self->failure, status, "memory for pictures of %ux%u: %s", config->width, config->height,
                         nenc_strerror(status));
    status = open_software(self, config, &software);
    if (status != NENC_OK) {
        nenc_pool_destroy(pool);
        return status;
    }
    nenc_encoder_close(self->software);
    nenc_encoder_close(self->local);
    self->local = NULL;
    self->software = software;
    self->pool = pool;
    self->config.encoder = *config;
    self->next = 0;
    self->input = -1;
    self->key = 1;
    nenc_failure why = {""};
    if (self->mode == SOFTWARE) drop_primary(self); /* a probe of the other size */
    else status = open_primary(self, &why);
    nenc_pool_destroy(old); /* its pictures were the primary's until that had the new ones */
    if (status == NENC_OK) return NENC_OK;
    /* What no probe would change is the caller's to know, but only at the beginning: later a frame is owed. */
    if (!self->count && (status == NENC_ENCODE_MISSING || status == NENC_ENCODE_UNSUPPORTED || status == NENC_EINVAL))
        return nenc_fail(&self->failure, status, "%s", why.text);
    primary_failed(self, self->pts_ns, status, &why);
    return NENC_OK;
}

int nenc_failover_open(const nenc_failover_config *config, nenc_failover **failover, char *text, size_t size)
{
    if (failover) *failover = NULL;
    if (!config || !failover || config->size != sizeof *config || config->memory > NENC_MEMORY_DMABUF ||
        !memchr(config->primary, 0, sizeof config->primary) || !memchr(config->fallback, 0, sizeof config->fallback) ||
        !memchr(config->fallback_device, 0, sizeof config->fallback_device) || config->open_timeout_ns < 1 ||
        config->probe_first_ns < 1 || config->probe_last_ns < config->probe_first_ns) {
        if (text && size) snprintf(text, size, "a field of nenc_failover_config is out of its range");
        return NENC_EINVAL;
    }
    nenc_failover *self = nenc_alloc(sizeof *self);
    char *host = config->host ? strdup(config->host) : NULL;
    int status = self && (host || !config->host) ? NENC_OK : NENC_ENOMEM;
    if (status == NENC_OK) {
        self->config = *config;
        self->host = host;
        self->key = 1;
        status = open_all(self, &config->encoder);
    }
    if (status == NENC_OK) {
        *failover = self;
        return NENC_OK;
    }
    if (text && size) snprintf(text, size, "%s", self ? self->failure.text : "out of memory");
    if (self) nenc_failover_close(self);
    else free(host);
    return status;
}

int nenc_failover_resize(nenc_failover *self, uint32_t width, uint32_t height)
{
    if (!self || width < 16 || width > 16384 || width % 2 || height < 16 || height > 16384 || height % 2) return NENC_EINVAL;
    nenc_encoder_config config = self->config.encoder;
    if (width == config.width && height == config.height) return NENC_OK;
    config.width = width;
    config.height = height;
    return open_all(self, &config);
}

void nenc_failover_close(nenc_failover *self)
{
    if (!self) return;
    drop_primary(self);
    nenc_remote_reap(&self->leaving, 1);
    nenc_encoder_close(self->software);
    nenc_pool_destroy(self->pool);
    free(self->host);
    nenc_free(self);
}
