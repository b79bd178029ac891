/* child.c - starts a process, and tells how it ended. */
#include "encode/failover/child.h"
#include "core/clock.h"
#include "encode/failover/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { LAST_WORDS = 160 };

static const int64_t step_ns = 500000, dying_ns = 20000000, stuck_ns = 10000000000;

static int spawn(nenc_child *child, const char *program, const char *argument, int theirs)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        /* Ours may be blocked or ignored, and Ctrl-C is the lab's alone: it ends the process when it has finished. */
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)argument, NULL};
        if ((error = posix_spawnattr_setsigmask(&attributes, &none)) == 0 &&
            (error = posix_spawnattr_setsigdefault(&attributes, &all)) == 0 &&
            (error = posix_spawnattr_setpgroup(&attributes, 0)) == 0 &&
            (error = posix_spawnattr_setflags(&attributes,
                                              POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)) == 0 &&
            (error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)) == 0 &&
            (error = posix_spawn_file_actions_adddup2(&actions, 0, 1)) == 0 &&
            (error = posix_spawn_file_actions_adddup2(&actions, child->words, 2)) == 0 &&
            (error = posix_spawn_file_actions_adddup2(&actions, theirs, NENC_REMOTE_SOCKET)) == 0 &&
            (error = posix_spawn_file_actions_addclosefrom_np(&actions, NENC_REMOTE_SOCKET + 1)) == 0)
            error = posix_spawn(&child->pid, program, &actions, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (error) child->pid = 0;
    return error;
}

/* Above the descriptors that the new process gets, so that none of them is overwritten before it was copied. */
static int out_of_the_way(int fd)
{
    if (fd < 0 || fd > NENC_REMOTE_SOCKET) return fd;
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, NENC_REMOTE_SOCKET + 1);
    close(fd);
    return higher;
}

int nenc_child_start(nenc_child *child, const char *program, const char *argument, nenc_failure *failure)
{
    int pair[2] = {-1, -1};
    *child = (nenc_child){.socket = -1, .words = -1};
    child->words = out_of_the_way(memfd_create("nenc-words", MFD_CLOEXEC));
    if (child->words >= 0) fcntl(child->words, F_SETFL, O_APPEND);
    int error = child->words < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ? errno : 0;
    if (!error) {
        child->socket = pair[0];
        pair[1] = out_of_the_way(pair[1]);
        error = pair[1] < 0 ? errno : spawn(child, program, argument, pair[1]);
    }
    if (pair[1] >= 0) close(pair[1]);
    if (!error) return NENC_OK;
    nenc_child_stop(child, 0);
    return nenc_fail(failure, NENC_ENCODE_FAILED, "%s cannot be started: %s", program, strerror(error));
}

/* The last line it wrote; drivers say why before they give up. */
static void last_words(const nenc_child *child, char text[LAST_WORDS])
{
    text[0] = '\0';
    const off_t size = lseek(child->words, 0, SEEK_END);
    const off_t from = size > LAST_WORDS - 1 ? size - (LAST_WORDS - 1) : 0;
    ssize_t got = size > 0 ? pread(child->words, text, (size_t)(size - from), from) : 0;
    text[got > 0 ? got : 0] = '\0';
    for (size_t n = strlen(text); n && (text[n - 1] == '\n' || text[n - 1] == ' '); n--) text[n - 1] = '\0';
    char *line = strrchr(text, '\n');
    if (line) memmove(text, line + 1, strlen(line));
}

/* True when it is no more, *how it ended (-1: somebody else took that). */
static int reap(nenc_child *child, int *how)
{
    pid_t ended;
    do ended = waitpid(child->pid, how, WNOHANG);
    while (ended < 0 && errno == EINTR);
    if (ended == 0) return 0;
    if (ended < 0) *how = -1;
    child->pid = 0;
    return 1;
}

int nenc_child_ended(nenc_child *child, nenc_failure *failure)
{
    int how = -1;
    char words[LAST_WORDS];
    /* Its end of the socket goes a moment before it does; a frame is owed, so this does not wait for a device to be closed. */
    const int64_t until_ns = nenc_now_ns() + dying_ns;
    while (child->pid && !reap(child, &how) && nenc_now_ns() < until_ns) nanosleep(&(struct timespec){.tv_nsec = step_ns}, NULL);
    last_words(child, words);
    const char *said = words[0] ? "; it said: " : "";
    if (child->pid || how == -1) return nenc_fail(failure, NENC_ENCODE_GONE, "its process hung up%s%s", said, words);
    if (WIFSIGNALED(how)) {
        const char *name = sigabbrev_np(WTERMSIG(how));
        return nenc_fail(failure, NENC_ENCODE_GONE, "its process was ended by SIG%s%s%s", name ? name : "?", said, words);
    }
    return nenc_fail(failure, NENC_ENCODE_GONE, "its process ended with exit code %d%s%s", WEXITSTATUS(how), said, words);
}

void nenc_child_leave(nenc_child *child, int64_t patience_ns)
{
    if (child->socket >= 0) close(child->socket);
    if (child->words >= 0) close(child->words);
    child->socket = child->words = -1;
    child->until_ns = nenc_now_ns() + patience_ns;
    nenc_child_left(child);
}

int nenc_child_left(nenc_child *child)
{
    int how;
    if (!child->pid || reap(child, &how)) return 1;
    if (!child->killed && nenc_now_ns() >= child->until_ns) child->killed = kill(child->pid, SIGKILL) == 0;
    return 0;
}

void nenc_child_stop(nenc_child *child, int64_t patience_ns)
{
    nenc_child_leave(child, patience_ns);
    while (!nenc_child_left(child) && nenc_now_ns() < child->until_ns + stuck_ns)
        nanosleep(&(struct timespec){.tv_nsec = step_ns}, NULL);
}
