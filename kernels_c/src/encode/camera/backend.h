/* backend.h - what one kind of camera implements. */
#ifndef NENC_ENCODE_CAMERA_BACKEND_H
#define NENC_ENCODE_CAMERA_BACKEND_H

#include "encode/backend.h"
#include "nenc/camera.h"

/* Arguments have been checked already. Functions that can fail return 0, or a status with the failure's text filled in. */
typedef struct nenc_camera_backend {
    int (*open)(const nenc_camera_config *config, void **state, nenc_failure *failure);
    int (*shoot)(void *state, int64_t now_ns, double encode_bps, double fps, uint32_t rung, double qp, nenc_shot *shot,
                 nenc_failure *failure);
    void (*request_key)(void *state);
    void (*set_resolution)(void *state, uint32_t lines);
    int (*set_fault)(void *state, uint32_t fault, int on, nenc_failure *failure);
    int (*event_take)(void *state, nenc_camera_event *event); /* NULL: there are none */
    const char *(*using)(const void *state);                  /* the kind that `auto` became; NULL: its own name */
    const char *(*describe)(const void *state);               /* NULL: its name says it all */
    void (*close)(void *state);
} nenc_camera_backend;

extern const nenc_camera_backend nenc_camera_model, nenc_camera_null, nenc_camera_video;

#endif
