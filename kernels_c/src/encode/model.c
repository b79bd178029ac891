/* model.c - the model encoder, RFC 8593 section 5. */
#include "nenc/model.h"
#include "core/alloc.h"
#include "net/rng.h"

#include <math.h>

static const double noise_max = 0.95; /* on both sides, so that the mean stays zero */
static const double least_frame = 0.1; /* of the mean frame, while a debt is paid */

struct nenc_model {
    nenc_model_config config;
    nenc_rng size_chance;
    nenc_rng interval_chance;
    uint32_t lines; /* of the source, now */
    uint32_t rung;  /* of the last frame, 0: none yet */
    int failed;
    int ignores_rate;
    int key;
    int64_t lost_ns; /* what the fault has cost the next frame: the time until it was noticed */
    double rate_bps;
    double output_bps;
    int64_t reacted_ns;
    int64_t key_ns;
    int64_t transient_left;
    double debt; /* what the transient's first frame was over the mean, in mean frames: the frames behind it pay it back */
};

static double smaller(double a, double b) { return b < a ? b : a; }
static double larger(double a, double b) { return b > a ? b : a; }

static int is_legal(const nenc_model_config *config)
{
    return config->size == sizeof *config && config->lines && config->transient_frames && config->fps > 0.0 &&
           isfinite(config->fps) && config->key_ratio > 0.0 && isfinite(config->key_ratio) && config->size_scale >= 0.0 &&
           isfinite(config->size_scale) && config->interval_scale >= 0.0 && isfinite(config->interval_scale) &&
           config->transient_change >= 0.0 && config->rate_min_bps >= 0.0 && config->rate_max_bps >= config->rate_min_bps &&
           config->reaction_ns >= 0 && config->lag_ns >= 0 && config->encode_ns >= 0 && config->software_ns >= 0 &&
           config->watchdog_ns >= 0 && config->key_interval_ns >= 0;
}

nenc_model *nenc_model_create(const nenc_model_config *config)
{
    nenc_model *self = config && is_legal(config) ? nenc_alloc(sizeof *self) : NULL;
    if (!self) return NULL;
    *self = (nenc_model){.config = *config, .lines = config->lines, .key = 1};
    nenc_rng_init(&self->size_chance, config->seed, config->stream);
    nenc_rng_init(&self->interval_chance, config->seed, config->stream + 1);
    return self;
}

void nenc_model_destroy(nenc_model *self) { nenc_free(self); }

/* Section 5.1: adopts the requested rate unless it reacted less than tau_v ago. True: the change is abrupt. */
static int react(nenc_model *self, int64_t now_ns, double rate_bps)
{
    const nenc_model_config *config = &self->config;
    const double wanted = smaller(larger(rate_bps, config->rate_min_bps), config->rate_max_bps), before = self->rate_bps;
    const int first = before == 0.0;
    if (!first && (wanted == before || now_ns < self->reacted_ns + config->reaction_ns || self->ignores_rate)) return 0;
    self->rate_bps = wanted;
    self->reacted_ns = now_ns;
    return !first && fabs(wanted - before) > config->transient_change * before;
}

/* The rate of this frame: first order behind the one asked for (backward Euler, exact on every machine). */
static double follow(nenc_model *self, double fps)
{
    const double lag_ns = (double)self->config.lag_ns, interval_ns = 1e9 / fps;
    const double behind = self->output_bps != 0.0 ? self->rate_bps - self->output_bps : 0.0;
    self->output_bps = self->rate_bps - behind * (lag_ns / (lag_ns + interval_ns));
    return self->output_bps;
}

static double noise(nenc_rng *chance, double scale)
{
    return larger(-noise_max, smaller(noise_max, scale * nenc_rng_laplace(chance)));
}

/* Section 5.2 and 5.3: of this frame, in mean frames. */
static double relative_size(nenc_model *self, int first_of_transient, double noise_of_it)
{
    const nenc_model_config *config = &self->config;
    if (first_of_transient) {
        self->transient_left = (int64_t)config->transient_frames - 1;
        self->debt += config->key_ratio - 1.0;
        return config->key_ratio;
    }
    const double size = 1.0 + noise_of_it;
    if (self->debt == 0.0) return size;
    /* K_d frames pay it; what they cannot (none gets under a tenth of the mean), those behind them do. */
    const double over = self->transient_left > 1 ? (double)self->transient_left : 1.0;
    const double paid = smaller(self->debt / over, size - least_frame);
    self->debt -= paid;
    self->transient_left--;
    return size - paid;
}

int nenc_model_encode(nenc_model *self, int64_t now_ns, double rate_bps, double fps, uint32_t rung, double qp,
                      nenc_model_frame *frame)
{
    if (!self || !frame || !rung || !(rate_bps >= 0.0) || !(fps > 0.0)) return NENC_EINVAL;
    const nenc_model_config *config = &self->config;
    fps = config->follow_rung ? smaller(fps, config->fps) : config->fps;
    rung = config->follow_rung && rung < self->lines ? rung : self->lines;
    if (rung != self->rung || (config->key_interval_ns && now_ns - self->key_ns >= config->key_interval_ns)) self->key = 1;
    self->rung = rung;
    const int burst = react(self, now_ns, rate_bps) && !config->lag_ns;
    /* Both are drawn for every frame: what one is used for never shifts the other's. */
    const double size_noise = noise(&self->size_chance, config->size_scale);
    const double interval_noise = noise(&self->interval_chance, config->interval_scale);
    const double mean = follow(self, fps) / 8.0 / fps;
    const double bytes = relative_size(self, self->key || burst, size_noise) * mean;
    const double interval_ns = 1e9 / fps * (1.0 + interval_noise);
    if (!(bytes < 0x1p62) || !(interval_ns < 0x1p62)) return NENC_ERANGE;
    if (self->key) self->key_ns = now_ns;
    *frame = (nenc_model_frame){
        .bytes = bytes < 1.0 ? 1 : (int64_t)bytes,
        .encode_ns = (self->failed ? config->software_ns : config->encode_ns) + self->lost_ns,
        .interval_ns = (int64_t)interval_ns,
        .qp = qp > 0.0 ? qp : NAN,
        .rung = rung,
        .key = (uint32_t)self->key,
        .software = (uint32_t)self->failed,
    };
    self->key = 0;
    self->lost_ns = 0;
    return NENC_OK;
}

int nenc_model_request_key(nenc_model *self)
{
    if (!self) return NENC_EINVAL;
    self->key = 1;
    return NENC_OK;
}

int nenc_model_set_resolution(nenc_model *self, uint32_t lines)
{
    if (!self || !lines) return NENC_EINVAL;
    self->lines = lines;
    return NENC_OK;
}

int nenc_model_set_fault(nenc_model *self, uint32_t fault, int on)
{
    if (!self || fault == NENC_FAULT_NONE || fault > NENC_FAULT_IGNORE_RATE) return NENC_EINVAL;
    if (fault == NENC_FAULT_IGNORE_RATE) {
        self->ignores_rate = on != 0;
        return NENC_OK;
    }
    /* A hang is noticed by the watchdog, what fails or dies says so when the frame is due. */
    if (on && !self->failed) self->lost_ns = fault == NENC_FAULT_HANG ? self->config.watchdog_ns : self->config.encode_ns;
    if ((on != 0) != self->failed) self->key = 1;
    self->failed = on != 0;
    return NENC_OK;
}
