/* remote.c - the lab's end of an encoder in another process: requests, answers, patience. */
#include "encode/failover/remote.h"
#include "core/alloc.h"
#include "core/clock.h"
#include "encode/failover/child.h"
#include "encode/failover/protocol.h"
#include "encode/module.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const int64_t second_ns = 1000000000, patience_ns = 250000000; /* to close a device in peace */

struct nenc_remote {
    nenc_remote *next; /* of those that are leaving */
    nenc_child child;
    void *frames; /* memory that frames come back in */
    uint64_t frame_bytes;
    int mute; /* an answer is overdue */
    char about[NENC_REMOTE_TEXT];
    char device[256];
};

int nenc_remote_start(const char *host, nenc_remote **remote, nenc_failure *failure)
{
    char path[PATH_MAX];
    const char *program = host ? host : getenv("NENC_ENCODER_HOST");
    if (!program) {
        if (!nenc_module_find(path, "nenc_encoder_host"))
            return nenc_fail(failure, NENC_ENCODE_MISSING,
                             "the program nenc_encoder_host is not beside the library; set NENC_ENCODER_HOST");
        program = path;
    }
    nenc_remote *self = nenc_alloc(sizeof *self);
    if (!self) return nenc_fail(failure, NENC_ENOMEM, "out of memory");
    int status = nenc_child_start(&self->child, program, nenc_module_folder(), failure);
    if (status != NENC_OK) nenc_free(self);
    else *remote = self;
    return status;
}

/* Sends a message, with descriptors. */
static int send_message(nenc_remote *remote, nenc_remote_message *message, const int *fds, int count, nenc_failure *failure)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * (NENC_REMOTE_PICTURES + 1))];
    } control = {0};
    /* Its next answer would be that to an older request. */
    if (remote->mute) return nenc_fail(failure, NENC_ENCODE_TIMEOUT, "its process has not answered before");
    message->magic = NENC_REMOTE_MAGIC;
    struct iovec whole = {message, sizeof *message};
    struct msghdr sent = {.msg_iov = &whole, .msg_iovlen = 1};
    if (count) {
        sent.msg_control = control.space;
        sent.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *carried = CMSG_FIRSTHDR(&sent);
        *carried = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count)};
        memcpy(CMSG_DATA(carried), fds, sizeof(int) * (size_t)count);
    }
    ssize_t done;
    do done = sendmsg(remote->child.socket, &sent, MSG_NOSIGNAL);
    while (done < 0 && errno == EINTR);
    if (done == (ssize_t)sizeof *message) return NENC_OK;
    if (errno == EPIPE || errno == ECONNRESET) return nenc_child_ended(&remote->child, failure);
    return nenc_fail(failure, NENC_ENCODE_FAILED, "sendmsg to its process: %s", strerror(errno));
}

static int take_answer(nenc_remote *remote, int64_t timeout_ns, nenc_remote_answer *answer, nenc_failure *failure)
{
    const int64_t until_ns = nenc_now_ns() + timeout_ns;
    for (;;) {
        const int64_t left_ns = until_ns - nenc_now_ns();
        const struct timespec left = {.tv_sec = left_ns > 0 ? left_ns / second_ns : 0,
                                      .tv_nsec = left_ns > 0 ? left_ns % second_ns : 0};
        struct pollfd watched = {.fd = remote->child.socket, .events = POLLIN};
        int ready = ppoll(&watched, 1, &left, NULL);
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return nenc_fail(failure, NENC_ENCODE_FAILED, "poll of its process: %s", strerror(errno));
        if (!ready && !timeout_ns) return NENC_ESTATE;
        if (!ready) remote->mute = 1;
        if (!ready) return nenc_fail(failure, NENC_ENCODE_TIMEOUT, "no answer within %lld ms", (long long)(timeout_ns / 1000000));
        ssize_t got = recv(remote->child.socket, answer, sizeof *answer, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0 || (got < 0 && errno == ECONNRESET)) return nenc_child_ended(&remote->child, failure);
        if (got != (ssize_t)sizeof *answer || answer->magic != NENC_REMOTE_MAGIC)
            return nenc_fail(failure, NENC_ENCODE_FAILED, "its process is of another version of libnenc; build it again");
        answer->text[sizeof answer->text - 1] = '\0';
        if (answer->status != NENC_OK) nenc_fail(failure, answer->status, "%s", answer->text);
        return answer->status;
    }
}

int nenc_remote_fault(nenc_remote *remote, uint32_t fault, nenc_failure *failure)
{
    nenc_remote_message message = {.request = NENC_REMOTE_FAULT, .fault = fault};
    nenc_remote_answer answer;
    int status = send_message(remote, &message, NULL, 0, failure);
    return status == NENC_OK ? take_answer(remote, second_ns, &answer, failure) : status;
}

