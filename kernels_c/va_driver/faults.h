/* faults.h - how to make the software VA-API driver fail: the language of fault plans.
 *
 * A plan comes from the environment variable NENC_VA_FAULTS when a display is initialised, or at run time from nenc_va_fault().
 * One plan applies to all displays of the process. Example:
 *
 *     vaEndPicture@3=HW_BUSY; vaSyncSurface@7=hang; vaMapBuffer@9=empty; abort@12; vaInitialize@1..3=fail; ignore-rate@5
 *
 *     plan   = [ fault { ";" fault } ]           blanks are ignored; with an empty plan nothing fails
 *     fault  = call "@" calls "=" action
 *            | word "@" calls                    short for the call that the word belongs to
 *     calls  = N | N ".." M | N ".."             the N-th call, the N-th to the M-th, the N-th and all later ones; from 1
 *     action = word | status
 *     status = a VAStatus of va.h, with or without VA_STATUS_ERROR_: HW_BUSY, ENCODING_ERROR, ...; the call returns it
 *
 * Calls: vaInitialize vaCreateConfig vaCreateSurfaces vaCreateContext vaCreateBuffer vaDeriveImage vaPutImage
 * vaExportSurfaceHandle vaBeginPicture vaRenderPicture vaEndPicture vaSyncSurface vaSyncSurface2 vaSyncBuffer vaMapBuffer
 * vaMapBuffer/other alloc. vaSyncSurface matches all three ways to wait, counted together; vaSyncSurface2 and vaSyncBuffer
 * match only themselves. vaMapBuffer matches maps of coded buffers, so that a plan does not depend on how pictures are
 * uploaded; vaMapBuffer/other matches all other maps. vaCreateSurfaces2 counts as vaCreateSurfaces. alloc is the driver's own
 * memory allocation (it can only fail).
 *
 * Words:
 *     fail             the call returns OPERATION_FAILED
 *     hang             the call does not return until another plan is set, then with TIMEDOUT. A wait with a time-out ends with
 *                      TIMEDOUT. After a hang in vaSync*, every wait for that context hangs, also that of vaMapBuffer, until a
 *                      new plan is set; a new context can be created and works. Destroying and terminating do not hang.
 *     slow:MS          the call takes MS milliseconds longer; for vaEndPicture, encoding does, and so does waiting for it
 *     abort            the process aborts, as in Mesa's radeonsi on a GPU reset
 *     ignore-rate      vaEndPicture: that picture's rate, VBV, QP bounds and frame rate are silently dropped. A bare ignore-rate
 *                      with a single number holds from that picture on.
 *     empty            vaMapBuffer: one segment of 0 bytes
 *     null             vaMapBuffer: success and a NULL pointer
 *     bad-bitstream    vaMapBuffer: the segment's status has VA_CODED_BUF_STATUS_BAD_BITSTREAM
 *     two-segments     vaMapBuffer: the same bytes in two segments (legal; clients must follow the list)
 *     corrupt          vaMapBuffer: bytes in the middle are damaged, without any indication
 * A bare word means vaEndPicture (slow, abort, ignore-rate) or vaMapBuffer (the last five).
 *
 * Counting restarts with every new plan. The environment's plan is put in force only when it differs from the one read last:
 * opening a display again continues the count, so that vaInitialize@1..3 ends. When several faults match a call, the first
 * one applies. A call that a fault hits has been counted; a call rejected for another reason may have been.
 *
 * Errors: a plan with a syntax error leaves the old one in force. In the environment: vaInitialize fails with INVALID_PARAMETER
 * and the reason goes to the display's message callback. At run time: -1, and the reason goes to stderr.
 */
#ifndef NENC_VA_FAULTS_H
#define NENC_VA_FAULTS_H

/* Puts a plan in force; NULL or "" ends all faults. Returns 0, or -1 when the plan has an error. Thread-safe. libva loads the
 * driver RTLD_GLOBAL, so after vaInitialize this is dlsym(RTLD_DEFAULT, "nenc_va_fault"). */
__attribute__((visibility("default"))) int nenc_va_fault(const char *plan);

#endif
