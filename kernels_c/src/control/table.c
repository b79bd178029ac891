/* table.c - the controllers: those of production and the field's. A new one is a file and a line in each of these two lists,
 * at the end. */
#include "control/table.h"

#include <math.h>
#include <string.h>

extern const nenc_law_ops nenc_law_production;
extern const nenc_law_ops nenc_law_classic;

static const nenc_law_ops *const table[] = {
    [NENC_LAW_NENC] = &nenc_law_production,
    [NENC_LAW_CLASSIC] = &nenc_law_classic,
};

const nenc_law_ops *nenc_law_at(uint32_t law) { return law < sizeof table / sizeof *table ? table[law] : NULL; }

const nenc_controller_kind *nenc_controller_kind_at(uint32_t law)
{
    const nenc_law_ops *ops = nenc_law_at(law);
    return ops ? &ops->kind : NULL;
}

int nenc_config_choose(nenc_config *config, const char *name)
{
    const nenc_controller_kind *kind;
    if (!config || !name) return NENC_EINVAL;
    for (uint32_t law = 0; (kind = nenc_controller_kind_at(law)); law++) {
        if (strcmp(kind->name, name) != 0) continue;
        config->law = law;
        if (!isnan(kind->kp)) config->kp = kind->kp;
        if (!isnan(kind->ki)) config->ki = kind->ki;
        if (!isnan(kind->kd)) config->kd = kind->kd;
        return NENC_OK;
    }
    return NENC_EINVAL;
}
