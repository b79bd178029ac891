/* pid_avx2.c - the PID's four quotients in one division, its fused steps in one instruction each. Same bits as pid.c. */
#include "x86/pid.h"

#include <immintrin.h>

static inline double fused(double a, double b, double c)
{
    return _mm_cvtsd_f64(_mm_fmadd_sd(_mm_set_sd(a), _mm_set_sd(b), _mm_set_sd(c)));
}

double nenc_pid_step_avx2(nenc_pid *pid, const nenc_config *config, double dead_s, double dt_s)
{
    const double since_s = pid->since_s;
    /* error, slope, the filter's share, the tick's share of the dead time; those that do not count may be 0 / 0 */
    const __m256d quotients =
        _mm256_div_pd(_mm256_setr_pd(pid->set_point_s - pid->queue_s, pid->queue_s - pid->measured, since_s, dt_s),
                      _mm256_setr_pd(dead_s, since_s, since_s + config->derivative_ns * 1e-9, dead_s));
    const __m128d first = _mm256_castpd256_pd128(quotients), second = _mm256_extractf128_pd(quotients, 1);
    if (pid->fresh) {
        if (pid->primed && since_s > 0.0) {
            const double slope = _mm_cvtsd_f64(_mm_unpackhi_pd(first, first));
            pid->slope = fused(slope - pid->slope, _mm_cvtsd_f64(second), pid->slope);
        }
        pid->error = _mm_cvtsd_f64(first);
        pid->measured = pid->queue_s;
        pid->primed = 1;
        pid->fresh = 0;
    }
    pid->p = config->kp * pid->error;
    pid->i = fused(config->ki * pid->error, _mm_cvtsd_f64(_mm_unpackhi_pd(second, second)), pid->i);
    pid->d = -config->kd * pid->slope;
    return pid->anchor_bps * (1.0 + pid->p + pid->i + pid->d);
}
