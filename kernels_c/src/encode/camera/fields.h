/* fields.h - what the library itself needs of the table of fields and of the configuration. */
#ifndef NENC_ENCODE_CAMERA_FIELDS_H
#define NENC_ENCODE_CAMERA_FIELDS_H

#include "nenc/camera.h"

/* NULL when there is none of that name. */
const nenc_camera_field *nenc_camera_field_find(const char *name);

/* The model's part of a configuration, the fields that all kinds share included. */
nenc_model_config nenc_camera_model_config(const nenc_camera_config *config);

#endif
