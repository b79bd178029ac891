/* film.c - chooses pictures by time, so that motion keeps its pace when frames are dropped. */
#include "encode/camera/film.h"
#include "nenc/camera.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t nenc_camera_width(uint32_t lines) { return (lines * 8 + 4) / 9 * 2; }

int nenc_film_open(nenc_film *self, const char *file, char *text, size_t size)
{
    if (self->given) {
        self->source = self->given;
        return nenc_source_size(self->source, &self->pattern.width, &self->pattern.height);
    }
    if (!file) return nenc_source_pattern(&self->pattern, &self->source, text, size);
    self->file = strdup(file);
    if (!self->file) return NENC_ENOMEM;
    const int status = nenc_source_file(file, self->pattern.width, self->pattern.height, &self->source, text, size);
    if (status == NENC_OK) nenc_source_size(self->source, &self->pattern.width, &self->pattern.height);
    return status;
}

int nenc_film_is_fixed(const nenc_film *self) { return self->file || self->given; }

int nenc_film_resize(nenc_film *self, uint32_t lines, char *text, size_t size)
{
    nenc_pattern pattern = self->pattern;
    nenc_source *source;
    pattern.width = nenc_camera_width(lines);
    pattern.height = lines;
    const int status = nenc_source_pattern(&pattern, &source, text, size);
    if (status != NENC_OK) return status;
    nenc_source_close(self->source);
    self->source = source;
    self->pattern = pattern;
    return NENC_OK;
}

int nenc_film_render(nenc_film *self, int64_t now_ns, const nenc_picture *into, char *text, size_t size)
{
    const double number = rint((double)(now_ns - self->start_ns) * self->fps / 1e9);
    const unsigned long long picture = number > 0.0 ? (unsigned long long)number : 0;
    const int status = nenc_source_render(self->source, picture, into);
    if (status != NENC_OK)
        snprintf(text, size, "%s: picture %llu cannot be read; the file has changed or ends in a picture",
                 self->file    ? self->file
                 : self->given ? "source"
                               : "pattern",
                 picture);
    return status;
}

void nenc_film_close(nenc_film *self)
{
    if (!self->given) nenc_source_close(self->source);
    free(self->file);
    self->source = NULL;
    self->file = NULL;
}
