/* module.h - encoders in shared objects of their own. */
#ifndef NENC_ENCODE_MODULE_H
#define NENC_ENCODE_MODULE_H

#include "encode/table.h"

/* The kind's backend, loaded if need be; NULL, and why in failure. */
const nenc_backend *nenc_module_load(const nenc_encoder_kind *kind, nenc_failure *failure);

#endif
