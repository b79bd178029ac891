/* driver_strict.c - every rule of the strict modes, broken once and kept once; without a mode nothing of it is noticed. */
#include "va_client.h"

enum { WIDTH = 320, HEIGHT = 240, PICTURES = 30 };

static VADisplay display;

static void open_display(const char *mode)
{
    VAStatus status;
    setenv("NENC_VA_STRICT", mode, 1);
    display = display_open(&status);
    CHECK_VA(status);
}

static void open_client(va_client *client, VAProfile profile, uint32_t rate_control)
{
    CHECK_VA(client_open(client, display, profile, VAEntrypointEncSlice, rate_control, WIDTH, HEIGHT));
    display_message[0] = '\0';
}

static unsigned qp_of(const va_coded *coded) { return coded->status & VA_CODED_BUF_STATUS_PICTURE_AVE_QP_MASK; }

/* Bytes of a stream whose first picture is sent so, and the others so. */
static size_t bytes_of(va_client *client, const char *first, const char *others)
{
    const size_t before = client->bytes;
    for (int number = 0; number < PICTURES; number++) {
        va_coded coded;
        CHECK_VA(client_encode(client, number ? 'P' : 'I', number ? others : first, &coded));
    }
    return client->bytes - before;
}

static size_t once(VAProfile profile, uint32_t rate_control, const va_knobs *knobs, const char *first, const char *others)
{
    va_client client;
    open_client(&client, profile, rate_control);
    client.knobs = *knobs;
    size_t bytes = bytes_of(&client, first, others);
    client_close(&client);
    return bytes;
}

static VAStatus status_of(VAProfile profile, uint32_t rate_control, const va_knobs *knobs, const char *order)
{
    va_client client;
    va_coded coded;
    open_client(&client, profile, rate_control);
    client.knobs = *knobs;
    VAStatus status = client_encode(&client, 'I', order, &coded);
    client_close(&client);
    return status;
}

static const VAProfile h264 = VAProfileH264Main;

/* iHD: a sequence resets the rate to its own. */
static void check_sequence_resets(int ihd)
{
    va_knobs knobs = knobs_usual;
    knobs.seq_bps = 200000;
    size_t kept = once(h264, VA_RC_CBR, &knobs, "SPLRB", "PL");
    CHECK(!display_message[0]);
    size_t broken = once(h264, VA_RC_CBR, &knobs, "RBSPL", "PL");
    CHECK((strstr(display_message, "no rate behind the sequence") != NULL) == ihd);
    CHECK(ihd ? broken < kept / 3 : broken > kept / 3 * 2);
    knobs.seq_bps = 0;
    CHECK_STATUS(status_of(h264, VA_RC_CBR, &knobs, "RBSPL"), ihd ? VA_STATUS_ERROR_INVALID_PARAMETER : VA_STATUS_SUCCESS);
    CHECK_VA(status_of(h264, VA_RC_CBR, &knobs, "SPLRB"));
}

/* iHD: the QP bounds live in the picture's parameters, which have to come first. */
static void check_bounds_after_picture(int ihd)
{
    va_client client;
    va_coded coded;
    open_client(&client, h264, VA_RC_CBR);
    client.knobs.qp_min = 45;
    CHECK_VA(client_encode(&client, 'I', "SPLRB", &coded));
    CHECK(qp_of(&coded) >= 45 && !display_message[0]);
    CHECK_VA(client_encode(&client, 'I', "SRPLB", &coded));
    CHECK((qp_of(&coded) < 45) == ihd);
    CHECK((strstr(display_message, "QP bounds are lost") != NULL) == ihd);
    client_close(&client);
}

/* Neither driver reads the first QP. */
static void check_initial_qp(int read)
{
    va_client client;
    va_coded coded;
    open_client(&client, h264, VA_RC_CBR);
    client.knobs.qp_initial = 50;
    CHECK_VA(client_encode(&client, 'I', "SPLRB", &coded));
    CHECK((qp_of(&coded) >= 49) == read);
    client_close(&client);
}

/* VBR: the percentage is the client's to give. */
static void check_percentage(int strict)
{
    va_knobs knobs = knobs_usual;
    CHECK_VA(status_of(h264, VA_RC_VBR, &knobs, "SPLRB"));
    knobs.percentage = 0;
    CHECK_STATUS(status_of(h264, VA_RC_VBR, &knobs, "SPLRB"), strict ? VA_STATUS_ERROR_INVALID_PARAMETER : VA_STATUS_SUCCESS);
    CHECK_VA(status_of(h264, VA_RC_CBR, &knobs, "SPLRB")); /* not read there */
}

/* Both: another bucket alone does not reach the hardware; with another target it does. */
static void check_buffer_alone(int strict)
{
    va_client client;
    va_coded coded;
    open_client(&client, h264, VA_RC_CBR);
    CHECK_VA(client_encode(&client, 'I', "SPLRB", &coded));
    client.knobs.vbv /= 2;
    CHECK_VA(client_encode(&client, 'P', "PLRB", &coded));
    CHECK((strstr(display_message, "does not reach the hardware") != NULL) == strict);
    display_message[0] = '\0';
    client.knobs.bps /= 2;
    CHECK_VA(client_encode(&client, 'P', "PLRB", &coded));
    CHECK_VA(client_encode(&client, 'P', "PLRB", &coded));
    CHECK(!display_message[0]);
    client_close(&client);
}

