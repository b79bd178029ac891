"""An object's threads among each other: whose turn it is, and how one is cancelled."""

from __future__ import annotations

import pytest
from external_runs import children
from shared_objects import controller, from_text, needs_cc
from test_external_loading import TABLE, THREE
from test_external_origin import rates

pytestmark = needs_cc

TOGETHER = """
#include <pthread.h>
#include <unistd.h>
static int woken, first = 9;
static void *run(void *slow)
{
    for (volatile int i = 0; slow && i < 50000000; i++) {}
    for (;;) {
        usleep(10000);
        if (woken++ % 2 == 0) first = slow ? 1 : 2;
    }
    return NULL;
}
static uint32_t rate(void)
{
    static pthread_t id[2];
    static int started;
    for (int i = 0; i < 2 && !started; i++) pthread_create(&id[i], NULL, run, i == SLOW ? id : NULL);
    started = 1;
    return 10000000 + 1000 * first;
}
#define RATE rate()
"""


@pytest.mark.parametrize("slow", [0, 1])
def test_of_two_that_wake_at_one_moment_the_one_made_first_comes_first(slow: int) -> None:
    """Not the one that happened to lie down first."""
    made = controller(from_text(f"#define SLOW {slow}\n{TOGETHER}{THREE}"))
    assert set(rates(made, 20)[2:]) == {10_001_000.0 if slow == 0 else 10_002_000.0}
    made.close()


SLEEPS = {
    "sleep": "sleep(3000)",
    "usleep": "for (int i = 0; i < 10; i++) usleep(900000000)",
    "nanosleep": "nanosleep(&(struct timespec){.tv_sec = 3000}, NULL)",
    "clock_nanosleep": "clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_sec = 3000}, NULL)",
    "thrd_sleep": "thrd_sleep(&(struct timespec){.tv_sec = 3000}, NULL)",
    "pthread_cond_wait": "pthread_cond_wait(&cond, &mutex)",
}
CANCELLED = """
#include <pthread.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static void give_up(void *unused) { (void)unused; pthread_mutex_unlock(&mutex); }
static void *run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(give_up, NULL);
    %s;
    pthread_cleanup_pop(1);
    return NULL;
}
static uint32_t rate(void)
{
    static int steps;
    static pthread_t id;
    void *result = PTHREAD_CANCELED;
    if (steps == 0 && pthread_create(&id, NULL, run, NULL) != 0) return 0;
    if (steps == 5) pthread_cancel(id), pthread_join(id, &result);
    if (steps++ >= 5 && pthread_mutex_trylock(&mutex) == 0) pthread_mutex_unlock(&mutex);
    else if (steps > 5) return 0;
    return result == PTHREAD_CANCELED ? 9000000 : 0;
}
#define RATE rate()
"""


@pytest.mark.parametrize("interface", [THREE, TABLE], ids=["origin", "v1"])
@pytest.mark.parametrize("sleep", sorted(SLEEPS))
def test_a_sleeper_can_be_cancelled(sleep: str, interface: str) -> None:
    """Also one that would sleep for long, and by who then waits for its end; its mutex is given up."""
    made = controller(from_text(CANCELLED % SLEEPS[sleep] + interface))
    assert rates(made, 10) == [9e6] * 10
    made.close()
    assert children() == []


def test_a_sleeper_that_allows_no_cancellation_sleeps_on() -> None:
    text = CANCELLED.replace("pthread_join(id, &result)", "(void)0") % (
        "pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL); usleep(100000); pthread_mutex_unlock(&mutex);"
        "usleep(100000); slept = 1; for (;;) sleep(1)"
    )
    text = text.replace("static void give_up", "static int slept;\nstatic void give_up").replace(
        "#define RATE rate()", "#define RATE (rate(), slept ? 9000000 : 8000000)"
    )
    made = controller(from_text(text + THREE))
    assert rates(made, 20) == [8e6] * 12 + [9e6] * 8  # 0.2 s are over at the 13th tick
    made.close()


def test_sleep_says_what_a_signal_left_of_it() -> None:
    text = """
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>
static void on_alarm(int number) { (void)number; }
static double rate(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_usec = 200000}}, NULL);
    return sleep(4) >= 3 ? 9e6 : -1;
}
#define RATE rate()
"""
    made = controller(from_text(text + TABLE), timeout_ns=20_000_000_000)
    assert rates(made, 2) == [9e6] * 2
    made.close()
