/* netns.c - setns(2). */
#include "live/netns.h"

#include <sched.h>

int nenc_netns_enter(int fd) { return setns(fd, CLONE_NEWNET); }
