/* scalar.h - the window pass as one writes it without thinking of lanes: what the kernels' speed is measured against. */
#ifndef NENC_TESTS_SCALAR_H
#define NENC_TESTS_SCALAR_H

#include "core/window.h"

/* Compiled with -O3 for the base architecture. Same figures as nenc_window_stats_c up to rounding. */
nenc_window_stats_fn window_stats_scalar;

#endif
