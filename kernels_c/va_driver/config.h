/* config.h - the profiles and entry points that can be encoded, and the attributes of each. */
#ifndef NENC_VA_CONFIG_H
#define NENC_VA_CONFIG_H

#include "driver.h"

/* Returns SUCCESS, UNSUPPORTED_PROFILE or UNSUPPORTED_ENTRYPOINT. */
VAStatus config_supported(VAProfile profile, VAEntrypoint entrypoint);
/* Returns the attribute's value, or VA_ATTRIB_NOT_SUPPORTED. */
uint32_t config_attribute(VAProfile profile, VAConfigAttribType type);
const codec *config_codec(VAProfile profile);

#endif
