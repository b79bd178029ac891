/* camera.c - one camera for every kind of encoder: what runs and `nenc send` rely on, its table of fields, and failures. */
#include "nenc/camera.h"
#include "../core/check.h"
#include "encode/camera/film.h"
#include "leftovers.h"

#include <sys/stat.h>
#include <unistd.h>

static const int64_t second_ns = 1000000000;
static const int64_t watchdog_ns = 60000000;
static const char *const kinds[] = {"model", "null", "x264", "vaapi", "auto"};
enum { FRAMES = 120, LINES = 360 };

/* A camera, the time it is at, and what came of it so far. */
typedef struct stage {
    nenc_camera_config config;
    nenc_camera *camera;
    int64_t now_ns;
    double bps, fps;
    uint32_t rung;
    nenc_shot shot;
    int frames, keys, software, failed, fallbacks, recoveries, warnings, notes;
    double bytes;
} stage;

static int is_video(const stage *self)
{
    return strcmp(self->config.kind, "model") != 0 && strcmp(self->config.kind, "null") != 0;
}

static void prepare(stage *self, const char *kind)
{
    *self = (stage){.bps = 1e6, .fps = 240.0, .rung = 4320, .now_ns = 7 * second_ns};
    nenc_camera_config_default(&self->config);
    self->config.kind = kind;
    self->config.lines = LINES;
    self->config.fps = 30.0;
    self->config.rate_bps = self->bps;
    self->config.start_ns = self->now_ns;
    self->config.complexity = 0.8;
    self->config.seed = 3;
    self->config.qp_min = 10;
    self->config.quality = 0;
    self->config.watchdog_ns = 5 * second_ns; /* a busy machine must not look as if something hung */
    self->config.preset = "ultrafast";
    self->config.device = strcmp(kind, "vaapi") == 0 ? "driver:nenc" : "";
}

/* False where this build has no such encoder. */
static int begin(stage *self)
{
    char text[300] = "";
    const int status = nenc_camera_open(&self->config, &self->camera, text, sizeof text);
    CHECK((status == NENC_OK) == (self->camera != NULL));
    if (status == NENC_ENCODE_MISSING) printf("NOT CHECKED: %s\n", text);
    else if (status != NENC_OK) {
        printf("%s: %s\n", self->config.kind, text);
        CHECK(status == NENC_OK);
    }
    return status == NENC_OK;
}

static int open_on(stage *self, const char *kind)
{
    prepare(self, kind);
    return begin(self);
}

/* IDR slices (type 5) of an H.264 access unit. */
static int has_idr(const nenc_shot *shot)
{
    for (uint32_t i = 0; i + 3 < shot->bytes; i++)
        if (!shot->data[i] && !shot->data[i + 1] && shot->data[i + 2] == 1 && (shot->data[i + 3] & 31) == 5) return 1;
    return 0;
}

static void take_events(stage *self)
{
    nenc_camera_event event;
    while (nenc_camera_event_take(self->camera, &event)) {
        CHECK(event.text[0] && !strchr(event.text, '\n'));
        CHECK(event.at_ns >= self->config.start_ns && event.at_ns <= self->now_ns);
        self->fallbacks += strcmp(event.kind, "fallback") == 0;
        self->recoveries += strcmp(event.kind, "recovery") == 0;
        self->warnings += strcmp(event.kind, "warning") == 0;
        self->notes += strcmp(event.kind, "note") == 0;
    }
}

static void shoot(stage *self, int frames)
{
    self->bytes = 0.0;
    for (int i = 0; i < frames; i++) {
        nenc_shot *shot = &self->shot;
        const int status = nenc_camera_shoot(self->camera, self->now_ns, self->bps, self->fps, self->rung, 28.0, shot);
        if (status != NENC_OK) printf("%s: frame %d: %s\n", self->config.kind, self->frames, nenc_camera_failure(self->camera));
        CHECK(status == NENC_OK);
        if (status != NENC_OK) return;
        CHECK(shot->bytes > 0 && shot->interval_ns > 0 && shot->encode_ns >= 0);
        CHECK((shot->data != NULL) == is_video(self));
        if (shot->data) {
            CHECK(shot->bytes > 4 && !shot->data[0] && !shot->data[1]);
            CHECK(has_idr(shot) == (shot->key != 0));
            CHECK(shot->encode_ns > 0 && shot->render_ns > 0);
        }
        take_events(self);
        self->frames++;
        self->keys += shot->key != 0;
        self->software += shot->software != 0;
        self->failed += shot->failed != 0;
        self->bytes += shot->bytes;
        self->now_ns += shot->interval_ns;
    }
}

