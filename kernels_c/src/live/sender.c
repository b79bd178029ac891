/* sender.c - the lifetime of a sender: opens what its threads need, starts them, waits, and tears everything down. */
#include "live/sender.h"

#include "core/clock.h"
#include "live/lock.h"
#include "live/sender_state.h"
#include "rtp/sdp.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* Reports may still arrive this long after the last packet. */
static const int64_t linger_ns = 500000000;
static const int64_t look_ns = 20000000;
/* How long a sender that was asked to end may go on sending. */
static const int64_t patience_ns = 1000000000;
/* Time from everything being open to the first capture, in which the threads start. */
static const int64_t settle_ns = 50000000;
/* SCHED_FIFO priority, below that of the tick thread (10), whose work is short. */
enum { PACE_PRIORITY = 9, FEEDBACK_PRIORITY = 8, THREADS = 4 };

static const uint32_t capacities[NENC_RINGS] = {
    [NENC_RING_SENT] = 1u << 16,    [NENC_RING_CAPTURED] = 1u << 11, [NENC_RING_TICKS] = 1u << 11,
    [NENC_RING_SAMPLES] = 1u << 12, [NENC_RING_EVENTS] = 1u << 8,
};

void nenc_sender_decision(nenc_sender *sender, nenc_state *state)
{
    if (sender->controller) {
        nenc_state_get(sender->controller, state);
        return;
    }
    pthread_mutex_lock(&sender->state_lock);
    *state = sender->state;
    pthread_mutex_unlock(&sender->state_lock);
}

int nenc_sender_over(const nenc_sender *sender) { return atomic_load(&sender->ended); }

void nenc_sender_event(nenc_sender *sender, int64_t t_ns, const char *kind, const char *text)
{
    pthread_mutex_lock(&sender->event_lock);
    nenc_event_record *event = nenc_telemetry_next(sender->telemetry, NENC_RING_EVENTS);
    event->t_ns = t_ns;
    snprintf(event->kind, sizeof event->kind, "%s", kind);
    snprintf(event->text, sizeof event->text, "%s", text);
    nenc_telemetry_put(sender->telemetry, NENC_RING_EVENTS);
    pthread_mutex_unlock(&sender->event_lock);
}

void nenc_sender_fail(nenc_sender *sender, int status, const char *text)
{
    pthread_mutex_lock(&sender->event_lock);
    if (!sender->status) {
        sender->status = status;
        snprintf(sender->failure, sizeof sender->failure, "%s", text);
    }
    pthread_mutex_unlock(&sender->event_lock);
    atomic_store(&sender->ended, 1);
    nenc_backlog_end(&sender->backlog);
}

bool nenc_sender_describe(nenc_sender *sender, const uint8_t *unit, size_t bytes)
{
    const nenc_sender_config *config = sender->config;
    char text[NENC_SDP_BYTES], failure[sizeof sender->failure];
    const nenc_sdp sdp = {
        .format = sender->format,
        .address = config->sdp_address,
        .port = (uint16_t)config->sdp_port,
        .payload_type = (uint8_t)config->payload_type,
        .session = config->ssrc,
        .unit = unit,
        .bytes = bytes,
    };
    const int length = nenc_sdp_write(&sdp, text, sizeof text);
    if (length < 0) {
        snprintf(failure, sizeof failure,
                 "%s: the first key frame has no parameter sets, which the description of the stream needs", config->sdp);
        nenc_sender_fail(sender, NENC_ESTATE, failure);
        return false;
    }
    FILE *file = fopen(config->sdp, "w");
    const bool written = file && fwrite(text, 1, (size_t)length, file) == (size_t)length;
    if ((!file || !fclose(file)) && written) return true;
    snprintf(failure, sizeof failure, "%s cannot be written: %s", config->sdp, strerror(errno));
    nenc_sender_fail(sender, file ? NENC_ERANGE : NENC_EINVAL, failure);
    return false;
}

static int say(char *text, size_t size, int status, const char *what, const char *why)
{
    if (size) snprintf(text, size, "%s%s%s", what, *why ? ": " : "", why);
    return status;
}

static int open_all(nenc_sender *sender, char *text, size_t size)
{
    nenc_sender_config *config = &sender->own;
    int status = nenc_telemetry_open(config->telemetry, capacities, config->origin_ns, &sender->telemetry);
    if (status) return say(text, size, NENC_ESTATE, config->telemetry ? config->telemetry : "telemetry", strerror(-status));
    sender->counters = &sender->telemetry->counters;
    status = nenc_camera_open(config->camera, &sender->camera, text, size);
    if (status < 0) return status;
    const int is_video = nenc_camera_group_of(config->camera->kind) == NENC_CAMERA_REAL;
    sender->format = is_video ? (nenc_rtp_format)config->camera->codec : NENC_RTP_PADDING;
    const nenc_outbox_config memory = {
        .ssrc = config->ssrc,
        .report_ns = config->report_ns,
        .same_clock = config->same_clock,
    };
    sender->outbox = nenc_outbox_create(&memory);
    if (!sender->outbox) return say(text, size, NENC_ENOMEM, "out of memory for the record of sent packets", "");
    if (config->save && !(sender->save = fopen(config->save, "wb")))
        return say(text, size, NENC_EINVAL, config->save, strerror(errno));
    if (config->start_ns < 0) config->origin_ns = config->start_ns = sender->telemetry->origin_ns = nenc_now_ns() + settle_ns;
    if (config->duration_ns) config->stop_ns = config->start_ns + config->duration_ns;
    if (config->steered) return 0;
    if (config->fixed) {
        sender->state = (nenc_state){
            .rate_bps = config->controller->rate_start_bps,
            .encode_bps = config->controller->rate_start_bps,
            .fps = (float)config->controller->fps_max,
            .rung = (uint32_t)config->controller->height_max,
            .qp = (float)config->controller->qp_initial,
            .ticks = 1,
        };
        return 0;
    }
    sender->controller = nenc_create(config->controller, config->start_ns, &status);
    return sender->controller ? 0 : say(text, size, status, "the controller", nenc_strerror(status));
}

