/* options.h - the driver's settings from the environment. */
#ifndef NENC_VA_OPTIONS_H
#define NENC_VA_OPTIONS_H

#include "driver.h"
#include "plan.h"

/* Returns 0, or -1 with the reason: a misspelt setting is an error. */
int options_read(driver_options *options, char why[FAULT_TEXT]);

#endif
