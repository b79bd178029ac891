/* config.h - what can be encoded, and the attributes of each way to do it. */
#ifndef NENC_VA_CONFIG_H
#define NENC_VA_CONFIG_H

#include "driver.h"

/* SUCCESS, UNSUPPORTED_PROFILE or UNSUPPORTED_ENTRYPOINT. */
VAStatus config_supported(VAProfile profile, VAEntrypoint entrypoint);
/* The attribute's value; VA_ATTRIB_NOT_SUPPORTED. */
uint32_t config_attribute(VAProfile profile, VAConfigAttribType type);
const codec *config_codec(VAProfile profile);

#endif