static int close_all(nenc_sender *sender, char *text, size_t size)
{
    int status = 0;
    nenc_destroy(sender->controller);
    if (sender->save && fclose(sender->save)) status = say(text, size, NENC_ERANGE, sender->config->save, strerror(errno));
    nenc_camera_close(sender->camera);
    nenc_outbox_destroy(sender->outbox);
    nenc_telemetry_close(sender->telemetry);
    return status;
}

/* Starts a real-time thread if that is wanted and allowed, else an ordinary one. */
static int start(pthread_t *thread, void *(*run)(void *), nenc_sender *sender, int priority)
{
    pthread_attr_t attributes;
    int error = -1;
    if (priority && !sender->config->ordinary && pthread_attr_init(&attributes) == 0) {
        pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
        pthread_attr_setschedparam(&attributes, &(struct sched_param){priority});
        error = pthread_create(thread, &attributes, run, sender);
        pthread_attr_destroy(&attributes);
    }
    return error ? pthread_create(thread, NULL, run, sender) : 0;
}

/* Starts the adaptation thread when the flow starts. Returns false when the sender must end before that. */
static bool begin_controller(nenc_sender *sender)
{
    if (!sender->controller) return true;
    const int64_t start_ns = sender->config->start_ns;
    for (int64_t now_ns = nenc_now_ns(); now_ns < start_ns; now_ns = nenc_now_ns()) {
        if (nenc_sender_over(sender) || atomic_load(&sender->captured)) return false;
        if (!sender->rest(start_ns - now_ns > look_ns ? now_ns + look_ns : start_ns)) return false;
    }
    if (nenc_start_with(sender->controller, sender->config->ordinary ? NENC_START_ORDINARY : 0))
        nenc_sender_fail(sender, NENC_ETHREAD, "the adaptation thread could not be started");
    return true;
}

/* True when everything captured has been sent. */
static bool drained(nenc_sender *sender) { return atomic_load(&sender->captured) && !nenc_backlog_first(&sender->backlog); }

/* When asked to end, goes on for a while to send what was captured. */
static void run_dry(nenc_sender *sender)
{
    const int64_t until_ns = nenc_now_ns() + patience_ns;
    atomic_store(&sender->stopping, 1);
    while (nenc_now_ns() < until_ns && !nenc_sender_over(sender) && !drained(sender)) nenc_sleep_until(nenc_now_ns() + look_ns);
}

static void watch(nenc_sender *sender)
{
    int64_t drained_ns = 0;
    while (!nenc_sender_over(sender)) {
        if (!sender->rest(nenc_now_ns() + look_ns)) {
            run_dry(sender);
            return;
        }
        if (!drained(sender)) continue;
        if (!drained_ns) drained_ns = nenc_now_ns();
        if (nenc_now_ns() - drained_ns > linger_ns) return;
    }
}

static void run_threads(nenc_sender *sender)
{
    pthread_t threads[THREADS];
    const struct {
        void *(*run)(void *);
        int priority;
    } list[THREADS] = {{nenc_sender_pace, PACE_PRIORITY},
                       {nenc_sender_encode, 0},
                       {nenc_sender_feedback, FEEDBACK_PRIORITY},
                       {nenc_sender_steer, 0}};
    const int wanted = sender->config->control >= 0 ? THREADS : THREADS - 1;
    int started = 0;
    while (started < wanted && start(&threads[started], list[started].run, sender, list[started].priority) == 0) started++;
    if (started < wanted) nenc_sender_fail(sender, NENC_ETHREAD, "a thread could not be started");
    else if (begin_controller(sender)) watch(sender);
    atomic_store(&sender->ended, 1);
    nenc_backlog_end(&sender->backlog);
    while (started) pthread_join(threads[--started], NULL);
    if (sender->controller) nenc_stop(sender->controller);
}

int nenc_sender_run(const nenc_sender_config *config, nenc_rest *rest, nenc_live_counters *counted, char *text, size_t size)
{
    nenc_sender sender = {.own = *config, .rest = rest};
    sender.config = &sender.own;
    if (nenc_backlog_init(&sender.backlog)) return say(text, size, NENC_ENOMEM, "no memory", "");
    nenc_lock_init(&sender.outbox_lock);
    nenc_lock_init(&sender.state_lock);
    pthread_mutex_init(&sender.camera_lock, NULL);
    pthread_mutex_init(&sender.event_lock, NULL);
    int status = open_all(&sender, text, size);
    if (status >= 0) {
        const char *about = nenc_camera_describe(sender.camera);
        if (*about) nenc_sender_event(&sender, nenc_now_ns(), "about", about);
        __atomic_store_n(&sender.telemetry->ready, 1, __ATOMIC_RELEASE);
        run_threads(&sender);
        *counted = *sender.counters;
        status = sender.status;
        if (status < 0) say(text, size, status, sender.failure, "");
    }
    const int closed = close_all(&sender, text, size);
    nenc_backlog_free(&sender.backlog);
    pthread_mutex_destroy(&sender.outbox_lock);
    pthread_mutex_destroy(&sender.state_lock);
    pthread_mutex_destroy(&sender.camera_lock);
    pthread_mutex_destroy(&sender.event_lock);
    return status < 0 ? status : closed;
}
