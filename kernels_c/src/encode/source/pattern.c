/* pattern.c - made pictures: a gradient, two layers of texture that move against each other, patches that no prediction gets
 * hold of (water, leaves); a new scene at each cut.
 *
 * Samples are made of whole numbers alone, and a picture depends on nothing but its number: the same on every machine, in any
 * order. */
#include "core/alloc.h"
#include "encode/source/rows.h"
#include "encode/source/source.h"
#include "encode/source/tile.h"

#include <math.h>
#include <string.h>

enum {
    NOISE = 1 << 16, /* samples of the noise a row begins anywhere in, a row's worth more behind them */
    LUMA = 128,
    GRADIENT = 40,     /* luma: 128 +-40 of gradient, and at most +-(52 + 20 + 12) of the rest: 4..252 */
    BACKGROUND = 52,
    FOREGROUND = 20,
    GRAIN = 12,
    BAND = 32, /* rows of a patch */
};

typedef struct layer {
    nenc_tile tile;
    int vx, vy; /* sixteenths of a sample per picture */
} layer;

typedef struct pattern {
    nenc_source source;
    nenc_pattern asked;
    uint64_t scene; /* that the rest is of */
    uint64_t scene_seed;
    int has_scene;
    int across, down; /* ends of the gradient: luma moves by this much over the width and the height */
    layer background, foreground, chroma;
    int8_t *noise;
    uint8_t *ramp;        /* luma by column */
    uint8_t *chroma_ramp; /* U and V by column, interleaved */
    uint8_t *rough;       /* by patch of the present band */
} pattern;

static int scaled(double amount, int most) { return (int)(amount * most + 0.5); }

/* -1 or 1, 1 to `most` sixteenths of a sample, larger pictures faster. */
static int speed(const pattern *self, uint64_t bits, int most)
{
    const int sixteenths = 1 + (int)((bits >> 8) % (uint64_t)most);
    return (bits & 1 ? -1 : 1) * (int)((int64_t)sixteenths * self->asked.width / 1280 + 1);
}

static void fill_ramps(pattern *self, uint64_t seed)
{
    const uint32_t width = self->asked.width;
    self->across = (int)(nenc_mix(seed + 1) % (GRADIENT + 1)) - GRADIENT / 2;
    self->down = (int)(nenc_mix(seed + 2) % (GRADIENT + 1)) - GRADIENT / 2;
    const int u = (int)(nenc_mix(seed + 3) % 61) - 30, v = (int)(nenc_mix(seed + 4) % 61) - 30;
    for (uint32_t x = 0; x < width; x++) {
        const int across = (int)((int64_t)self->across * (2 * (int64_t)x - width) / width);
        self->ramp[x] = (uint8_t)(LUMA + across);
        const int tint = (int)((int64_t)(x % 2 ? v : u) * (2 * (int64_t)x - width) / width);
        self->chroma_ramp[x] = (uint8_t)(128 + tint);
    }
}

static void make_scene(pattern *self, uint64_t scene)
{
    const double complexity = self->asked.complexity;
    const uint64_t seed = nenc_mix(self->asked.seed ^ nenc_mix(scene));
    fill_ramps(self, seed);
    nenc_tile_fill(&self->background.tile, seed + 5, scaled(complexity, BACKGROUND), 2, 1);
    nenc_tile_fill(&self->foreground.tile, seed + 6, scaled(complexity, FOREGROUND), 4, 1);
    nenc_tile_fill(&self->chroma.tile, seed + 7, scaled(complexity, FOREGROUND), 4, 2);
    self->background.vx = speed(self, nenc_mix(seed + 8), 24);
    self->background.vy = speed(self, nenc_mix(seed + 9), 12);
    self->foreground.vx = speed(self, nenc_mix(seed + 10), 48);
    self->foreground.vy = speed(self, nenc_mix(seed + 11), 24);
    self->chroma.vx = self->background.vx;
    self->chroma.vy = self->background.vy;
    self->scene = scene;
    self->scene_seed = seed;
    self->has_scene = 1;
}

static void fill_noise(pattern *self)
{
    for (size_t i = 0; i < NOISE + self->asked.width; i++) {
        const uint64_t bits = nenc_mix(self->asked.seed ^ i << 20);
        /* The sum of two: a triangle, as sensors' noise is not flat. */
        self->noise[i] = (int8_t)(((int)(bits & 255) + (int)(bits >> 8 & 255) - 255) * GRAIN / 255);
    }
}

