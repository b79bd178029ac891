/* memory.c - the n-th allocation or thread creation fails: a clean error, and nothing is left behind (ASan, Valgrind).
 *
 * Linked with --wrap, so that the library carries no hook for it. */
#include "core/alloc.h"
#include "nenc/nenc.h"

#include "check.h"

#include <errno.h>
#include <pthread.h>

void *__real_nenc_alloc(size_t size);
void __real_nenc_free(void *memory);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __real_pthread_join(pthread_t thread, void **result);
void *__wrap_nenc_alloc(size_t size);
void __wrap_nenc_free(void *memory);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_join(pthread_t thread, void **result);

static int calls_until_failure = -1; /* counts allocations and threads alike; negative: none fails */
static int blocks, threads; /* alive */

static int fails(void) { return calls_until_failure >= 0 && calls_until_failure-- == 0; }

void *__wrap_nenc_alloc(size_t size)
{
    void *memory = fails() ? NULL : __real_nenc_alloc(size);
    blocks += memory != NULL;
    return memory;
}

void __wrap_nenc_free(void *memory)
{
    blocks -= memory != NULL;
    __real_nenc_free(memory);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    int error = fails() ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
    threads += error == 0;
    return error;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    int error = __real_pthread_join(thread, result);
    threads -= error == 0;
    return error;
}

static void create_fails_until_it_succeeds(uint32_t law)
{
    nenc_config config;
    nenc_config_default(&config);
    config.law = law;
    AdaptiveEncoder *enc = NULL;
    int failures = 0;
    for (; !enc; failures++) {
        int status = 1;
        calls_until_failure = failures;
        enc = nenc_create(&config, 0, &status);
        CHECK(status == (enc ? NENC_OK : NENC_ENOMEM));
        CHECK(enc || blocks == 0);
    }
    CHECK(failures > 1);
    calls_until_failure = -1;
    CHECK(nenc_step(enc, 1, NULL) > 0);
    nenc_destroy(enc);
    CHECK(blocks == 0 && threads == 0);
}

static void init_fails_until_it_succeeds(void)
{
    AdaptiveEncoder *enc = NULL;
    int failures = 0;
    for (; !enc; failures++) {
        calls_until_failure = failures;
        enc = init_adaptive_encoder(NULL);
        CHECK(enc || (blocks == 0 && threads == 0));
    }
    CHECK(threads == 1);
    CHECK(failures > 2); /* memory, then the thread */
    calls_until_failure = -1;
    CHECK(get_current_bitrate(enc) == 5000000);
    nenc_destroy(enc);
    CHECK(blocks == 0 && threads == 0);
}

static void start_may_be_tried_again(void)
{
    nenc_config config;
    nenc_state state;
    nenc_config_default(&config);
    AdaptiveEncoder *enc = nenc_create(&config, 0, NULL);
    calls_until_failure = 0;
    CHECK(nenc_start(enc) == NENC_ETHREAD);
    CHECK(nenc_state_get(enc, &state) == NENC_OK && state.timing.running == 0 && state.timing.realtime_errno == 0);
    CHECK(nenc_step(enc, 1, NULL) > 0);
    CHECK(nenc_start(enc) == NENC_OK);
    nenc_destroy(enc);
    CHECK(blocks == 0 && threads == 0);
}

static void absurd_sizes(void)
{
    CHECK(__real_nenc_alloc(0) == NULL);
    CHECK(__real_nenc_alloc(SIZE_MAX) == NULL);
    char *memory = __real_nenc_alloc(100);
    CHECK(memory && (uintptr_t)memory % NENC_CACHE_LINE == 0);
    for (int i = 0; memory && i < 128; i++) CHECK(memory[i] == 0);
    __real_nenc_free(memory);
}

int main(void)
{
    for (uint32_t law = 0; nenc_controller_kind_at(law); law++) create_fails_until_it_succeeds(law);
    init_fails_until_it_succeeds();
    start_may_be_tried_again();
    absurd_sizes();
    return CHECK_END();
}
