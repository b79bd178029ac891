/* What Python sees of libnenc: the public headers, and what it shares with the controller host and with senders (the cffi
 * module's prelude and, preprocessed, its cdef). */
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
#include "src/encode/limits.h"