static void leave(stage *self)
{
    nenc_camera_close(self->camera);
    CHECK(!has_children());
}

/* ---- every kind -------------------------------------------------------------------------------------------------- */

static void check_frames(const char *kind)
{
    stage self;
    if (!open_on(&self, kind)) return;
    shoot(&self, 1);
    CHECK(self.shot.key && self.shot.rung == LINES);
    shoot(&self, FRAMES - 1);
    CHECK(self.keys == 1 && self.frames == FRAMES && !self.failed && !self.fallbacks);
    CHECK_NEAR((double)(self.now_ns - self.config.start_ns) / 1e9, FRAMES / 30.0, strcmp(kind, "model") == 0 ? 0.5 : 1e-6);
    const char *used = nenc_camera_kind(self.camera);
    CHECK(strcmp(kind, "auto") == 0 ? used[0] && strcmp(used, "auto") != 0 : strcmp(used, kind) == 0);
    if (strcmp(kind, "auto") == 0 && strcmp(used, "x264") == 0) CHECK(self.notes == 1); /* why no hardware was taken */
    CHECK(!is_video(&self) || nenc_camera_describe(self.camera)[0]);
    CHECK(!strcmp(nenc_camera_failure(self.camera), ""));
    leave(&self);
}

static void check_rate(const char *kind)
{
    stage self;
    double before;
    if (!open_on(&self, kind)) return;
    shoot(&self, 60);
    shoot(&self, 60);
    before = self.bytes * 8.0 / 2.0;
    CHECK_NEAR(before, 1e6, 0.2e6);
    self.bps = 0.25e6;
    shoot(&self, 30);
    shoot(&self, 60);
    CHECK_NEAR(self.bytes * 8.0 / 2.0, 0.25e6, 0.06e6);
    CHECK(self.keys == 1);
    self.bps = 1e6;
    self.fps = 15.0; /* half of the frames, twice the size */
    shoot(&self, 30);
    shoot(&self, 60);
    CHECK_NEAR(self.bytes * 8.0 / 4.0, 1e6, 0.2e6);
    self.bps = 0.0; /* next to nothing is still frames */
    shoot(&self, 3);
    leave(&self);
}

static void check_keys(const char *kind)
{
    stage self;
    prepare(&self, kind);
    if (strcmp(kind, "null") != 0) self.config.key_interval_ns = 2 * second_ns;
    if (!begin(&self)) return;
    shoot(&self, 10);
    CHECK(nenc_camera_request_key(self.camera) == NENC_OK);
    shoot(&self, 1);
    CHECK(self.shot.key && self.keys == 2);
    shoot(&self, 20);
    CHECK(self.keys == 2);
    shoot(&self, 200); /* 6.7 s */
    if (strcmp(kind, "null") != 0) CHECK(self.keys == 2 + 3);
    leave(&self);
}

static void check_ladder(const char *kind)
{
    stage self;
    if (!open_on(&self, kind)) return;
    shoot(&self, 10);
    self.rung = 180;
    shoot(&self, 1);
    CHECK(self.shot.rung == 180);
    CHECK(strcmp(kind, "null") == 0 || self.shot.key);
    self.rung = 4320;
    shoot(&self, 10);
    CHECK(self.shot.rung == LINES);
    CHECK(nenc_camera_set_resolution(self.camera, 240) == NENC_OK);
    shoot(&self, 1);
    CHECK(self.shot.rung == 240 && self.shot.key);
    const int keys = self.keys;
    self.fps = 15.0;
    shoot(&self, 15);
    CHECK(self.keys == keys);
    if (strcmp(kind, "model") != 0) CHECK(self.shot.interval_ns == 66666667);
    else CHECK(self.shot.interval_ns > 0);
    CHECK(nenc_camera_set_resolution(self.camera, 15) == NENC_EINVAL && nenc_camera_failure(self.camera)[0]);
    leave(&self);
    if (strcmp(kind, "null") == 0) return; /* it always follows */
    prepare(&self, kind);
    self.config.follow_rung = 0;
    self.rung = 180;
    self.fps = 15.0;
    if (!begin(&self)) return;
    shoot(&self, 20);
    CHECK(self.shot.rung == LINES && self.keys == 1);
    CHECK_NEAR((double)(self.now_ns - self.config.start_ns) / 1e9, 20 / 30.0, 0.25);
    leave(&self);
}

