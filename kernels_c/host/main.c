/* main.c - nenc_controller_host: runs a user's controller in a process of its own, so that its crash does not end the lab.
 *
 * It is started by the lab only: nenc_controller_host SOCKET PAGE PARENT LIBRARY. It answers one request after another until
 * the socket closes, and does not outlive the lab.
 */
#include "clock.h"
#include "host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

pid_t host_pid;

static const host_interface *const interfaces[] = {[NENC_HOST_V1] = &host_v1, [NENC_HOST_ORIGIN] = &host_origin};

static void load(nenc_host_page *page, const char *path)
{
    const uint32_t wanted = page->abi;
    page->abi = NENC_HOST_NONE;
    host_enter(page, NENC_HOST_LOADING, page->now_ns);
    if (wanted != NENC_HOST_V1) host_clock_start(page->now_ns); /* constructors run now, and must not see two different clocks */
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    host_back();
    if (!library) snprintf(page->text, sizeof page->text, "%s", dlerror());
    for (uint32_t abi = NENC_HOST_V1; library && abi <= NENC_HOST_ORIGIN && page->abi == NENC_HOST_NONE; abi++)
        if ((wanted == NENC_HOST_NONE || wanted == abi) && interfaces[abi]->find(library, page)) page->abi = abi;
    if (page->abi == NENC_HOST_V1 && wanted != NENC_HOST_V1) page->seen_clock = !host_clock_stop();
}

static void record(nenc_host_page *page)
{
    for (uint32_t i = 0; i < page->sample_count; i++) interfaces[page->abi]->record(page, &page->sample[i]);
    page->sample_count = 0;
}

static void serve(nenc_host_page *page, const char *path)
{
    switch ((nenc_host_request)page->request) {
    case NENC_HOST_LOAD: load(page, path); break;
    case NENC_HOST_CREATE: interfaces[page->abi]->create(page); break;
    case NENC_HOST_RECORD: record(page); break;
    case NENC_HOST_STEP:
        record(page);
        interfaces[page->abi]->step(page);
        break;
    case NENC_HOST_DESTROY: interfaces[page->abi]->destroy(page); break;
    }
}

/* A timer of the user's code may interrupt either call, and does not concern the lab. */
static bool receive(int turn, char *byte)
{
    ssize_t count;
    while ((count = read(turn, byte, 1)) < 0 && errno == EINTR) {
    }
    return count == 1;
}

static bool answer(int turn, const char *byte)
{
    ssize_t count;
    while ((count = write(turn, byte, 1)) < 0 && errno == EINTR) {
    }
    return count == 1;
}

int main(int argc, char **argv)
{
    if (argc != 5) return fprintf(stderr, "nenc_controller_host is started by nenc-lab, not by hand\n"), 2;
    const int turn = atoi(argv[1]), memory = atoi(argv[2]);
    host_pid = getpid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != atoi(argv[3])) return 3; /* the lab ended before prctl took effect */
    dup2(STDERR_FILENO, STDOUT_FILENO); /* output of the user's code goes to stderr, not to the lab's stdout ... */
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* ... and is unbuffered, so that it is complete after a crash */
    nenc_host_page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (page == MAP_FAILED) return 3;
    close(memory);
    fcntl(turn, F_SETFD, FD_CLOEXEC); /* processes that the user's code starts must not keep the socket open */

    char byte = 0;
    if (!answer(turn, &byte)) return 3; /* tells the lab that the host is ready */
    while (receive(turn, &byte)) {
        serve(page, argv[4]);
        if (!answer(turn, &byte)) _exit(NENC_HOST_CUT_OFF);
        page->call = NENC_HOST_OUTSIDE;
    }
    _exit(0); /* exit() would run the exit handlers of the user's code */
}