/* Which patches of a band are rough: more than proportionally many of a complex picture, because each costs as many bits as a
 * large calm part. */
static void fill_rough(pattern *self, uint32_t band)
{
    const double complexity = self->asked.complexity, share = complexity * complexity * complexity * sqrt(complexity);
    const uint64_t below = (uint64_t)(share * 0x1p32);
    for (uint32_t patch = 0; patch * NENC_PATCH < self->asked.width; patch++)
        self->rough[patch] = (nenc_mix(self->scene_seed ^ (uint64_t)band << 32 ^ patch) & 0xffffffff) < below;
}

static uint32_t shifted(int sixteenths, uint64_t number)
{
    return (uint32_t)(((int64_t)sixteenths * (int64_t)(number & 0xffffffff)) >> 4) & NENC_TILE_MASK;
}

static const int8_t *tile_row(const layer *of, uint64_t number, uint32_t y, uint32_t step)
{
    const uint32_t row = (y + shifted(of->vy, number) / step) & NENC_TILE_MASK;
    return of->tile.row[row] + (shifted(of->vx, number) & ~(step - 1));
}

static int render(nenc_source *source, uint64_t number, uint8_t *const plane[2], const int64_t stride[2])
{
    static const int8_t none[NENC_TILE];
    pattern *self = (pattern *)source;
    const uint64_t scene = self->asked.scene_frames ? number / self->asked.scene_frames : 0;
    if (!self->has_scene || scene != self->scene) make_scene(self, scene);
    const uint32_t width = self->asked.width, height = self->asked.height;
    for (uint32_t y = 0; y < height; y++) {
        if (y % BAND == 0) fill_rough(self, y / BAND);
        const int level = (int)((int64_t)self->down * (2 * (int64_t)y - height) / height);
        const int8_t *noise = self->noise + (nenc_mix(number << 20 ^ y) & (NOISE - 1));
        nenc_source_row(plane[0] + y * stride[0], width, self->ramp, level, tile_row(&self->background, number, y, 1),
                        tile_row(&self->foreground, number, y, 1), noise, self->rough);
    }
    /* Half as many samples of each component: the same motion is half as many rows, and as many interleaved columns. */
    memset(self->rough, 0, (width + NENC_PATCH - 1) / NENC_PATCH);
    for (uint32_t y = 0; y < height / 2; y++)
        nenc_source_row(plane[1] + y * stride[1], width, self->chroma_ramp, 0, tile_row(&self->chroma, number, y, 2), none, none,
                        self->rough);
    return NENC_OK;
}

static void close_pattern(nenc_source *source)
{
    pattern *self = (pattern *)source;
    nenc_free(self->noise);
    nenc_free(self->ramp);
    nenc_free(self->chroma_ramp);
    nenc_free(self->rough);
    nenc_free(self);
}

int nenc_source_pattern(const nenc_pattern *asked, nenc_source **source, char *text, size_t size)
{
    if (source) *source = NULL;
    if (!asked || !source) return nenc_source_wrong(text, size, NENC_EINVAL, "no pattern, or nowhere to put the source");
    if (asked->width < 16 || asked->width > 16384 || asked->width % 2 || asked->height < 16 || asked->height > 16384 ||
        asked->height % 2)
        return nenc_source_wrong(text, size, NENC_EINVAL, "a pattern of %ux%u: both are even, 16 to 16384", asked->width,
                                 asked->height);
    if (!(asked->complexity >= 0.0 && asked->complexity <= 1.0))
        return nenc_source_wrong(text, size, NENC_EINVAL, "complexity %g: it is 0 to 1", asked->complexity);
    pattern *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_source_wrong(text, size, NENC_ENOMEM, "out of memory");
    self->source = (nenc_source){.width = asked->width, .height = asked->height, .render = render, .close = close_pattern};
    self->asked = *asked;
    self->noise = nenc_alloc(NOISE + asked->width);
    self->ramp = nenc_alloc(asked->width);
    self->chroma_ramp = nenc_alloc(asked->width);
    self->rough = nenc_alloc((asked->width + NENC_PATCH - 1) / NENC_PATCH);
    if (!self->noise || !self->ramp || !self->chroma_ramp || !self->rough) {
        close_pattern(&self->source);
        return nenc_source_wrong(text, size, NENC_ENOMEM, "out of memory");
    }
    fill_noise(self);
    *source = &self->source;
    return NENC_OK;
}
