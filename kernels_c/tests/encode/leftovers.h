/* leftovers.h - what a test must not leave behind: descriptors, child processes. */
#ifndef NENC_TESTS_ENCODE_LEFTOVERS_H
#define NENC_TESTS_ENCODE_LEFTOVERS_H

#include <dirent.h>
#include <sys/wait.h>

/* -1: none can be opened to count them. */
static inline int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return -1;
    int count = 0;
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

/* True with a child that runs, or that nobody waited for. */
static inline int has_children(void) { return waitpid(-1, NULL, WNOHANG | __WALL) >= 0; }

#endif
