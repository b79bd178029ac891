/* netns.h - enters a network namespace that already exists. */
#ifndef NENC_LIVE_NETNS_H
#define NENC_LIVE_NETNS_H

/* Moves the calling thread, and threads it starts later, into the namespace of `fd`; existing sockets stay in theirs. Returns
 * 0, or -1 with errno (EPERM: this needs CAP_SYS_ADMIN over the namespace). `fd` stays open. */
int nenc_netns_enter(int fd);

#endif