#if NENC_HAVE_X265
/* iHD's HEVC: the percentage counts in CBR too, and under 50 the minimum wraps in VBR. */
static void check_hevc_percentage(int ihd)
{
    const VAProfile hevc = VAProfileHEVCMain;
    va_knobs knobs = knobs_usual;
    size_t whole = once(hevc, VA_RC_CBR, &knobs, "SPLRB", "PL");
    knobs.percentage = 25;
    size_t quarter = once(hevc, VA_RC_CBR, &knobs, "SPLRB", "PL");
    CHECK(ihd ? quarter < whole / 2 : quarter == whole);
    CHECK_STATUS(status_of(hevc, VA_RC_VBR, &knobs, "SPLRB"), ihd ? VA_STATUS_ERROR_INVALID_PARAMETER : VA_STATUS_SUCCESS);
    knobs.percentage = 0;
    CHECK_STATUS(status_of(hevc, VA_RC_CBR, &knobs, "SPLRB"), ihd ? VA_STATUS_ERROR_INVALID_PARAMETER : VA_STATUS_SUCCESS);
    knobs.percentage = 50;
    CHECK_VA(status_of(hevc, VA_RC_VBR, &knobs, "SPLRB"));
}
#endif

/* radeonsi: the rate sets the bucket to a second, the bucket's own parameter comes behind it. */
static void check_rate_resets_buffer(int radeonsi)
{
    va_client client;
    va_coded kept, broken;
    open_client(&client, h264, VA_RC_CBR);
    client.knobs.vbv = client.knobs.fullness = 80000;
    CHECK_VA(client_encode(&client, 'I', "SPLRB", &kept));
    client_close(&client);
    open_client(&client, h264, VA_RC_CBR);
    client.knobs.vbv = client.knobs.fullness = 80000;
    CHECK_VA(client_encode(&client, 'I', "SPLBR", &broken));
    CHECK(radeonsi ? broken.bytes > 2 * kept.bytes : broken.bytes == kept.bytes);
    client_close(&client);
}

static void check_empty_buffer(int radeonsi)
{
    va_knobs knobs = knobs_usual;
    knobs.vbv = knobs.fullness = 0;
    CHECK_STATUS(status_of(h264, VA_RC_CBR, &knobs, "SPLRB"), radeonsi ? VA_STATUS_ERROR_INVALID_PARAMETER : VA_STATUS_SUCCESS);
    CHECK_VA(status_of(h264, VA_RC_CBR, &knobs, "SPLR"));
}

/* radeonsi: every entry of a reference list that is not VA_INVALID_ID has to be in the DPB. */
static void check_references(VAProfile profile, int radeonsi)
{
    const VAStatus refused = radeonsi ? VA_STATUS_ERROR_INVALID_PARAMETER : VA_STATUS_SUCCESS;
    va_client client;
    va_coded coded;
    open_client(&client, profile, VA_RC_CQP);
    CHECK_VA(client_encode(&client, 'I', "SPL", &coded));
    client.reference = client.input[2]; /* alive, but never reconstructed */
    CHECK_STATUS(client_encode(&client, 'P', "PL", &coded), refused);
    client.reference = client.reconstructed[(client.count + 1) % 2];
    client.spare = 0; /* zeroed entries instead of VA_INVALID_ID */
    CHECK_STATUS(client_encode(&client, 'P', "PL", &coded), refused);
    client.spare = VA_INVALID_ID;
    client.reference = client.reconstructed[(client.count + 1) % 2];
    for (int number = 0; number < 40; number++)
        CHECK_VA(client_encode(&client, number % 20 ? 'P' : 'I', number % 20 ? "PL" : "SPL", &coded));
    client_close(&client);
}

/* radeonsi: a sequence without timing makes it 30 frames/s, whatever was said before. */
static void check_sequence_sets_fps(int radeonsi)
{
    va_knobs knobs = knobs_usual;
    knobs.seq_fps = 0;
    knobs.fps_num = 10;
    size_t kept = once(h264, VA_RC_CBR, &knobs, "SPLRBF", "PL");
    size_t broken = once(h264, VA_RC_CBR, &knobs, "FSPLRB", "PL");
    CHECK(radeonsi ? broken < kept / 2 : broken == kept);
}

static void check_mode(const char *mode)
{
    const int ihd = strcmp(mode, "ihd") == 0, radeonsi = strcmp(mode, "radeonsi") == 0;
    open_display(mode);
    CHECK((strstr(vaQueryVendorString(display), "strict") != NULL) == (ihd || radeonsi));
    check_sequence_resets(ihd);
    check_bounds_after_picture(ihd);
    check_initial_qp(!ihd && !radeonsi);
    check_percentage(ihd || radeonsi);
    check_buffer_alone(ihd || radeonsi);
    check_rate_resets_buffer(radeonsi);
    check_empty_buffer(radeonsi);
    check_references(h264, radeonsi);
    check_sequence_sets_fps(radeonsi);
#if NENC_HAVE_X265
    check_hevc_percentage(ihd);
    check_references(VAProfileHEVCMain, radeonsi);
#endif
    CHECK_VA(vaTerminate(display));
}

int main(void)
{
    check_mode("");
    check_mode("ihd");
    check_mode("radeonsi");
    return CHECK_END();
}
