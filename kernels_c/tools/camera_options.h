/* camera_options.h - options of `nenc send` from the camera's table of fields. */
#ifndef NENC_TOOLS_CAMERA_OPTIONS_H
#define NENC_TOOLS_CAMERA_OPTIONS_H

#include "options.h"

#include "nenc/camera.h"

/* Writes one option into `into` for every field that has one, then the closing entry. Returns how many there are, at most
 * `room` - 1. `at` is the offset of the nenc_camera_config in the struct that options are read into; `initial` supplies the
 * defaults that the usage shows. Valid until the next call. */
size_t nenc_camera_options(nenc_option *into, size_t room, size_t at, const nenc_camera_config *initial);

/* Sets the field that belongs to such an option; a callback for nenc_command. */
int nenc_camera_option_take(void *into, const nenc_option *option, const char *text, double number, char *why, size_t size);

/* A paragraph of the usage: the fields that have no option of their own and are set with --model. */
const char *nenc_camera_model_help(void);

/* Sets such a field; a callback for nenc_pairs_read. */
int nenc_camera_model_set(void *config, const char *name, double value);

#endif
