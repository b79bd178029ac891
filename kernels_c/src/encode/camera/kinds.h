/* kinds.h - finds a kind of camera by its name. */
#ifndef NENC_ENCODE_CAMERA_KINDS_H
#define NENC_ENCODE_CAMERA_KINDS_H

#include "encode/camera/backend.h"

typedef struct nenc_camera_entry {
    const char *name; /* static; NULL: there is no such kind */
    const nenc_camera_backend *backend;
    uint32_t group; /* nenc_camera_group */
} nenc_camera_entry;

nenc_camera_entry nenc_camera_find(const char *name);

/* All names, "model, null, x264 ...", into text. */
void nenc_camera_list(char *text, size_t size);

#endif
