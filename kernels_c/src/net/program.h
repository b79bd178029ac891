/* program.h - when a link's rate changes, or when it may deliver: a sorted list of times that may repeat. */
#ifndef NENC_NET_PROGRAM_H
#define NENC_NET_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

typedef struct nenc_program {
    int64_t *t_ns;
    double *rate_bps; /* NULL: t_ns are delivery opportunities */
    size_t count;     /* 0: there is no program */
    size_t next;
    int64_t period_ns; /* 0: it does not repeat */
    int64_t shift_ns;  /* added to t_ns in the present repetition */
} nenc_program;

/* Copies the lists in place of the present program. A failure (NENC_EINVAL, NENC_ENOMEM) leaves that as it is. */
int nenc_program_begin(nenc_program *program, const int64_t *t_ns, const double *rate_bps, size_t count, int64_t period_ns);
/* Time of the next entry; INT64_MAX without one. */
static inline int64_t nenc_program_next_ns(const nenc_program *program)
{
    return program->count ? program->t_ns[program->next] + program->shift_ns : INT64_MAX;
}
/* On to the next entry. A program that does not repeat ends behind its last one. */
void nenc_program_step(nenc_program *program);
void nenc_program_end(nenc_program *program);

#endif