/* ---- what goes wrong --------------------------------------------------------------------------------------------- */

static void check_model_fault(uint32_t fault)
{
    stage self;
    prepare(&self, "model");
    self.config.watchdog_ns = watchdog_ns;
    if (!begin(&self)) return;
    shoot(&self, 30);
    CHECK(nenc_camera_set_fault(self.camera, fault, 1) == NENC_OK);
    shoot(&self, 1);
    CHECK(self.shot.encode_ns == (fault == NENC_FAULT_HANG ? watchdog_ns : 4000000) + 8000000);
    shoot(&self, 29);
    CHECK(nenc_camera_set_fault(self.camera, fault, 0) == NENC_OK);
    shoot(&self, 30);
    CHECK(self.frames == 90 && self.software == 30 && self.keys == 3);
    leave(&self);
}

/* No frame is lost, an IDR picture at each switch, and hardware that is well again is found by a probe. */
static void check_video_fault(uint32_t fault)
{
    stage self;
    prepare(&self, "vaapi");
    self.config.watchdog_ns = fault == NENC_FAULT_HANG ? watchdog_ns : 5 * second_ns;
    if (!begin(&self)) return;
    shoot(&self, 30);
    if (self.fallbacks && fault == NENC_FAULT_HANG) { /* the machine was too busy for this watchdog */
        printf("NOT CHECKED: a hang; a picture took longer than %.0f ms without one\n", (double)watchdog_ns / 1e6);
        leave(&self);
        return;
    }
    CHECK(!self.software && !self.fallbacks);
    CHECK(nenc_camera_set_fault(self.camera, fault, 1) == NENC_OK);
    CHECK(nenc_camera_set_fault(self.camera, NENC_FAULT_IGNORE_RATE, 1) == NENC_OK); /* does not mend it */
    shoot(&self, 1);
    CHECK(self.shot.software && self.shot.key && self.shot.failed && self.fallbacks == 1);
    if (fault == NENC_FAULT_HANG) CHECK(self.shot.failed == NENC_ENCODE_TIMEOUT && self.shot.encode_ns >= watchdog_ns);
    printf("fault %u: %.1f ms from the picture to its frame\n", fault, (double)self.shot.encode_ns / 1e6);
    shoot(&self, 29);
    CHECK(self.software == 30 && self.keys == 2);
    CHECK(nenc_camera_set_fault(self.camera, NENC_FAULT_IGNORE_RATE, 0) == NENC_OK);
    CHECK(nenc_camera_set_fault(self.camera, fault, 0) == NENC_OK);
    for (int i = 0; i < 1500 && !self.recoveries; i++) {
        usleep(2000); /* a probe is a process, which takes real time */
        shoot(&self, 1);
    }
    CHECK(self.recoveries == 1 && !self.shot.software && self.shot.key);
    const int frames = self.frames;
    shoot(&self, 30);
    CHECK(self.frames == frames + 30);
    CHECK(self.keys == 1 + self.fallbacks + self.recoveries);
    leave(&self);
}

static void check_ignored_rate(const char *kind)
{
    stage self;
    if (!open_on(&self, kind)) return;
    shoot(&self, 30);
    CHECK(nenc_camera_set_fault(self.camera, NENC_FAULT_IGNORE_RATE, 1) == NENC_OK);
    self.bps = 0.25e6;
    shoot(&self, 30);
    shoot(&self, 60);
    CHECK_NEAR(self.bytes * 8.0 / 2.0, 1e6, 0.3e6);
    CHECK(nenc_camera_set_fault(self.camera, NENC_FAULT_IGNORE_RATE, 0) == NENC_OK);
    shoot(&self, 60);
    shoot(&self, 60);
    CHECK_NEAR(self.bytes * 8.0 / 2.0, 0.25e6, 0.08e6);
    CHECK(self.keys == 1);
    leave(&self);
}

/* A picture that needs no more than it has at the finest QP is told of, once. */
static void check_limits(void)
{
    stage self;
    prepare(&self, "x264");
    self.config.complexity = 0.0;
    self.config.qp_min = 18;
    self.config.quality = 1;
    self.bps = 20e6;
    if (!begin(&self)) return;
    shoot(&self, 120);
    CHECK(self.warnings == 1);
    CHECK(self.shot.psnr > 35.0f && self.shot.ssim > 0.9f && self.shot.ssim <= 1.0f && self.shot.measure_ns > 0);
    leave(&self);
}

