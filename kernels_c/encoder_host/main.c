/* main.c - nenc_encoder_host: runs one encoder in a process of its own, so that its crash or hang harms nobody else
 * (src/encode/failover).
 *
 * Requests arrive over descriptor 3; pictures and frames are in shared memory. The process ends when its parent does, even
 * while a driver hangs, because a separate thread watches the socket.
 */
#include "encode/failover/protocol.h"
#include "nenc/failover.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct mapped {
    uint8_t *memory;
    int fd;
} mapped;

typedef struct host {
    nenc_encoder *encoder;
    nenc_encoder_config config;
    nenc_remote_picture layout;
    mapped pictures[NENC_REMOTE_PICTURES];
    uint32_t count;
    uint8_t *frames;
    uint64_t frame_bytes;
    uint32_t fault;
    int told; /* the driver injects the fault itself */
} host;

static const char *const plans[] = {
    [NENC_FAULT_NONE] = "",         [NENC_FAULT_FAIL] = "vaEndPicture@1..=HW_BUSY", [NENC_FAULT_HANG] = "vaSyncSurface@1..=hang",
    [NENC_FAULT_RESET] = "abort@1", [NENC_FAULT_IGNORE_RATE] = "ignore-rate@1..",
};

/* Also checks the parent, whose forks may hold the socket's other end. (PR_SET_PDEATHSIG follows the thread that started this
 * process, which may end before the parent does.) */
static void *watch(void *parent)
{
    struct pollfd ends[] = {{.fd = NENC_REMOTE_SOCKET}, {.fd = *(int *)parent, .events = POLLIN}};
    for (;;) {
        if (poll(ends, 2, -1) <= 0 || !((ends[0].revents & (POLLHUP | POLLERR | POLLNVAL)) || ends[1].revents)) continue;
        sleep(1); /* gives the main thread time to end by itself */
        _exit(0);
    }
    return NULL;
}

static void drop_pictures(host *self)
{
    for (uint32_t i = 0; i < self->count; i++) {
        if (self->pictures[i].memory) munmap(self->pictures[i].memory, self->layout.bytes);
        close(self->pictures[i].fd);
    }
    if (self->frames) munmap(self->frames, self->frame_bytes);
    self->frames = NULL;
    self->count = 0;
}

static int say(nenc_remote_answer *answer, int status, const char *text)
{
    snprintf(answer->text, sizeof answer->text, "%s", text);
    return status;
}

static int map(host *self, const nenc_remote_message *message, const int *fds, int count)
{
    self->layout = message->picture;
    self->frame_bytes = message->frame_bytes;
    self->count = message->count;
    int whole = count == (int)message->count + 1;
    for (uint32_t i = 0; i < self->count; i++) {
        void *memory = whole ? mmap(NULL, self->layout.bytes, PROT_READ, MAP_SHARED, fds[i], 0) : MAP_FAILED;
        if (memory != MAP_FAILED) /* Left out of a core file, because writing it would delay the parent, which owes a frame. */
            madvise(memory, self->layout.bytes, MADV_DONTDUMP);
        self->pictures[i] = (mapped){memory == MAP_FAILED ? NULL : memory, i < (uint32_t)count ? fds[i] : -1};
        whole = whole && memory != MAP_FAILED;
    }
    if (whole) {
        void *memory = mmap(NULL, self->frame_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fds[count - 1], 0);
        whole = memory != MAP_FAILED;
        if (whole) self->frames = memory;
        close(fds[count - 1]);
    }
    return whole;
}

static int open_encoder(host *self, const nenc_remote_message *message, const int *fds, int count, nenc_remote_answer *answer)
{
    nenc_encoder_drain(self->encoder);
    nenc_encoder_close(self->encoder);
    self->encoder = NULL;
    drop_pictures(self);
    self->config = message->config;
    if (message->count > NENC_REMOTE_PICTURES || !map(self, message, fds, count))
        return say(answer, NENC_ENOMEM, "cannot map the pictures");
    if (self->fault == NENC_FAULT_FAIL || self->fault == NENC_FAULT_HANG || self->fault == NENC_FAULT_RESET)
        return say(answer, NENC_ENCODE_FAILED, "the device is gone (a fault of the scenario)");
    int status = nenc_encoder_open(message->name, &self->config, &self->encoder, answer->text, sizeof answer->text);
    if (status == NENC_OK) {
        say(answer, status, nenc_encoder_describe(self->encoder));
        snprintf(answer->device, sizeof answer->device, "%s", nenc_encoder_device(self->encoder));
    }
    return status;
}

/* Injects the faults that the driver was not told to inject. */
static int misbehave(const host *self, nenc_remote_answer *answer)
{
    if (self->fault == NENC_FAULT_HANG)
        for (;;) pause();
    if (self->fault == NENC_FAULT_RESET) abort();
    if (self->fault == NENC_FAULT_FAIL) return say(answer, NENC_ENCODE_FAILED, "a fault of the scenario");
    return NENC_OK;
}

