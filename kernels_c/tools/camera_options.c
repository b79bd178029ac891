/* camera_options.c - options of `nenc send` from the camera's table of fields. */
#include "camera_options.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 64 };

static const nenc_camera_field *of_option[MOST]; /* indexed by the number of the option */
static char initials[MOST][32], words[MOST][16], helps[MOST][300];
static size_t config_at;

int nenc_camera_option_take(void *into, const nenc_option *option, const char *text, double number, char *why, size_t size)
{
    nenc_camera_config *config = (void *)((char *)into + config_at);
    const nenc_camera_field *field = of_option[option->at];
    switch (option->kind) {
    case NENC_OPTION_FLAG: return nenc_camera_set(config, field->name, field->flag, why, size);
    case NENC_OPTION_TEXT:
    case NENC_OPTION_CHOICE: return nenc_camera_set_text(config, field->name, text, why, size);
    default: return nenc_camera_set(config, field->name, number, why, size);
    }
}

static nenc_option_kind kind_of(const nenc_camera_field *field)
{
    if (field->flag >= 0) return NENC_OPTION_FLAG;
    switch (field->kind) {
    case NENC_FIELD_CHOICE: return NENC_OPTION_CHOICE;
    case NENC_FIELD_NUMBER: return NENC_OPTION_NUMBER;
    case NENC_FIELD_RATIO: return NENC_OPTION_RATIO;
    case NENC_FIELD_RATE: return NENC_OPTION_RATE;
    case NENC_FIELD_TIME: return NENC_OPTION_TIME;
    case NENC_FIELD_TEXT: return NENC_OPTION_TEXT;
    default: return NENC_OPTION_INTEGER;
    }
}

static const char *word_of(const nenc_camera_field *field)
{
    switch (field->kind) {
    case NENC_FIELD_RATIO: return "RATIO";
    case NENC_FIELD_RATE: return "RATE";
    case NENC_FIELD_TIME: return "TIME";
    case NENC_FIELD_TEXT:
    case NENC_FIELD_CHOICE: return field->words;
    default: return "N";
    }
}

/* Finds the word at a position of "one|other". */
static const char *choice(const char *from, uint32_t position, char word[16])
{
    while (position--) from += strcspn(from, "|") + 1;
    snprintf(word, 16, "%.*s", (int)strcspn(from, "|"), from);
    return word;
}

/* Formats the default for the usage; NULL when it is not shown. */
static const char *initial_of(const nenc_option *option, const nenc_camera_config *config, size_t number)
{
    const nenc_camera_field *field = of_option[number];
    const void *at = (const char *)config + field->offset;
    char *text = initials[number];
    if (field->kind == NENC_FIELD_TEXT || option->kind == NENC_OPTION_FLAG) return NULL;
    if (field->kind == NENC_FIELD_CHOICE) return choice(field->words, *(const uint32_t *)at, words[number]);
    const double value = field->kind == NENC_FIELD_TIME    ? (double)*(const int64_t *)at
                         : field->kind == NENC_FIELD_WHOLE ? *(const uint32_t *)at
                                                           : *(const double *)at;
    return field->optional && value == field->value && value == 0.0 ? NULL : nenc_option_shown(option, value, text);
}

/* The sentence of the table describes the key; a flag adds what it does to that key. */
static const char *help_of(const nenc_camera_field *field, char text[300])
{
    char word[16];
    if (field->flag < 0) return field->help;
    if (field->kind == NENC_FIELD_CHOICE) choice(field->words, (uint32_t)field->flag, word);
    else snprintf(word, sizeof word, "%s", field->flag ? "yes" : "no");
    snprintf(text, 300, "%s: %s. %s", field->key, word, field->help);
    return text;
}

size_t nenc_camera_options(nenc_option *into, size_t room, size_t at, const nenc_camera_config *initial)
{
    const nenc_camera_field *field;
    size_t count = 0;
    config_at = at;
    for (size_t i = 0; (field = nenc_camera_field_at(i)); i++) {
        if (!*field->option || count + 1 >= room || count == MOST) continue;
        of_option[count] = field;
        nenc_option *option = &into[count];
        const int bounded = field->kind != NENC_FIELD_TEXT && field->flag < 0 && field->kind != NENC_FIELD_CHOICE;
        *option = (nenc_option){
            .name = field->option,
            .kind = kind_of(field),
            .at = count,
            .value = word_of(field),
            .help = help_of(field, helps[count]),
            .min = bounded ? field->optional && field->value < field->low ? field->value : field->low : 0.0,
            .max = bounded ? field->high : 0.0,
        };
        option->initial = initial_of(option, initial, count);
        count++;
    }
    into[count] = (nenc_option){0};
    return count;
}

static int is_of_model(const nenc_camera_field *field)
{
    return *field->key && !*field->option && field->groups & NENC_CAMERA_MODEL;
}

const char *nenc_camera_model_help(void)
{
    static char text[512];
    const nenc_camera_field *field;
    size_t used = (size_t)snprintf(text, sizeof text, "Names for --model:");
    for (size_t i = 0; (field = nenc_camera_field_at(i)) && used < sizeof text; i++)
        if (is_of_model(field)) used += (size_t)snprintf(text + used, sizeof text - used, " %s", field->name);
    return text;
}

int nenc_camera_model_set(void *config, const char *name, double value)
{
    const nenc_camera_field *field;
    for (size_t i = 0; (field = nenc_camera_field_at(i)); i++)
        if (is_of_model(field) && strcmp(field->name, name) == 0) return nenc_camera_set(config, name, value, NULL, 0);
    return NENC_EINVAL;
}