static void check_hardware_that_is_not_there(void)
{
    stage self;
    char text[300] = "";
    prepare(&self, "vaapi");
    self.config.host = "/nonexistent/nenc_encoder_host";
    const int status = nenc_camera_open(&self.config, &self.camera, text, sizeof text);
    if (status == NENC_OK) { /* gone from the beginning: an event, and software */
        shoot(&self, 5);
        CHECK(self.software == 5 && self.fallbacks == 1);
        CHECK(strstr(nenc_camera_describe(self.camera), "x264 in place of vaapi"));
        leave(&self);
    } else CHECK(text[0]);
    printf("a host that is not there: %d %s\n", status, text);
}

static void refuse(const char *what, const nenc_camera_config *config, int wanted)
{
    nenc_camera *camera = NULL;
    char text[300] = "";
    const int status = nenc_camera_open(config, &camera, text, sizeof text);
    if (status >= 0 || !text[0]) printf("%s: %d '%s'\n", what, status, text);
    CHECK(status < 0 && (wanted == 0 || status == wanted) && !camera && text[0] && !strchr(text, '\n'));
    nenc_camera_close(camera);
}

#define REFUSE(kind, wanted, ...)                                                                                                \
    do {                                                                                                                         \
        stage self;                                                                                                              \
        prepare(&self, kind);                                                                                                    \
        nenc_camera_config *c = &self.config;                                                                                    \
        __VA_ARGS__;                                                                                                             \
        refuse(#__VA_ARGS__, c, wanted);                                                                                         \
    } while (0)

static void check_refusals(void)
{
    char longest[400];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    REFUSE("model", NENC_EINVAL, c->kind = "h265");
    REFUSE("model", NENC_EINVAL, c->kind = NULL);
    REFUSE("model", NENC_EINVAL, c->lines = 0);
    REFUSE("null", NENC_EINVAL, c->lines = 361);
    REFUSE("model", NENC_EINVAL, c->lines = 9218);
    REFUSE("model", NENC_EINVAL, c->fps = 0.0);
    REFUSE("model", NENC_EINVAL, c->fps = NAN);
    REFUSE("null", NENC_EINVAL, c->fps = 1001.0);
    REFUSE("model", NENC_EINVAL, c->rate_bps = -1.0);
    REFUSE("model", NENC_EINVAL, c->rate_bps = INFINITY);
    REFUSE("model", NENC_EINVAL, c->watchdog_ns = 0);
    REFUSE("model", NENC_EINVAL, c->key_interval_ns = -1);
    REFUSE("model", NENC_EINVAL, c->size = 3);
    REFUSE("model", NENC_EINVAL, c->model.size = 3);
    REFUSE("model", NENC_EINVAL, c->model.rate_min_bps = 2e6; c->model.rate_max_bps = 1e6);
    REFUSE("model", NENC_EINVAL, c->model.key_ratio = -1.0);
    REFUSE("model", NENC_EINVAL, c->model.size_scale = NAN);
    REFUSE("x264", 0, c->threads = 0);
    REFUSE("x264", 0, c->preset = "quickest");
    REFUSE("x264", NENC_EINVAL, c->preset = longest);
    REFUSE("x264", NENC_EINVAL, c->device = longest);
    REFUSE("x264", NENC_EINVAL, c->qp_min = 52);
    REFUSE("x264", NENC_EINVAL, c->qp_min = 40; c->qp_max = 39);
    REFUSE("x264", NENC_EINVAL, c->complexity = 1.5);
    REFUSE("x264", NENC_EINVAL, c->cut_ns = -1);
    REFUSE("x264", NENC_EINVAL, c->vbv_ns = 0);
    REFUSE("x264", 0, c->codec = NENC_HEVC);
    REFUSE("x264", 0, c->file = "/nonexistent/clip.y4m");
    REFUSE("x264", 0, c->file = "/dev/null");
    REFUSE("vaapi", 0, c->device = "/nonexistent/renderD128");
    REFUSE("auto", 0, c->qp_initial = 60);
    nenc_camera *camera;
    nenc_camera_config config;
    nenc_camera_config_default(&config);
    CHECK(nenc_camera_open(NULL, &camera, NULL, 0) == NENC_EINVAL && !camera);
    CHECK(nenc_camera_open(&config, NULL, NULL, 0) == NENC_EINVAL);
    CHECK(nenc_camera_shoot(NULL, 0, 1e6, 30.0, 720, 28.0, NULL) == NENC_EINVAL);
    CHECK(nenc_camera_request_key(NULL) == NENC_EINVAL && nenc_camera_set_fault(NULL, 1, 1) == NENC_EINVAL);
    CHECK(!strcmp(nenc_camera_describe(NULL), "") && !strcmp(nenc_camera_kind(NULL), ""));
    nenc_camera_close(NULL);
}

/* ---- the table of fields ----------------------------------------------------------------------------------------- */

static int number_is_legal(const nenc_camera_field *field, double value)
{
    nenc_camera_config config;
    char text[200] = "";
    nenc_camera_config_default(&config);
    const int status = nenc_camera_set(&config, field->name, value, text, sizeof text);
    CHECK((status == NENC_OK) == (text[0] == '\0'));
    CHECK(status == NENC_OK || (status == NENC_EINVAL && strstr(text, field->name) && !strchr(text, '\n')));
    return status == NENC_OK;
}

static int length_is_legal(const nenc_camera_field *field, double length)
{
    static char longest[5000];
    nenc_camera_config config;
    char text[200] = "";
    nenc_camera_config_default(&config);
    memset(longest, 'x', sizeof longest);
    longest[(size_t)length] = '\0';
    const int status = nenc_camera_set_text(&config, field->name, longest, text, sizeof text);
    CHECK(status == NENC_OK || (status == NENC_EINVAL && strstr(text, field->name)));
    return status == NENC_OK;
}

static void check_bounds(const nenc_camera_field *field)
{
    const int is_text = field->kind == NENC_FIELD_TEXT;
    int (*const legal)(const nenc_camera_field *, double) = is_text ? length_is_legal : number_is_legal;
    const int is_real = field->kind == NENC_FIELD_NUMBER || field->kind == NENC_FIELD_RATIO || field->kind == NENC_FIELD_RATE;
    const double step = is_real ? 1e-6 : 1.0, below = field->low - step, above = field->high + step;
    CHECK(field->low <= field->high && legal(field, field->low) && legal(field, field->high));
    if (is_text) CHECK(legal(field, 0.0));
    else CHECK(legal(field, field->value));
    if (!is_text || below >= 0.0) CHECK(legal(field, below) == (field->optional && below == field->value));
    if (field->high < NENC_FIELD_UNBOUNDED) CHECK(!legal(field, above));
    if (is_text) return;
    CHECK(!legal(field, NAN) && !legal(field, -INFINITY));
    CHECK(legal(field, INFINITY) == (isinf(field->value) != 0));
    if (!is_real && field->high > field->low) CHECK(!legal(field, field->low + 0.5));
}

static void check_words(const nenc_camera_field *field)
{
    nenc_camera_config config;
    char text[200] = "", word[40];
    const char *at = field->words;
    nenc_camera_config_default(&config);
    for (uint32_t place = 0; place <= (uint32_t)field->high; place++, at += strcspn(at, "|") + 1) {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, "|"), at);
        CHECK(nenc_camera_set_text(&config, field->name, word, text, sizeof text) == NENC_OK);
        CHECK(*(const uint32_t *)(const void *)((const char *)&config + field->offset) == place);
    }
    CHECK(at == field->words + strlen(field->words) + 1); /* as many words as values */
    CHECK(nenc_camera_set_text(&config, field->name, "sideways", text, sizeof text) == NENC_EINVAL);
    CHECK(strstr(text, field->name) && strstr(text, "sideways") && strstr(text, field->words));
}

