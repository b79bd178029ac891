/* table.c - the kinds of cross traffic. A new one is a file and a line in each of these two lists, at the end. */
#include "net/source/source.h"

extern const nenc_source_ops nenc_source_cbr;
extern const nenc_source_ops nenc_source_onoff, nenc_source_onoff_exponential;

static const nenc_source_ops *const table[] = {
    &nenc_source_cbr,
    &nenc_source_onoff,
    &nenc_source_onoff_exponential,
};

const nenc_source_ops *nenc_source_ops_at(uint32_t kind) { return kind < sizeof table / sizeof *table ? table[kind] : NULL; }

const nenc_cross_kind *nenc_cross_kind_at(uint32_t kind)
{
    const nenc_source_ops *ops = nenc_source_ops_at(kind);
    return ops ? &ops->kind : NULL;
}
