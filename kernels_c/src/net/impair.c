/* impair.c - the loss and jitter models. */
#include "net/impair.h"

#include <math.h>

int nenc_loss_draw(nenc_loss_stage *stage)
{
    const nenc_loss *model = &stage->model;
    if (model->kind == NENC_LOSS_NONE) {
        stage->rng.drawn += 2;
        return 0;
    }
    const double fate = nenc_rng_uniform(&stage->rng), step = nenc_rng_uniform(&stage->rng);
    if (model->kind == NENC_LOSS_BERNOULLI) return fate < model->p;
    /* Hasslinger, Hohlfeld: "The Gilbert-Elliott model for packet loss in real time services on the Internet", 2008:
     * the packet meets the present state, then the state moves on. */
    const int lost = fate < (stage->bad ? model->loss_bad : model->loss_good);
    stage->bad = stage->bad ? step >= model->r : step < model->p;
    return lost;
}

int64_t nenc_jitter_draw(nenc_jitter_stage *stage)
{
    if (stage->kind == NENC_JITTER_NONE) {
        stage->rng.drawn++;
        return 0;
    }
    const double z = fabs(nenc_rng_normal(&stage->rng)) * (double)stage->std_ns;
    return z < (double)stage->max_ns ? (int64_t)z : stage->max_ns;
}

static int is_probability(double p) { return p >= 0.0 && p <= 1.0; }

int nenc_loss_check(const nenc_loss *loss)
{
    if (!loss || loss->kind > NENC_LOSS_GILBERT_ELLIOTT || loss->at_entry > 1) return NENC_EINVAL;
    const int good =
        is_probability(loss->p) && is_probability(loss->r) && is_probability(loss->loss_bad) && is_probability(loss->loss_good);
    return good ? NENC_OK : NENC_EINVAL;
}

int nenc_jitter_check(uint32_t kind, int64_t std_ns, int64_t max_ns)
{
    return kind <= NENC_JITTER_REORDER && std_ns >= 0 && max_ns >= 0 ? NENC_OK : NENC_EINVAL;
}