static void check_names(const nenc_camera_field *field, size_t number)
{
    const nenc_camera_field *other;
    CHECK(*field->name && *field->help && *field->reason && field->groups && field->groups <= NENC_CAMERA_ANY);
    CHECK(field->help[strlen(field->help) - 1] == '.');
    CHECK(field->flag < 0 || (*field->option && (field->kind == NENC_FIELD_FLAG || field->kind == NENC_FIELD_CHOICE)));
    for (size_t i = 0; i < number && (other = nenc_camera_field_at(i)); i++)
        CHECK(strcmp(other->name, field->name) && strcmp(other->key, field->key) && other->offset != field->offset &&
              (!*field->option || strcmp(other->option, field->option)));
}

/* Every entry: its default is legal and is the configuration's, its bounds are enforced, its names are its own. */
static void check_fields(void)
{
    const nenc_camera_field *field;
    nenc_camera_config config;
    char text[200] = "";
    size_t count = 0;
    nenc_camera_config_default(&config);
    CHECK(nenc_camera_config_check(&config, text, sizeof text) == NENC_OK && !text[0]);
    for (; (field = nenc_camera_field_at(count)); count++) {
        check_names(field, count);
        check_bounds(field);
        if (field->kind == NENC_FIELD_CHOICE) check_words(field);
    }
    CHECK(count > 30 && !nenc_camera_field_at(count + 1));
    CHECK(nenc_camera_set(&config, "colour", 1.0, text, sizeof text) == NENC_EINVAL && strstr(text, "colour"));
    CHECK(nenc_camera_set(&config, "preset", 1.0, NULL, 0) == NENC_EINVAL);
    CHECK(nenc_camera_set_text(&config, "fps", "60", NULL, 0) == NENC_EINVAL);
    CHECK(nenc_camera_set(NULL, "fps", 60.0, NULL, 0) == NENC_EINVAL && nenc_camera_config_check(NULL, NULL, 0) == NENC_EINVAL);
}

