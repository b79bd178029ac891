/* open.c - a fail-over begins, changes its size, and ends. */
#include "encode/failover/state.h"

#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

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
    status = nenc_failover_open_software(self, config, &software);
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
    if (self->mode == SOFTWARE) nenc_failover_drop_primary(self); /* a probe of the other size */
    else status = nenc_failover_open_primary(self, &why);
    nenc_pool_destroy(old); /* its pictures were the primary's until that had the new ones */
    if (status == NENC_OK) return NENC_OK;
    /* What no probe would change is the caller's to know, but only at the beginning: later a frame is owed. */
    if (!self->count && (status == NENC_ENCODE_MISSING || status == NENC_ENCODE_UNSUPPORTED || status == NENC_EINVAL))
        return nenc_fail(&self->failure, status, "%s", why.text);
    nenc_failover_primary_failed(self, self->pts_ns, status, &why);
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
    nenc_failover_drop_primary(self);
    nenc_remote_reap(&self->leaving, 1);
    nenc_encoder_close(self->software);
    nenc_pool_destroy(self->pool);
    free(self->host);
    nenc_free(self);
}
