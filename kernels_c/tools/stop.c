/* stop.c - signals that end the program are blocked except while it waits, so that none is missed between a check and a
 * wait. */
#include "stop.h"

#include "core/clock.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t asked;
static sigset_t open_mask; /* the signal mask while waiting */

static void ask(int number) { asked = number; }

void nenc_stop_prepare(bool die_with_parent)
{
    const struct sigaction act = {.sa_handler = ask};
    sigset_t ours;
    if (die_with_parent) {
        const pid_t parent = getppid();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) raise(SIGKILL); /* the parent has ended before prctl took effect */
    }
    prctl(PR_SET_TIMERSLACK, 1);
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigprocmask(SIG_BLOCK, &ours, &open_mask);
    sigdelset(&open_mask, SIGINT);
    sigdelset(&open_mask, SIGTERM);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool nenc_stop_asked(void) { return asked != 0; }

int nenc_stop_poll(struct pollfd *files, unsigned count, int64_t until_ns)
{
    while (!asked) {
        const int64_t left_ns = until_ns - nenc_now_ns();
        const struct timespec left = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
        const int ready = ppoll(files, count, left_ns > 0 ? &left : &(struct timespec){.tv_sec = 0}, &open_mask);
        if (ready >= 0) return ready;
        for (unsigned i = 0; i < count; i++) files[i].revents = 0;
        if (errno != EINTR) break;
    }
    return 0;
}

bool nenc_stop_sleep(int64_t until_ns)
{
    nenc_stop_poll(NULL, 0, until_ns);
    return !asked;
}
