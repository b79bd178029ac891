/* video.h - a real encoder as a camera: what opening it and shooting with it share. */
#ifndef NENC_ENCODE_CAMERA_VIDEO_H
#define NENC_ENCODE_CAMERA_VIDEO_H

#include "encode/camera/backend.h"
#include "encode/camera/film.h"
#include "encode/limits.h"

enum { NENC_VIDEO_EVENTS = 64, NENC_VIDEO_BPS_MAX = 1000000000 /* of nenc_rate */ };

typedef struct nenc_video {
    const char *name; /* of the encoder */
    nenc_failover *failover;
    nenc_film film;
    nenc_limits limits;
    nenc_rate rate;
    int follow_rung;
    int virtual_time;
    int measured; /* virtual time: frames take as long as they really did */
    int64_t encode_ns;
    int64_t software_ns;
    int64_t watchdog_ns;
    double fps_max; /* of the source */
    double fps;     /* of the encoder, now */
    uint32_t lines; /* of the source, now */
    int64_t key_interval_ns;
    int64_t key_ns;
    uint32_t gone; /* the nenc_fault that takes the hardware away, the last one to begin; 0: none does */
    int ignores_rate;
    int measures;
    int lost; /* hardware that did not open */
    nenc_camera_event events[NENC_VIDEO_EVENTS];
    uint32_t first_event;
    uint32_t event_count;
    char about[NENC_FAILURE_TEXT + 64];
} nenc_video;

/* Opens the encoder config->kind of encode.h's table; `auto`: whatever hardware opens, else software. */
int nenc_video_open(const nenc_camera_config *config, nenc_video **video, nenc_failure *failure);
void nenc_video_close(nenc_video *video);

/* How long a frame may take by the wall clock before its encoder has failed. */
int64_t nenc_video_patience(const nenc_video *video);

/* Appends an event; frame -1: it concerns no single frame. The oldest is dropped when nobody takes them. */
void nenc_video_tell(nenc_video *video, int64_t now_ns, int64_t frame, const char *kind, const char *text);
/* Appends what happened in the fail-over. True: the hardware was lost. */
int nenc_video_pass_on(nenc_video *video, int64_t now_ns);

/* Rounded, and within these two. */
uint32_t nenc_video_whole(double value, double least, double most);
/* Frames per second in thousandths. */
uint32_t nenc_video_thousandths(double fps);

#endif
