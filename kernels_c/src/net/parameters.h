/* parameters.h - checks the numbers by which a queue or a source is set against its table. */
#ifndef NENC_NET_PARAMETERS_H
#define NENC_NET_PARAMETERS_H

#include <string.h>

#include "nenc/vnet.h"

/* NENC_EINVAL when a value is NaN or out of its range; a "bool" is 0 or 1. */
static inline int nenc_parameters_check(const nenc_parameter *parameters, uint32_t count, const double *values)
{
    for (uint32_t i = 0; i < count; i++) {
        const nenc_parameter *each = &parameters[i];
        if (!(values[i] >= each->low && values[i] <= each->high)) return NENC_EINVAL;
        if (strcmp(each->unit, "bool") == 0 && values[i] != 0.0 && values[i] != 1.0) return NENC_EINVAL;
    }
    return NENC_OK;
}

#endif
