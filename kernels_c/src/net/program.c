/* program.c - the times at which a link's rate changes, or at which it may deliver. */
#include "net/program.h"

#include "nenc/nenc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int legal(const int64_t *t_ns, const double *rate_bps, size_t count, int64_t period_ns)
{
    if (!t_ns || !count || period_ns < 0) return 0;
    for (size_t i = 0; i < count; i++) {
        const int ordered = !i || (rate_bps ? t_ns[i] > t_ns[i - 1] : t_ns[i] >= t_ns[i - 1]);
        if (!ordered || t_ns[i] < 0) return 0;
        if (rate_bps && !(rate_bps[i] >= 0.0 && isfinite(rate_bps[i]))) return 0;
    }
    return period_ns == 0 || t_ns[count - 1] - t_ns[0] <= period_ns;
}

int nenc_program_begin(nenc_program *program, const int64_t *t_ns, const double *rate_bps, size_t count, int64_t period_ns)
{
    if (!legal(t_ns, rate_bps, count, period_ns)) return NENC_EINVAL;
    nenc_program made = {.t_ns = malloc(count * sizeof *made.t_ns), .count = count, .period_ns = period_ns};
    if (rate_bps) made.rate_bps = malloc(count * sizeof *made.rate_bps);
    if (!made.t_ns || (rate_bps && !made.rate_bps)) {
        nenc_program_end(&made);
        return NENC_ENOMEM;
    }
    memcpy(made.t_ns, t_ns, count * sizeof *made.t_ns);
    if (rate_bps) memcpy(made.rate_bps, rate_bps, count * sizeof *made.rate_bps);
    nenc_program_end(program);
    *program = made;
    return NENC_OK;
}

void nenc_program_step(nenc_program *program)
{
    if (++program->next < program->count) return;
    if (program->period_ns > 0) {
        program->next = 0;
        program->shift_ns += program->period_ns;
    } else {
        nenc_program_end(program); /* the last rate stays; opportunities end, and the rate is 0 from then on */
    }
}

void nenc_program_end(nenc_program *program)
{
    free(program->t_ns);
    free(program->rate_bps);
    *program = (nenc_program){0};
}
