/* module.h - encoders in shared objects of their own. */
#ifndef NENC_ENCODE_MODULE_H
#define NENC_ENCODE_MODULE_H

#include "encode/table.h"

#include <limits.h>

/* The kind's backend, loaded if need be; NULL, and why in failure. */
const nenc_backend *nenc_module_load(const nenc_encoder_kind *kind, nenc_failure *failure);

/* Looks for a file where modules are; false when it is in none of these places. */
int nenc_module_find(char path[PATH_MAX], const char *file);

/* The folder given to nenc_encoder_modules, NULL: none. */
const char *nenc_module_folder(void);

#endif
