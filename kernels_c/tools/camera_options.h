/* camera_options.h - options of `nenc send` from the camera's table of fields. */
#ifndef NENC_TOOLS_CAMERA_OPTIONS_H
#define NENC_TOOLS_CAMERA_OPTIONS_H

#include "options.h"

#include "nenc/camera.h"

/* Writes an option for every field that has one to `into`, then the closing entry; returns how many there are, at most `room`
 * less one. `at` is where the nenc_camera_config is in the struct that options are read into; `initial` is what the usage shows
 * as defaults. Valid until the next call. */
size_t nenc_camera_options(nenc_option *into, size_t room, size_t at, const nenc_camera_config *initial);

/* Sets the field of such an option; for nenc_command. */
int nenc_camera_option_take(void *into, const nenc_option *option, const char *text, double number, char *why, size_t size);

/* A line for the usage that lists the fields without an option of their own, which --model sets. */
const char *nenc_camera_model_help(void);

/* Sets such a field; for nenc_pairs_read. */
int nenc_camera_model_set(void *config, const char *name, double value);

#endif
