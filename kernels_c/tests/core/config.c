/* config.c - the table of knobs, and what a configuration may be. */
#include "nenc/nenc.h"

#include "check.h"

static void defaults_are_legal(void)
{
    nenc_config config;
    const char *culprit = "none";
    memset(&config, 0xff, sizeof config);
    nenc_config_default(&config);
    CHECK(config.size == sizeof config && config.law == NENC_LAW_NENC);
    CHECK(config.tick_ns == 16666666);
    CHECK(nenc_config_check(&config, &culprit) == NENC_OK);
    CHECK(culprit == NULL);
    CHECK(config.rate_min_bps == 5e6 && config.rate_max_bps == 120e6 &&
          config.bitrate_step == 0.05); /* those of the original program */
    CHECK(config.qp_min == 18 && config.qp_max == 51 && config.qp_initial == 25);
}

/* Every double of the struct is a knob, each once: what cannot be looked up cannot be tuned. */
static void every_field_is_a_knob(void)
{
    size_t count = 0;
    const nenc_knob *knobs = nenc_knobs(&count);
    size_t first = offsetof(nenc_config, rate_min_bps);
    CHECK(count == (sizeof(nenc_config) - first) / sizeof(double));
    for (size_t i = 0; i < count; i++) {
        CHECK(knobs[i].offset == first + i * sizeof(double));
        CHECK(knobs[i].name[0] != 0);
        CHECK(strlen(knobs[i].reason) > 20);
        CHECK(knobs[i].low <= knobs[i].value && knobs[i].value <= knobs[i].high && knobs[i].low < knobs[i].high);
        CHECK(isfinite(knobs[i].low) && isfinite(knobs[i].high));
        for (size_t j = 0; j < i; j++) CHECK(strcmp(knobs[i].name, knobs[j].name) != 0);
    }
    CHECK(nenc_knobs(NULL) == knobs);
}

static void each_knob_in_and_out_of_its_range(void)
{
    size_t count;
    const nenc_knob *knobs = nenc_knobs(&count);
    for (size_t i = 0; i < count; i++) {
        const nenc_knob *k = &knobs[i];
        nenc_config config, before;
        double value = 0;
        nenc_config_default(&config);
        CHECK(nenc_config_get(&config, k->name, &value) == NENC_OK && value == k->value);
        CHECK(nenc_config_set(&config, k->name, k->low) == NENC_OK);
        CHECK(nenc_config_get(&config, k->name, &value) == NENC_OK && value == k->low);
        CHECK(nenc_config_set(&config, k->name, k->high) == NENC_OK);
        CHECK(nenc_config_get(&config, k->name, &value) == NENC_OK && value == k->high);
        before = config;
        const double wrong[] = {k->high + fabs(k->high), k->low - fabs(k->low) - 1, NAN, INFINITY, -INFINITY};
        for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
            const char *culprit = NULL;
            CHECK(nenc_config_set(&config, k->name, wrong[w]) == NENC_EINVAL);
            CHECK(memcmp(&config, &before, sizeof config) == 0);
            nenc_config broken;
            nenc_config_default(&broken);
            memcpy((char *)&broken + k->offset, &wrong[w], sizeof wrong[w]);
            CHECK(nenc_config_check(&broken, &culprit) == NENC_EINVAL);
            CHECK(culprit && strcmp(culprit, k->name) == 0);
        }
    }
}

static void expect_culprit(const nenc_config *config, const char *expected)
{
    const char *culprit = NULL;
    CHECK(nenc_config_check(config, NULL) == NENC_EINVAL);
    CHECK(nenc_config_check(config, &culprit) == NENC_EINVAL);
    CHECK(culprit && strcmp(culprit, expected) == 0);
}

static nenc_config changed(const char *name, double value)
{
    nenc_config config;
    nenc_config_default(&config);
    CHECK(nenc_config_set(&config, name, value) == NENC_OK);
    return config;
}

