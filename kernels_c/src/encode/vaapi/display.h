/* display.h - a connection to a VA-API driver: a GPU's through its render node, or a driver that needs no device. */
#ifndef NENC_ENCODE_VAAPI_DISPLAY_H
#define NENC_ENCODE_VAAPI_DISPLAY_H

#include "encode/backend.h"

#include <va/va.h>

typedef struct nenc_display {
    VADisplay va; /* NULL: there is none */
    int fd;       /* of the render node, -1 */
    void *drm;    /* libva-drm, kept while the display is */
    char place[96];
    char message[160]; /* libva's last complaint */
} nenc_display;

/* A display by its name: /dev/dri/renderD128, or driver:NAME. */
int nenc_display_open(nenc_display *display, const char *device, nenc_failure *failure);

/* Also of one that is not open. */
void nenc_display_close(nenc_display *display);

/* NENC_OK, or the failure "call: NAME (0xNN)", with libva's own words behind it. */
int nenc_va_check(nenc_display *display, const char *call, VAStatus status, nenc_failure *failure);

#endif
