/* steer.c - the steering thread: handles messages from the control socket, and sends ticks to a controller at its other end. */
#include "core/clock.h"
#include "live/sender_state.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static const int64_t look_ns = 50000000;

static void decide(nenc_sender *sender, const nenc_state *state)
{
    pthread_mutex_lock(&sender->state_lock);
    const uint64_t ticks = sender->state.ticks + 1; /* counted here, because a foreign controller need not */
    sender->state = *state;
    sender->state.ticks = ticks;
    pthread_mutex_unlock(&sender->state_lock);
}

static void obey(nenc_sender *sender, const nenc_message *message)
{
    switch (message->kind) {
    case NENC_SAY_DECIDE:
        if (sender->config->steered) decide(sender, &message->state);
        return;
    case NENC_SAY_GAINS:
        if (sender->controller) nenc_set_gains(sender->controller, message->gains[0], message->gains[1], message->gains[2]);
        return;
    case NENC_SAY_STOP: atomic_store(&sender->stopping, 1); return;
    default: break;
    }
    int status = NENC_OK;
    pthread_mutex_lock(&sender->camera_lock);
    switch (message->kind) {
    case NENC_SAY_FAULT: status = nenc_camera_set_fault(sender->camera, (uint32_t)message->value, message->on != 0); break;
    case NENC_SAY_KEY: status = nenc_camera_request_key(sender->camera); break;
    case NENC_SAY_LINES: status = nenc_camera_set_resolution(sender->camera, (uint32_t)message->value); break;
    default: break;
    }
    if (status < 0) nenc_sender_event(sender, nenc_now_ns(), "warning", nenc_camera_failure(sender->camera));
    pthread_mutex_unlock(&sender->camera_lock);
}

/* Returns false when the peer has closed the socket. */
static int hear(nenc_sender *sender)
{
    nenc_message message;
    for (;;) {
        const ssize_t bytes = recv(sender->config->control, &message, sizeof message, MSG_DONTWAIT);
        if (bytes == (ssize_t)sizeof message) obey(sender, &message);
        else if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return 1;
        else if (bytes <= 0) return 0;
    }
}

static void tick(nenc_sender *sender, int64_t now_ns)
{
    nenc_message message = {.kind = NENC_SAY_TICK, .state = {.now_ns = now_ns}};
    if (send(sender->config->control, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EAGAIN)
        nenc_sender_event(sender, now_ns, "warning", "the controller is a whole socket buffer behind: a tick was dropped");
}

void *nenc_sender_steer(void *argument)
{
    nenc_sender *sender = argument;
    const int64_t tick_ns = sender->config->controller->tick_ns;
    const int steered = sender->config->steered;
    struct pollfd ready = {.fd = sender->config->control, .events = POLLIN};
    int64_t due_ns = sender->config->start_ns;
    while (!atomic_load(&sender->ended)) {
        const int64_t now_ns = nenc_now_ns();
        if (steered && now_ns >= due_ns) {
            tick(sender, now_ns);
            due_ns += (1 + (now_ns - due_ns) / tick_ns) * tick_ns;
        }
        int64_t wait_ns = steered && due_ns - now_ns < look_ns ? due_ns - nenc_now_ns() : look_ns;
        const struct timespec timeout = nenc_timespec(wait_ns > 0 ? wait_ns : 0);
        if (ppoll(&ready, 1, &timeout, NULL) <= 0) continue;
        if (!hear(sender)) {
            atomic_store(&sender->ended, 1);
            nenc_backlog_end(&sender->backlog);
        }
    }
    return NULL;
}