static void check_kinds(void)
{
    const char *name;
    size_t count = 0;
    for (; (name = nenc_camera_kind_at(count)); count++) CHECK(nenc_camera_group_of(name));
    CHECK(count >= 5 && nenc_camera_group_of("model") == NENC_CAMERA_MODEL && nenc_camera_group_of("null") == NENC_CAMERA_NULL);
    CHECK(nenc_camera_group_of("auto") == NENC_CAMERA_REAL && !nenc_camera_group_of("h265") && !nenc_camera_group_of(NULL));
    for (uint32_t fault = NENC_FAULT_FAIL; fault <= NENC_FAULT_IGNORE_RATE; fault++) CHECK(nenc_fault_name(fault));
    CHECK(!nenc_fault_name(NENC_FAULT_NONE) && !nenc_fault_name(99));
}

/* ---- virtual time ------------------------------------------------------------------------------------------------ */

/* A frame takes the configured time, whatever it really took; a hang costs the watchdog's time. */
static void check_virtual_time(const char *kind)
{
    stage self;
    prepare(&self, kind);
    self.config.virtual_time = 1;
    self.config.encode_ns = 3000000;
    self.config.software_ns = 7000000;
    self.config.watchdog_ns = 2 * second_ns;
    if (!begin(&self)) return;
    shoot(&self, 10);
    CHECK(self.shot.encode_ns == 3000000 && !self.shot.software && !self.shot.events);
    if (strcmp(kind, "vaapi") == 0) {
        CHECK(nenc_camera_set_fault(self.camera, NENC_FAULT_HANG, 1) == NENC_OK);
        shoot(&self, 1);
        CHECK(self.shot.encode_ns == 2 * second_ns + 7000000 && self.shot.failed == NENC_ENCODE_TIMEOUT);
        CHECK(self.shot.events == 1 && self.fallbacks == 1);
        shoot(&self, 1);
        CHECK(self.shot.encode_ns == 7000000 && self.shot.software);
    }
    leave(&self);
}

/* ---- pictures of the caller's own -------------------------------------------------------------------------------- */

static int render_grey(void *user, uint64_t number, const nenc_picture *picture)
{
    int *left = user;
    if ((*left)-- == 0) return NENC_ERANGE;
    for (uint32_t y = 0; y < picture->height; y++)
        memset((uint8_t *)(uintptr_t)picture->plane[0] + y * picture->stride[0], (int)(number & 255), picture->width);
    for (uint32_t y = 0; y < picture->height / 2; y++)
        memset((uint8_t *)(uintptr_t)picture->plane[1] + y * picture->stride[1], 128, picture->width);
    return NENC_OK;
}

static void check_callback(void)
{
    stage self;
    int left = 12;
    nenc_source *source;
    char text[200] = "";
    CHECK(nenc_source_callback(65, 48, render_grey, &left, &source, text, sizeof text) == NENC_EINVAL && text[0] && !source);
    CHECK(nenc_source_callback(64, 48, NULL, &left, &source, text, sizeof text) == NENC_EINVAL && !source);
    CHECK(nenc_source_callback(64, 48, render_grey, &left, &source, text, sizeof text) == NENC_OK);
    prepare(&self, "x264");
    self.config.source = source;
    if (begin(&self)) {
        shoot(&self, 12);
        CHECK(self.shot.rung == 48 && self.keys == 1);
        nenc_shot shot;
        CHECK(nenc_camera_shoot(self.camera, self.now_ns, 1e6, 30.0, LINES, 28.0, &shot) == NENC_ENCODE_SOURCE);
        CHECK(nenc_camera_failure(self.camera)[0]);
        leave(&self);
    }
    nenc_source_close(source);
}

