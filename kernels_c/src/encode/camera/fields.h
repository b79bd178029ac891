/* fields.h - finds an entry of the table of fields. */
#ifndef NENC_ENCODE_CAMERA_FIELDS_H
#define NENC_ENCODE_CAMERA_FIELDS_H

#include "nenc/camera.h"

/* NULL when there is none of that name. */
const nenc_camera_field *nenc_camera_field_find(const char *name);

#endif