static void fields_against_each_other(void)
{
    nenc_config c;
    c = changed("rate_max_bps", 4e6), expect_culprit(&c, "rate_max_bps");
    c = changed("rate_start_bps", 4e6), expect_culprit(&c, "rate_start_bps");
    c = changed("rate_start_bps", 121e6), expect_culprit(&c, "rate_start_bps");
    c = changed("height_max", 2000), expect_culprit(&c, "height_max");
    c = changed("queue_high_ns", 5e6), expect_culprit(&c, "queue_high_ns");
    c = changed("shed_fps_min", 61), expect_culprit(&c, "shed_fps_min");
    c = changed("qp_initial", 10), expect_culprit(&c, "qp_initial");
    c = changed("qp_max", 12), expect_culprit(&c, "qp_max");
    nenc_config_default(&c), c.size--, expect_culprit(&c, "size");
    nenc_config_default(&c), c.law = 2, expect_culprit(&c, "law");
    nenc_config_default(&c), c.tick_ns = 0, expect_culprit(&c, "tick_ns");
    nenc_config_default(&c), c.tick_ns = -1, expect_culprit(&c, "tick_ns");
    nenc_config_default(&c), c.tick_ns = 2000000000, expect_culprit(&c, "tick_ns");
}

static void nonsense(void)
{
    nenc_config config;
    double value;
    nenc_config_default(NULL);
    nenc_config_default(&config);
    CHECK(nenc_config_set(&config, "kpp", 1) == NENC_EINVAL);
    CHECK(nenc_config_set(&config, "", 1) == NENC_EINVAL);
    CHECK(nenc_config_set(&config, NULL, 1) == NENC_EINVAL);
    CHECK(nenc_config_set(NULL, "kp", 1) == NENC_EINVAL);
    CHECK(nenc_config_get(&config, "tick_ns", &value) == NENC_EINVAL);
    CHECK(nenc_config_get(NULL, "kp", &value) == NENC_EINVAL);
    CHECK(nenc_config_get(&config, "kp", NULL) == NENC_EINVAL);
    expect_culprit(NULL, "config");
}

static void words(void)
{
    CHECK(strcmp(nenc_version(), NENC_VERSION) == 0);
    for (int status = NENC_ERANGE; status <= NENC_OK; status++) {
        CHECK(strlen(nenc_strerror(status)) > 3);
        for (int other = status + 1; other <= NENC_OK; other++) CHECK(strcmp(nenc_strerror(status), nenc_strerror(other)) != 0);
    }
    CHECK(strcmp(nenc_strerror(5000000), nenc_strerror(NENC_OK)) == 0); /* nenc_step's rates are no errors */
    CHECK(strcmp(nenc_strerror(-99), "unknown status") == 0);
}

/* By name: the number of its row, and its gains where they are not the knobs' defaults; an unknown name changes nothing. */
static void controllers(void)
{
    const nenc_controller_kind *kind;
    nenc_config defaults, config;
    nenc_config_default(&defaults);
    uint32_t count = 0;
    for (; (kind = nenc_controller_kind_at(count)); count++) {
        config = defaults;
        CHECK(nenc_config_choose(&config, kind->name) == NENC_OK && config.law == count);
        CHECK(config.kp == (isnan(kind->kp) ? defaults.kp : kind->kp) &&
              config.ki == (isnan(kind->ki) ? defaults.ki : kind->ki) && config.kd == (isnan(kind->kd) ? defaults.kd : kind->kd));
        CHECK(nenc_config_check(&config, NULL) == NENC_OK && strlen(kind->about) > 3);
        for (uint32_t other = 0; other < count; other++) CHECK(strcmp(kind->name, nenc_controller_kind_at(other)->name) != 0);
    }
    CHECK(count >= 2 && strcmp(nenc_controller_kind_at(NENC_LAW_CLASSIC)->name, "classic") == 0);
    config = defaults;
    CHECK(nenc_config_choose(&config, "clasic") == NENC_EINVAL && nenc_config_choose(&config, NULL) == NENC_EINVAL);
    CHECK(nenc_config_choose(NULL, "nenc") == NENC_EINVAL && memcmp(&config, &defaults, sizeof config) == 0);
    config.law = count;
    CHECK(nenc_config_check(&config, NULL) == NENC_EINVAL);
}

int main(void)
{
    controllers();
    defaults_are_legal();
    every_field_is_a_knob();
    each_knob_in_and_out_of_its_range();
    fields_against_each_other();
    nonsense();
    words();
    return CHECK_END();
}
