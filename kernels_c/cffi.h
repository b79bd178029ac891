/* What Python sees of libnenc: the public headers, and what it shares with the controller host and with senders (the cffi
 * module's prelude and, preprocessed, its cdef). */
#include "nenc/camera.h"
#include "nenc/controller.h"
#include "nenc/encode.h"
#include "nenc/failover.h"
#include "nenc/live.h"
#include "nenc/model.h"
#include "nenc/nenc.h"
#include "nenc/pool.h"
#include "nenc/quality.h"
#include "nenc/source.h"
#include "nenc/vnet.h"

#include "host/protocol.h"

#ifdef NENC_CFFI /* functions that Python defines and C calls */
extern "Python" int nenc_lab_render(void *user, uint64_t number, const nenc_picture *into);
#endif
