/* options.c - reads NENC_VA_STRICT, NENC_VA_THREADS and NENC_VA_PRESET. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *codec_preset(const codec_options *options, uint32_t quality)
{
    static const char *const levels[QUALITY_LEVELS + 1] = {"ultrafast", "medium",    "fast",     "faster",
                                                           "veryfast",  "superfast", "ultrafast"};
    return *options->preset ? options->preset : levels[quality <= QUALITY_LEVELS ? quality : QUALITY_LEVELS];
}

static int read_strict(const char *text, strict_mode *mode)
{
    static const char *const names[] = {[STRICT_NONE] = "", [STRICT_IHD] = "ihd", [STRICT_RADEONSI] = "radeonsi"};
    for (*mode = STRICT_NONE; *mode <= STRICT_RADEONSI; (*mode)++)
        if (strcmp(text, names[*mode]) == 0) return 1;
    return 0;
}

static int read_threads(const char *text, unsigned *threads)
{
    char *end;
    long number = strtol(text, &end, 10);
    *threads = (unsigned)number;
    return *text && !*end && number >= 1 && number <= 64;
}

/* The presets that x264 and x265 share. */
static int read_preset(const char *text, char preset[16])
{
    static const char *const names[] = {"ultrafast", "superfast", "veryfast", "faster",  "fast",
                                        "medium",    "slow",      "slower",   "veryslow"};
    for (size_t number = 0; number < sizeof names / sizeof *names; number++)
        if (strcmp(text, names[number]) == 0) {
            strcpy(preset, text);
            return 1;
        }
    return 0;
}

int options_read(driver_options *options, char why[FAULT_TEXT])
{
    *options = (driver_options){.codec.threads = 1};
    const char *strict = getenv("NENC_VA_STRICT"), *threads = getenv("NENC_VA_THREADS"), *preset = getenv("NENC_VA_PRESET");
    if (strict && !read_strict(strict, &options->strict))
        snprintf(why, FAULT_TEXT, "NENC_VA_STRICT=%.40s: must be ihd, radeonsi or empty", strict);
    else if (threads && *threads && !read_threads(threads, &options->codec.threads))
        snprintf(why, FAULT_TEXT, "NENC_VA_THREADS=%.40s: must be 1 to 64", threads);
    else if (preset && *preset && !read_preset(preset, options->codec.preset))
        snprintf(why, FAULT_TEXT, "NENC_VA_PRESET=%.40s: must be ultrafast to veryslow", preset);
    else return 0;
    return -1;
}
