/* options.h - the environment's settings of the driver. */
#ifndef NENC_VA_OPTIONS_H
#define NENC_VA_OPTIONS_H

#include "driver.h"
#include "plan.h"

/* 0, or -1 with the reason: a misspelt setting is not passed over. */
int options_read(driver_options *options, char why[FAULT_TEXT]);

#endif
