/* What Python sees of libnenc: the public headers and nothing else (the cffi module's prelude and, preprocessed, its cdef). */
#include "nenc/nenc.h"
#include "nenc/quality.h"
#include "nenc/vnet.h"