static void check_bad_calls(const char *kind)
{
    stage self;
    if (!open_on(&self, kind)) return;
    nenc_shot shot;
    const double bad[][2] = {{-1.0, 30.0}, {NAN, 30.0}, {INFINITY, 30.0}, {1e6, 0.0}, {1e6, -1.0}, {1e6, NAN}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(nenc_camera_shoot(self.camera, self.now_ns, bad[i][0], bad[i][1], LINES, 28.0, &shot) == NENC_EINVAL);
        CHECK(nenc_camera_failure(self.camera)[0] && !shot.bytes);
    }
    CHECK(nenc_camera_shoot(self.camera, self.now_ns, 1e6, 30.0, 0, 28.0, &shot) == NENC_EINVAL);
    CHECK(nenc_camera_set_fault(self.camera, NENC_FAULT_NONE, 1) == NENC_EINVAL);
    CHECK(nenc_camera_set_fault(self.camera, 99, 1) == NENC_EINVAL);
    leave(&self);
}

/* ---- memory that ends -------------------------------------------------------------------------------------------- */

void *__real_nenc_alloc(size_t size);
void *__wrap_nenc_alloc(size_t size);
static int allocations_left = -1; /* < 0: as many as there are */

void *__wrap_nenc_alloc(size_t size)
{
    if (allocations_left == 0) return NULL;
    if (allocations_left > 0) allocations_left--;
    return __real_nenc_alloc(size);
}

static void check_memory(const char *kind)
{
    int opened = 0;
    for (int left = 0; left < 100 && !opened; left++) {
        stage self;
        char text[300] = "";
        prepare(&self, kind);
        allocations_left = left;
        const int status = nenc_camera_open(&self.config, &self.camera, text, sizeof text);
        opened = allocations_left > 0;
        allocations_left = -1;
        if (status == NENC_ENCODE_MISSING) return;
        CHECK(status == NENC_OK || text[0]);
        CHECK(!opened || status == NENC_OK);
        if (status == NENC_OK) {
            shoot(&self, 3); /* also when the hardware was what could not be had */
            leave(&self);
        }
    }
    CHECK(opened);
}

/* ---- what is filmed ---------------------------------------------------------------------------------------------- */

enum { CLIP_WIDTH = 64, CLIP_HEIGHT = 48, CLIP_PICTURES = 4, LUMA = CLIP_WIDTH * CLIP_HEIGHT };

/* Picture n is one grey: 40 + 50 n. */
static void write_clip(const char *path, int y4m, int pictures)
{
    FILE *out = fopen(path, "wb");
    CHECK(out != NULL);
    if (!out) return;
    if (y4m) fprintf(out, "YUV4MPEG2 W%d H%d F10:1 Ip C420\n", CLIP_WIDTH, CLIP_HEIGHT);
    for (int n = 0; n < pictures; n++) {
        if (y4m) fputs("FRAME\n", out);
        for (int i = 0; i < LUMA; i++) fputc(40 + 50 * n, out);
        for (int i = 0; i < LUMA / 2; i++) fputc(128, out);
    }
    CHECK(fclose(out) == 0);
}

static uint8_t planes[LUMA * 3 / 2];
static const nenc_picture into = {
    .format = NENC_NV12,
    .width = CLIP_WIDTH,
    .height = CLIP_HEIGHT,
    .plane = {planes, planes + LUMA},
    .stride = {CLIP_WIDTH, CLIP_WIDTH},
};

static int grey_at(nenc_film *film, double seconds)
{
    char text[200] = "";
    CHECK(nenc_film_render(film, (int64_t)(seconds * 1e9) + second_ns, &into, text, sizeof text) == NENC_OK);
    return (planes[0] - 40) / 50;
}