static int encode(host *self, const nenc_remote_message *message, nenc_remote_answer *answer)
{
    if (!self->encoder || !message->buffer || message->buffer > self->count)
        return say(answer, NENC_ESTATE, "no encoder is open, or the picture does not exist");
    if (!self->told) {
        int status = misbehave(self, answer);
        if (status != NENC_OK) return status;
    }
    const mapped *picture = &self->pictures[message->buffer - 1];
    const nenc_frame frame = {
        .picture = {.format = NENC_NV12,
                    .width = self->config.width,
                    .height = self->config.height,
                    .plane = {picture->memory + self->layout.offset[0], picture->memory + self->layout.offset[1]},
                    .stride = {self->layout.stride[0], self->layout.stride[1]}},
        .pts_ns = message->pts_ns,
        .fd = picture->fd,
        .buffer = message->buffer,
        .modifier = self->layout.modifier,
        .offset = {self->layout.offset[0], self->layout.offset[1]},
    };
    nenc_coded coded;
    int status = NENC_OK;
    if (self->told || self->fault != NENC_FAULT_IGNORE_RATE) status = nenc_encoder_set_rate(self->encoder, &message->rate);
    if (status == NENC_OK) status = nenc_encoder_set_fps(self->encoder, message->fps_num, message->fps_den);
    if (status == NENC_OK && message->key) status = nenc_encoder_request_key(self->encoder);
    if (status == NENC_OK) status = nenc_encoder_encode(self->encoder, &frame, &coded);
    if (status != NENC_OK) return say(answer, status, nenc_encoder_failure(self->encoder));
    if (coded.bytes > self->frame_bytes) return say(answer, NENC_ENCODE_EMPTY, "the frame exceeds the shared memory");
    memcpy(self->frames, coded.data, coded.bytes);
    answer->bytes = coded.bytes;
    answer->key = coded.key;
    answer->input = coded.input;
    answer->qp = coded.qp;
    answer->encode_ns = coded.encode_ns;
    return NENC_OK;
}

static int set_fault(host *self, uint32_t fault)
{
    if (fault > NENC_FAULT_IGNORE_RATE) return NENC_EINVAL;
    self->told = self->encoder && nenc_encoder_fault(self->encoder, plans[fault]) == NENC_OK && fault != NENC_FAULT_NONE;
    self->fault = fault;
    return NENC_OK;
}

static int serve(host *self, const nenc_remote_message *message, const int *fds, int count, nenc_remote_answer *answer)
{
    switch (message->request) {
    case NENC_REMOTE_FAULT: return set_fault(self, message->fault);
    case NENC_REMOTE_OPEN: return open_encoder(self, message, fds, count, answer);
    case NENC_REMOTE_ENCODE: return encode(self, message, answer);
    default: return say(answer, NENC_EINVAL, "unknown request");
    }
}

/* Collects the descriptors that came with a message; returns how many there are. */
static int take_descriptors(struct msghdr *received, int fds[NENC_REMOTE_PICTURES + 1])
{
    struct cmsghdr *carried = CMSG_FIRSTHDR(received);
    if (!carried || carried->cmsg_level != SOL_SOCKET || carried->cmsg_type != SCM_RIGHTS) return 0;
    const size_t sent = (carried->cmsg_len - CMSG_LEN(0)) / sizeof(int), room = NENC_REMOTE_PICTURES + 1;
    int count = 0;
    for (size_t i = 0; i < sent; i++) { /* the buffer's padding has room for one more than expected */
        int fd;
        memcpy(&fd, CMSG_DATA(carried) + i * sizeof fd, sizeof fd);
        if (i < room) fds[count++] = fd;
        else close(fd);
    }
    return count;
}

/* Returns false when the parent has gone or the message is malformed. */
static int serve_one(host *self)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * (NENC_REMOTE_PICTURES + 1))];
    } control;
    nenc_remote_message message;
    int fds[NENC_REMOTE_PICTURES + 1];
    struct iovec whole = {&message, sizeof message};
    struct msghdr received = {
        .msg_iov = &whole, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    ssize_t got = recvmsg(NENC_REMOTE_SOCKET, &received, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) return 1;
    if (got != (ssize_t)sizeof message || message.magic != NENC_REMOTE_MAGIC) return 0;
    nenc_remote_answer answer = {.magic = NENC_REMOTE_MAGIC, .qp = NAN};
    int count = take_descriptors(&received, fds);
    const int wanted = message.request == NENC_REMOTE_OPEN && count == (int)message.count + 1;
    for (; !wanted && count > 0; count--) close(fds[count - 1]); /* descriptors that no request uses */
    answer.status = serve(self, &message, fds, count, &answer);
    ssize_t sent;
    do sent = send(NENC_REMOTE_SOCKET, &answer, sizeof answer, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof answer;
}

int main(int argc, char **argv)
{
    host self = {.encoder = NULL};
    pthread_t watcher;
    int parent = (int)syscall(SYS_pidfd_open, getppid(), 0); /* -1, which poll() skips, where pidfd_open is not available */
    if (argc > 1 && nenc_encoder_modules(argv[1]) != NENC_OK) return 2;
    struct stat about;
    if (fstat(NENC_REMOTE_SOCKET, &about) < 0 || !S_ISSOCK(about.st_mode)) {
        fputs("nenc_encoder_host is started by libnenc (nenc/failover.h), not by hand\n", stderr);
        return 2;
    }
    if (pthread_create(&watcher, NULL, watch, &parent) != 0) return 3;
    while (serve_one(&self)) continue;
    nenc_encoder_close(self.encoder);
    drop_pictures(&self);
    return 0;
}
