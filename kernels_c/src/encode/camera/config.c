/* config.c - default, checks and changes of a camera's configuration, all from the table of fields. */
#include "encode/camera/fields.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 4))) static int wrong(char *text, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (text && size) vsnprintf(text, size, format, args);
    va_end(args);
    return NENC_EINVAL;
}

static void store(nenc_camera_config *config, const nenc_camera_field *field, double value)
{
    void *at = (char *)config + field->offset;
    switch (field->kind) {
    case NENC_FIELD_FLAG:
    case NENC_FIELD_CHOICE:
    case NENC_FIELD_WHOLE: *(uint32_t *)at = (uint32_t)value; break;
    case NENC_FIELD_TIME: *(int64_t *)at = (int64_t)value; break;
    case NENC_FIELD_TEXT: *(const char **)at = ""; break;
    default: *(double *)at = value;
    }
}

/* Of a TEXT, its length. */
static double load(const nenc_camera_config *config, const nenc_camera_field *field)
{
    const void *at = (const char *)config + field->offset;
    switch (field->kind) {
    case NENC_FIELD_FLAG:
    case NENC_FIELD_CHOICE:
    case NENC_FIELD_WHOLE: return *(const uint32_t *)at;
    case NENC_FIELD_TIME: return (double)*(const int64_t *)at;
    case NENC_FIELD_TEXT: {
        const char *text = *(const char *const *)at;
        return text ? (double)strlen(text) : 0.0;
    }
    default: return *(const double *)at;
    }
}

static int is_whole(uint32_t kind)
{
    return kind == NENC_FIELD_FLAG || kind == NENC_FIELD_CHOICE || kind == NENC_FIELD_WHOLE || kind == NENC_FIELD_TIME;
}

/* Checks one value, or the length of a TEXT, against its entry. A NaN is out of every range. */
static int check(const nenc_camera_field *field, double value, char *text, size_t size)
{
    if (field->optional && value == field->value) return NENC_OK;
    const char *unit = field->kind == NENC_FIELD_TEXT ? "characters" : field->unit, *gap = *unit ? " " : "";
    if (is_whole(field->kind) && rint(value) != value)
        return wrong(text, size, "%s: %.15g%s%s is not a whole number", field->name, value, gap, unit);
    if (value >= field->low && value <= field->high) return NENC_OK;
    if (field->high >= NENC_FIELD_UNBOUNDED)
        return wrong(text, size, "%s: %.15g%s%s is out of its range, %.15g%s%s or more", field->name, value, gap, unit,
                     field->low, gap, unit);
    return wrong(text, size, "%s: %.15g%s%s is out of its range, %.15g to %.15g%s%s", field->name, value, gap, unit, field->low,
                 field->high, gap, unit);
}

void nenc_camera_config_default(nenc_camera_config *config)
{
    *config = (nenc_camera_config){.size = sizeof *config, .kind = "model", .rate_bps = 2e6, .model.size = sizeof config->model};
    const nenc_camera_field *field;
    for (size_t i = 0; (field = nenc_camera_field_at(i)); i++) store(config, field, field->value);
}

void nenc_model_config_default(nenc_model_config *config)
{
    nenc_camera_config camera;
    nenc_camera_config_default(&camera);
    *config = nenc_camera_model_config(&camera);
}

nenc_model_config nenc_camera_model_config(const nenc_camera_config *config)
{
    nenc_model_config model = config->model;
    model.lines = config->lines;
    model.follow_rung = config->follow_rung;
    model.fps = config->fps;
    model.encode_ns = config->encode_ns;
    model.software_ns = config->software_ns;
    model.key_interval_ns = config->key_interval_ns;
    model.watchdog_ns = config->watchdog_ns;
    model.seed = config->seed;
    model.stream = config->stream;
    return model;
}

int nenc_camera_set(nenc_camera_config *config, const char *name, double value, char *text, size_t size)
{
    const nenc_camera_field *field = nenc_camera_field_find(name);
    if (!config || !field || field->kind == NENC_FIELD_TEXT)
        return wrong(text, size, "%s is not a number of the camera's configuration", name ? name : "NULL");
    const int status = check(field, value, text, size);
    if (status == NENC_OK) store(config, field, value);
    return status;
}

/* The position of a word in "one|other"; -1: it is not there. */
static int position(const char *words, const char *wanted)
{
    const size_t length = strlen(wanted);
    for (int place = 0; *words; place++) {
        const size_t word = strcspn(words, "|");
        if (word == length && memcmp(words, wanted, length) == 0) return place;
        words += word + (words[word] == '|');
    }
    return -1;
}

int nenc_camera_set_text(nenc_camera_config *config, const char *name, const char *value, char *text, size_t size)
{
    const nenc_camera_field *field = nenc_camera_field_find(name);
    if (!config || !value || !field || (field->kind != NENC_FIELD_TEXT && field->kind != NENC_FIELD_CHOICE))
        return wrong(text, size, "%s is not a text of the camera's configuration", name ? name : "NULL");
    if (field->kind == NENC_FIELD_CHOICE) {
        const int place = position(field->words, value);
        if (place < 0) return wrong(text, size, "%s: '%s' is none of %s", name, value, field->words);
        store(config, field, place);
        return NENC_OK;
    }
    const int status = check(field, (double)strlen(value), text, size);
    if (status == NENC_OK) *(const char **)(void *)((char *)config + field->offset) = value;
    return status;
}

int nenc_camera_config_check(const nenc_camera_config *config, char *text, size_t size)
{
    if (!config || config->size != sizeof *config)
        return wrong(text, size, "size: this is not a nenc_camera_config of this version");
    const nenc_camera_field *field;
    for (size_t i = 0; (field = nenc_camera_field_at(i)); i++)
        if (check(field, load(config, field), text, size) != NENC_OK) return NENC_EINVAL;
    if (config->lines % 2) return wrong(text, size, "lines: %u is odd, and pictures have an even number of lines", config->lines);
    if (!(config->rate_bps >= 0.0 && isfinite(config->rate_bps)))
        return wrong(text, size, "rate_bps: %g bit/s is out of its range, 0 or more and finite", config->rate_bps);
    if (config->qp_min > config->qp_max)
        return wrong(text, size, "qp_min: %u is above qp_max, %u", config->qp_min, config->qp_max);
    if (config->model.rate_min_bps > config->model.rate_max_bps)
        return wrong(text, size, "rate_min_bps: %g bit/s is above rate_max_bps, %g bit/s", config->model.rate_min_bps,
                     config->model.rate_max_bps);
    return NENC_OK;
}