static void check_film(const char *path)
{
    const nenc_film fresh = {.fps = 10.0, .start_ns = second_ns, .pattern = {.width = CLIP_WIDTH, .height = CLIP_HEIGHT}};
    char text[200] = "";
    for (int y4m = 0; y4m < 2; y4m++) {
        nenc_film film = fresh;
        write_clip(path, y4m, CLIP_PICTURES);
        CHECK(nenc_film_open(&film, path, text, sizeof text) == NENC_OK);
        CHECK(film.pattern.width == CLIP_WIDTH && film.pattern.height == CLIP_HEIGHT);
        CHECK(grey_at(&film, 0.0) == 0 && grey_at(&film, 0.1) == 1 && grey_at(&film, 0.34) == 3);
        CHECK(grey_at(&film, 0.4) == 0 && grey_at(&film, 1.1) == 3 && grey_at(&film, 0.2) == 2); /* looped, and back */
        CHECK(grey_at(&film, -0.5) == 0);
        nenc_film_close(&film);
        nenc_film_close(&film);
    }
    const uint32_t lines[] = {360, 480, 720, 1080, 1440, 2160, 4320}, widths[] = {640, 854, 1280, 1920, 2560, 3840, 7680};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) CHECK(nenc_camera_width(lines[i]) == widths[i]);
}

static void check_file(const char *kind, const char *path, int y4m)
{
    stage self;
    prepare(&self, kind);
    write_clip(path, y4m, CLIP_PICTURES);
    self.config.file = path;
    self.config.width = CLIP_WIDTH;
    self.config.height = CLIP_HEIGHT;
    self.rung = 16; /* its size is its own */
    if (!begin(&self)) return;
    shoot(&self, 40);
    CHECK(self.shot.rung == CLIP_HEIGHT && self.keys == 1);
    CHECK(nenc_camera_set_resolution(self.camera, 720) == NENC_OK);
    shoot(&self, 1);
    CHECK(self.shot.rung == CLIP_HEIGHT && self.keys == 1);
    CHECK(truncate(path, 10) == 0);
    nenc_shot shot;
    CHECK(nenc_camera_shoot(self.camera, self.now_ns, 1e6, 30.0, LINES, 28.0, &shot) == NENC_ENCODE_SOURCE);
    CHECK(strstr(nenc_camera_failure(self.camera), path) && !shot.bytes && !shot.data);
    leave(&self);
}

/* 4K and 8K: that they can be had, and what they cost. */
static void check_large(const char *kind, uint32_t lines)
{
    stage self;
    prepare(&self, kind);
    self.config.lines = lines;
    self.bps = self.config.rate_bps = 50e6;
    if (!begin(&self)) return;
    shoot(&self, 1);
    int64_t render_ns = INT64_MAX, encode_ns = INT64_MAX;
    for (int i = 0; i < 4; i++) {
        shoot(&self, 1);
        if (self.shot.render_ns < render_ns) render_ns = self.shot.render_ns;
        if (self.shot.encode_ns < encode_ns) encode_ns = self.shot.encode_ns;
    }
    CHECK(self.shot.rung == lines && self.keys == 1);
    self.rung = 1080;
    shoot(&self, 1);
    CHECK(self.shot.rung == 1080 && self.shot.key);
    printf("%s, %u lines: %.1f ms to film, %.1f ms to encode, %.1f ms for the switch to 1080 lines with its frame\n", kind, lines,
           (double)render_ns / 1e6, (double)encode_ns / 1e6, (double)self.shot.encode_ns / 1e6);
    leave(&self);
}

int main(void)
{
    char path[] = "/tmp/nenc-camera-XXXXXX";
    const int before = open_descriptors(), file = mkstemp(path);
    CHECK(file >= 0);
    close(file);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        check_frames(kinds[i]);
        check_bad_calls(kinds[i]);
        check_rate(kinds[i]);
        check_keys(kinds[i]);
        check_ladder(kinds[i]);
        if (strcmp(kinds[i], "auto") != 0) check_memory(kinds[i]);
    }
    for (uint32_t fault = NENC_FAULT_FAIL; fault <= NENC_FAULT_RESET; fault++) {
        check_model_fault(fault);
        check_video_fault(fault);
    }
    check_ignored_rate("model");
    check_ignored_rate("x264");
    check_ignored_rate("vaapi");
    check_fields();
    check_kinds();
    check_virtual_time("model");
    check_virtual_time("x264");
    check_virtual_time("vaapi");
    check_callback();
    check_limits();
    check_hardware_that_is_not_there();
    check_refusals();
    check_film(path);
    for (int y4m = 0; y4m < 2; y4m++) {
        check_file("x264", path, y4m);
        check_file("vaapi", path, y4m);
    }
    check_large("x264", 2160);
    if (!check_quick()) {
        check_large("x264", 4320);
        check_large("vaapi", 2160);
    }
    unlink(path);
    CHECK(open_descriptors() == before);
    return CHECK_END();
}
