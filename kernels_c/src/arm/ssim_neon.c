/* ssim_neon.c - a row of SSIM windows, four at a time. Same operations as ssim_row.c. */
#include "arm/ssim.h"

#include <arm_neon.h>
#include <string.h>

enum {
    BYTES = 16, /* of a register: four blocks */
    LANES = 4,
};

/* The sums of four blocks; as in nenc_ssim_sums. */
typedef struct four {
    uint32x4_t values;
    uint32x4_t apart;
    uint32x4_t products;
} four;

/* Four blocks as they are being added up: two lanes of each sum are a block. */
typedef struct adding {
    uint16x8_t a;
    uint16x8_t b;
    uint32x4_t apart[2]; /* of the first two blocks, of the other two */
    uint32x4_t products[2];
} adding;

static inline void add_row(adding *s, uint8x16_t a, uint8x16_t b)
{
    const uint8x16_t apart = vabdq_u8(a, b);
    s->a = vpadalq_u8(s->a, a);
    s->b = vpadalq_u8(s->b, b);
    s->apart[0] = vpadalq_u16(s->apart[0], vmull_u8(vget_low_u8(apart), vget_low_u8(apart)));
    s->apart[1] = vpadalq_u16(s->apart[1], vmull_high_u8(apart, apart));
    s->products[0] = vpadalq_u16(s->products[0], vmull_u8(vget_low_u8(a), vget_low_u8(b)));
    s->products[1] = vpadalq_u16(s->products[1], vmull_high_u8(a, b));
}

/* Four blocks of component c of `components`. */
static inline four blocks_at(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, int components, int c)
{
    adding s = {vdupq_n_u16(0), vdupq_n_u16(0), {vdupq_n_u32(0), vdupq_n_u32(0)}, {vdupq_n_u32(0), vdupq_n_u32(0)}};
    for (int y = 0; y < 4; y++, a += a_stride, b += b_stride) {
        if (components == 1) add_row(&s, vld1q_u8(a), vld1q_u8(b));
        else add_row(&s, vld2q_u8(a).val[c], vld2q_u8(b).val[c]);
    }
    return (four){
        vorrq_u32(vpaddlq_u16(s.a), vshlq_n_u32(vpaddlq_u16(s.b), 16)),
        vpaddq_u32(s.apart[0], s.apart[1]),
        vpaddq_u32(s.products[0], s.products[1]),
    };
}

/* Puts this row's sums in the place of those above; returns both added. */
static inline four exchange(nenc_ssim_sums *above, uint32_t i, four now)
{
    const four both = {
        vaddq_u32(vld1q_u32(above->values + i), now.values),
        vaddq_u32(vld1q_u32(above->apart + i), now.apart),
        vaddq_u32(vld1q_u32(above->products + i), now.products),
    };
    vst1q_u32(above->values + i, now.values);
    vst1q_u32(above->apart + i, now.apart);
    vst1q_u32(above->products + i, now.products);
    return both;
}

static inline int32x4_t with_next(uint32x4_t left, uint32x4_t right)
{
    return vreinterpretq_s32_u32(vaddq_u32(left, vextq_u32(left, right, 1)));
}

/* Windows of four upright pairs of blocks and their right neighbours, in units of 1 / NENC_SSIM_ONE. */
static inline int32x4_t windows(four left, four right)
{
    const uint32x4_t values = vreinterpretq_u32_s32(with_next(left.values, right.values));
    const int32x4_t apart = with_next(left.apart, right.apart), products = with_next(left.products, right.products);
    const int32x4_t s1 = vreinterpretq_s32_u32(vandq_u32(values, vdupq_n_u32(0xffff)));
    const int32x4_t s2 = vreinterpretq_s32_u32(vshrq_n_u32(values, 16));
    const int32x4_t c1 = vdupq_n_s32(NENC_SSIM_C1), c2 = vdupq_n_s32(NENC_SSIM_C2);
    const int32x4_t squares = vmlaq_s32(vmulq_s32(s1, s1), s2, s2), twice = vshlq_n_s32(vmulq_s32(s1, s2), 1);
    const int32x4_t shared = vshlq_n_s32(products, 7);
    const int32x4_t rest = vaddq_s32(vsubq_s32(shared, squares), c2);
    const float32x4_t above =
        vmulq_f32(vcvtq_f32_s32(vaddq_s32(twice, c1)), vcvtq_f32_s32(vaddq_s32(vsubq_s32(shared, twice), c2)));
    const float32x4_t below =
        vmulq_f32(vcvtq_f32_s32(vaddq_s32(squares, c1)), vcvtq_f32_s32(vaddq_s32(vshlq_n_s32(apart, 6), rest)));
    return vcvtnq_s32_f32(vmulq_n_f32(vdivq_f32(above, below), NENC_SSIM_ONE));
}

static inline void row(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                       int components, nenc_ssim_sums *above, int64_t *ssim)
{
    static const int32_t first_lanes[2 * LANES] = {-1, -1, -1, -1};
    const size_t step = BYTES * (size_t)components;
    const four none = {vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0)};
    four left[2] = {none, none};
    int64_t sum[2] = {0};
    uint8_t rest[2][4][2 * BYTES] = {0};
    for (uint32_t i = 0; i < blocks; i += LANES, a += step, b += step) {
        if (blocks - i < LANES) { /* the last ones, with zeros behind them */
            for (int y = 0; y < 4; y++) {
                memcpy(rest[0][y], a + y * a_stride, (blocks - i) * 4 * (size_t)components);
                memcpy(rest[1][y], b + y * b_stride, (blocks - i) * 4 * (size_t)components);
            }
            a = rest[0][0];
            b = rest[1][0];
            a_stride = b_stride = 2 * BYTES;
        }
        for (int c = 0; c < components; c++) {
            const four both = exchange(above + c, i, blocks_at(a, a_stride, b, b_stride, components, c));
            if (i > 0) sum[c] += vaddlvq_s32(windows(left[c], both));
            left[c] = both;
        }
    }
    /* The last block has no right neighbour. */
    const uint32_t last = (blocks - 1) % LANES;
    const int32x4_t there = vld1q_s32(first_lanes + LANES - last);
    for (int c = 0; c < components; c++) ssim[c] += sum[c] + vaddlvq_s32(vandq_s32(there, windows(left[c], left[c])));
}

void nenc_ssim_row_neon(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                        nenc_ssim_sums *above, int64_t *ssim)
{
    row(a, a_stride, b, b_stride, blocks, 1, above, ssim);
}

void nenc_ssim_row_pairs_neon(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, uint32_t blocks,
                              nenc_ssim_sums *above, int64_t *ssim)
{
    row(a, a_stride, b, b_stride, blocks, 2, above, ssim);
}
