/* video.h - what the stub's frames are made of: H.264 by libx264, or the null encoder's format. */
#ifndef NENC_NVENC_STUB_VIDEO_H
#define NENC_NVENC_STUB_VIDEO_H

#include <stddef.h>
#include <stdint.h>

typedef struct video video;

typedef struct video_rate {
    uint32_t bitrate, vbv; /* bit/s, bits */
    uint32_t fps_num, fps_den;
    uint32_t qp_min, qp_max;
} video_rate;

video *video_open(uint32_t width, uint32_t height, const video_rate *rate, int real);
void video_rate_set(video *self, const video_rate *rate);

/* The NV12 picture's frame, valid until the next call; 0: it failed. */
size_t video_encode(video *self, const uint8_t *nv12, size_t pitch, int key, const uint8_t **data, int *is_key, int *qp);
void video_close(video *self);

/* 1: built with libx264. */
int video_real(void);

#endif
