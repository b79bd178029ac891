/* kinds.c - the kinds of camera: the model, none, every real encoder of encode.h's table, and the choice between those. */
#include "encode/camera/kinds.h"

#include <string.h>

static nenc_camera_entry at(size_t number)
{
    static const nenc_camera_entry model = {"model", &nenc_camera_model, NENC_CAMERA_MODEL},
                                   null = {"null", &nenc_camera_null, NENC_CAMERA_NULL};
    if (number == 0) return model;
    if (number == 1) return null;
    size_t left = number - 2;
    const nenc_encoder_info *info;
    for (size_t i = 0; (info = nenc_encoder_at(i)); i++)
        if (strcmp(info->name, null.name) != 0 && left-- == 0)
            return (nenc_camera_entry){info->name, &nenc_camera_video, NENC_CAMERA_REAL};
    return left == 0 ? (nenc_camera_entry){"auto", &nenc_camera_video, NENC_CAMERA_REAL} : (nenc_camera_entry){0};
}

const char *nenc_camera_kind_at(size_t number) { return at(number).name; }

nenc_camera_entry nenc_camera_find(const char *name)
{
    nenc_camera_entry entry = {0};
    if (!name) return entry;
    for (size_t i = 0; (entry = at(i)).name && strcmp(entry.name, name) != 0;) i++;
    return entry;
}

uint32_t nenc_camera_group_of(const char *kind) { return nenc_camera_find(kind).group; }

void nenc_camera_list(char *text, size_t size)
{
    const char *name;
    size_t used = 0;
    *text = '\0';
    for (size_t i = 0; (name = nenc_camera_kind_at(i)) && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", name);
}
