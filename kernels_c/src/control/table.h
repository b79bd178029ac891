/* table.h - every controller of the library. */
#ifndef NENC_CONTROL_TABLE_H
#define NENC_CONTROL_TABLE_H

#include "core/law.h"

/* The law of a number (nenc_config.law), NULL behind the last one. */
const nenc_law_ops *nenc_law_at(uint32_t law);

#endif