/* Memory for frames of any size an encoder may make of a picture; pages that are never written do not exist. */
static int make_frames(nenc_remote *remote, const nenc_encoder_config *config, nenc_failure *failure)
{
    if (remote->frames) munmap(remote->frames, remote->frame_bytes);
    remote->frames = NULL;
    remote->frame_bytes = 65536 + 4ULL * config->width * config->height;
    int fd = memfd_create("nenc-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *memory = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, (off_t)remote->frame_bytes) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0)
        memory = mmap(NULL, remote->frame_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        nenc_fail(failure, NENC_ENOMEM, "memory for frames: %s", strerror(errno));
        if (fd >= 0) close(fd);
        return -1;
    }
    remote->frames = memory;
    return fd;
}

int nenc_remote_ask(nenc_remote *remote, const char *name, const nenc_encoder_config *config, const nenc_pool *pool,
                    uint32_t count, nenc_failure *failure)
{
    int fds[NENC_REMOTE_PICTURES + 1];
    nenc_frame frame = {0};
    nenc_remote_message message = {.request = NENC_REMOTE_OPEN, .count = count, .config = *config};
    snprintf(message.name, sizeof message.name, "%s", name);
    for (uint32_t i = 0; i < count; i++) {
        nenc_pool_frame(pool, i, &frame);
        fds[i] = frame.fd;
    }
    message.picture = (nenc_remote_picture){.stride = {frame.picture.stride[0], frame.picture.stride[1]},
                                            .modifier = frame.modifier,
                                            .bytes = frame.offset[1] + (uint64_t)frame.picture.stride[1] * config->height / 2,
                                            .offset = {frame.offset[0], frame.offset[1]}};
    fds[count] = make_frames(remote, config, failure);
    if (fds[count] < 0) return NENC_ENOMEM;
    message.frame_bytes = remote->frame_bytes;
    int status = send_message(remote, &message, fds, (int)count + 1, failure);
    close(fds[count]);
    return status;
}

int nenc_remote_opened(nenc_remote *remote, int64_t timeout_ns, nenc_failure *failure)
{
    nenc_remote_answer answer;
    int status = take_answer(remote, timeout_ns, &answer, failure);
    if (status != NENC_OK) return status;
    memcpy(remote->about, answer.text, sizeof remote->about);
    answer.device[sizeof answer.device - 1] = '\0';
    memcpy(remote->device, answer.device, sizeof remote->device);
    return status;
}

int nenc_remote_encode(nenc_remote *remote, const nenc_encoder_config *config, const nenc_frame *frame, int key,
                       nenc_coded *coded, nenc_failure *failure)
{
    /* The encoder's own patience is the same: let it say which call it was. */
    const int64_t grace_ns = config->timeout_ns / 16 < 20000000 ? config->timeout_ns / 16 : 20000000;
    nenc_remote_message message = {
        .request = NENC_REMOTE_ENCODE,
        .rate = config->rate,
        .fps_num = config->fps_num,
        .fps_den = config->fps_den,
        .key = (uint32_t)key,
        .buffer = frame->buffer,
        .pts_ns = frame->pts_ns,
    };
    nenc_remote_answer answer;
    int status = send_message(remote, &message, NULL, 0, failure);
    if (status == NENC_OK) status = take_answer(remote, config->timeout_ns + grace_ns, &answer, failure);
    if (status != NENC_OK) return status;
    if (!answer.bytes || answer.bytes > remote->frame_bytes)
        return nenc_fail(failure, NENC_ENCODE_EMPTY, "a frame of %u bytes", answer.bytes);
    coded->data = remote->frames;
    coded->bytes = answer.bytes;
    coded->key = answer.key;
    coded->qp = answer.qp;
    coded->input = answer.input;
    coded->encode_ns = answer.encode_ns;
    return NENC_OK;
}

const char *nenc_remote_device(const nenc_remote *remote) { return remote->device; }

const char *nenc_remote_describe(const nenc_remote *remote) { return remote->about; }

void nenc_remote_leave(nenc_remote *remote, nenc_remote **leaving)
{
    if (!remote) return;
    nenc_child_leave(&remote->child, remote->mute ? 0 : patience_ns);
    remote->next = *leaving;
    *leaving = remote;
}

void nenc_remote_reap(nenc_remote **leaving, int wait)
{
    for (nenc_remote **place = leaving; *place;) {
        nenc_remote *remote = *place;
        if (wait) nenc_child_stop(&remote->child, remote->mute ? 0 : patience_ns);
        else if (!nenc_child_left(&remote->child)) {
            place = &remote->next;
            continue;
        }
        *place = remote->next;
        if (remote->frames) munmap(remote->frames, remote->frame_bytes);
        nenc_free(remote);
    }
}
