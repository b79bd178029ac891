/* config.c - a config: the profile, entry point and rate control that a client has chosen. */
#include "config.h"
#include "alloc.h"
#include "calls.h"

/* Rejects bits outside those supported, because a client that asks for them would rely on them. */
static VAStatus take(drv_config *self, const VAConfigAttrib *attribute)
{
    uint32_t value = attribute->value, supported = config_attribute(self->profile, attribute->type);
    switch (attribute->type) {
    case VAConfigAttribRTFormat:
        return value && !(value & ~supported) ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
    case VAConfigAttribRateControl:
        if (!value || (value & ~supported)) return VA_STATUS_ERROR_INVALID_VALUE;
        self->rate_control = value & (value - 1) ? VA_RC_CQP : value; /* several bits: no choice was made */
        return VA_STATUS_SUCCESS;
    case VAConfigAttribEncPackedHeaders:
        return value == VA_ENC_PACKED_HEADER_NONE || value == VA_ATTRIB_NOT_SUPPORTED ? VA_STATUS_SUCCESS
                                                                                      : VA_STATUS_ERROR_INVALID_VALUE;
    case VAConfigAttribEncInterlaced:
        return value == VA_ATTRIB_NOT_SUPPORTED || !(value & ~supported) ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_VALUE;
    default: /* read-only for the client, or meaningless here */ return VA_STATUS_SUCCESS;
    }
}

static VAStatus make(drv_config *self, const VAConfigAttrib *attributes, int count)
{
    for (int number = 0; number < count; number++) {
        VAStatus status = take(self, &attributes[number]);
        if (status != VA_STATUS_SUCCESS) return status;
    }
    return VA_STATUS_SUCCESS;
}

VAStatus drv_create_config(VADriverContextP va, VAProfile profile, VAEntrypoint entrypoint, VAConfigAttrib *attributes, int count,
                           VAConfigID *id)
{
    drv_display *driver = driver_of(va);
    VAStatus status = fault_status(CALL_CREATE_CONFIG);
    if (status == VA_STATUS_SUCCESS) status = config_supported(profile, entrypoint);
    if (status != VA_STATUS_SUCCESS) return status;
    drv_config made = {.profile = profile, .entrypoint = entrypoint, .rate_control = VA_RC_CQP};
    status = make(&made, attributes, count);
    if (status != VA_STATUS_SUCCESS) return status;
    drv_config *self = driver_alloc(sizeof *self);
    if (!self) return VA_STATUS_ERROR_ALLOCATION_FAILED;
    *self = made;
    pthread_mutex_lock(&driver->lock);
    *id = objects_add(&driver->objects, OBJECT_CONFIG, self);
    pthread_mutex_unlock(&driver->lock);
    if (*id != VA_INVALID_ID) return VA_STATUS_SUCCESS;
    driver_free(self);
    return VA_STATUS_ERROR_ALLOCATION_FAILED;
}

VAStatus drv_destroy_config(VADriverContextP va, VAConfigID id)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    drv_config *self = objects_get(&driver->objects, OBJECT_CONFIG, id);
    if (self) objects_remove(&driver->objects, id);
    pthread_mutex_unlock(&driver->lock);
    driver_free(self);
    return self ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_CONFIG;
}

VAStatus drv_query_config_attributes(VADriverContextP va, VAConfigID id, VAProfile *profile, VAEntrypoint *entrypoint,
                                     VAConfigAttrib *attributes, int *count)
{
    drv_display *driver = driver_of(va);
    pthread_mutex_lock(&driver->lock);
    const drv_config *found = objects_get(&driver->objects, OBJECT_CONFIG, id);
    drv_config self = found ? *found : (drv_config){0};
    pthread_mutex_unlock(&driver->lock);
    if (!found) return VA_STATUS_ERROR_INVALID_CONFIG;
    *profile = self.profile;
    *entrypoint = self.entrypoint;
    *count = 0;
    for (int type = 0; type < VAConfigAttribTypeMax; type++) {
        uint32_t value = config_attribute(self.profile, (VAConfigAttribType)type);
        if (type == VAConfigAttribRateControl) value = self.rate_control;
        if (value == VA_ATTRIB_NOT_SUPPORTED) continue;
        attributes[(*count)++] = (VAConfigAttrib){(VAConfigAttribType)type, value};
    }
    return VA_STATUS_SUCCESS;
}
