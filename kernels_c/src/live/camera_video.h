/* camera_video.h - a real encoder as a camera: what opening it and shooting with it share. */
#ifndef NENC_LIVE_CAMERA_VIDEO_H
#define NENC_LIVE_CAMERA_VIDEO_H

#include "encode/limits.h"
#include "live/camera_backend.h"
#include "live/film.h"

enum { NENC_VIDEO_EVENTS = 64, NENC_VIDEO_BPS_MAX = 1000000000 /* of nenc_rate */ };

typedef struct nenc_video {
    const char *name; /* of the encoder */
    nenc_failover *failover;
    nenc_film film;
    nenc_limits limits;
    nenc_rate rate;
    int follow_rung;
    double fps_max; /* of the source */
    double fps;     /* of the encoder, now */
    uint32_t lines; /* of the source, now */
    int64_t key_interval_ns;
    int64_t key_ns;
    uint64_t count;
    uint32_t gone; /* the nenc_fault that takes the hardware away, the last one to begin; 0: none does */
    int ignores_rate;
    int measures;
    int lost; /* hardware that did not open */
    nenc_camera_event events[NENC_VIDEO_EVENTS];
    uint32_t first_event;
    uint32_t event_count;
    char about[NENC_FAILURE_TEXT + 64];
} nenc_video;

/* The encoder `name` of encode.h's table; `auto`: whatever hardware opens, else software. */
int nenc_video_open(const char *name, const nenc_camera_config *config, nenc_video **video, nenc_failure *failure);
void nenc_video_close(nenc_video *video);

/* An event more; the oldest goes when nobody takes them. */
void nenc_video_tell(nenc_video *video, int64_t now_ns, const char *kind, const char *text);
/* What the fail-over went through. True: the hardware was lost. */
int nenc_video_pass_on(nenc_video *video, int64_t now_ns);

/* Rounded, and within these two. */
uint32_t nenc_video_whole(double value, double least, double most);
/* Frames per second in thousandths. */
uint32_t nenc_video_thousandths(double fps);

#endif
