"""Whose code it is that runs, what its constructors see, and what loading needs of the machine."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from external_runs import children, descriptors
from shared_objects import controller, from_text, libnenc, needs_cc, template
from test_control_contract import settings
from test_external_origin import TICK_NS, rates, sample

from nenc_lab.control.table import make
from nenc_lab.errors import InputError, MachineError
from nenc_lab.kernels import ffi

pytestmark = needs_cc

THREE = """
struct AdaptiveEncoder { int unused; };
static AdaptiveEncoder memory;
AdaptiveEncoder *init_adaptive_encoder(VADisplay d) { (void)d; return &memory; }
#ifndef RECORD
#define RECORD
#endif
void record_network_metrics(AdaptiveEncoder *e, uint32_t t, float r, float l)
{ (void)e, (void)t, (void)r, (void)l; RECORD; }
uint32_t get_current_bitrate(AdaptiveEncoder *e) { (void)e; return RATE; }
"""
TABLE = """
static int memory;
static void *create(const nenc_controller_config *config, char *why, size_t why_size)
{ (void)config, (void)why, (void)why_size; return &memory; }
static void record(void *self, const nenc_sample *sample) { (void)self, (void)sample; }
static int step(void *self, int64_t now, nenc_decision *d) { (void)self, (void)now; d->rate_bps = RATE; return 0; }
static void destroy(void *self) { (void)self; }
const struct nenc_controller_v1 nenc_controller_v1 = {
    NENC_CONTROLLER_ABI, sizeof(struct nenc_controller_v1), 0, 0, create, record, step, 0, destroy };
"""
CLOCK = """
#include <time.h>
static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}
static int64_t began;
__attribute__((constructor)) static void first_of_all(void) { began = now_ns(); }
"""


def linked() -> tuple[str, ...]:
    """Flags for an object that links libnenc, which has both interfaces."""
    return "-Wl,--no-as-needed", str(libnenc()), f"-Wl,-rpath,{libnenc().parent}"


def test_its_own_three_functions_come_before_a_table_that_it_only_links() -> None:
    library = from_text("#define RATE 9000000\n" + THREE, *linked())
    made = controller(library)
    assert made._link.abi == "origin"
    assert rates(made, 3) == [9e6] * 3
    made.close()
    with pytest.raises(InputError, match=r"set controller\.isolate to true"):
        controller(library, isolate=False)


@pytest.mark.parametrize("abi", ["auto", "v1", "origin"])
@pytest.mark.parametrize("isolate", [True, False])
def test_what_it_only_links_is_no_interface_of_its_own(abi: str, isolate: bool) -> None:
    if abi == "origin" and not isolate:
        pytest.skip("the three functions of nenc.h always run in a process of their own")
    with pytest.raises(InputError, match=r"exports? (neither )?the"):
        controller(from_text("int nothing;", *linked()), abi=abi, isolate=isolate)
    assert children() == []


@pytest.mark.parametrize("abi", ["auto", "origin"])
@pytest.mark.parametrize("start_ns", [0, 2_345_678_901])
def test_a_constructor_sees_the_clock_that_goes_on(start_ns: int, abi: str) -> None:
    made = controller(
        from_text(CLOCK + "#define RATE 10000000 + (now_ns() - began) / 1000\n" + THREE), now_ns=start_ns, abi=abi
    )
    assert rates(made, 60, start_ns) == [10e6 + tick * TICK_NS // 1000 for tick in range(60)]
    made.close()


@pytest.mark.parametrize("abi", ["auto", "v1"])
def test_so_does_one_of_an_object_with_a_table(abi: str) -> None:
    """Whose clock is the machine's: by now it has gone on, and by less than a minute."""
    sound = "(now_ns() > began && now_ns() < began + 60000000000 ? 9e6 : -1)"
    made = controller(from_text(f"{CLOCK}#define RATE {sound}\n{TABLE}"), abi=abi)
    assert rates(made, 3) == [9e6] * 3
    made.close()
    assert children() == []


def test_a_constructor_s_thread_that_waits_to_be_told() -> None:
    text = """
#include <pthread.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static uint32_t asked, answered;
static void *serve(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (answered == asked) pthread_cond_wait(&cond, &mutex);
        answered++;
        pthread_cond_signal(&done);
    }
    return NULL;
}
__attribute__((constructor)) static void begin(void)
{
    pthread_t id;
    pthread_create(&id, NULL, serve, NULL);
    for (volatile int i = 0; i < 50000000; i++) {} /* it waits by now */
}
static void tell(void)
{
    pthread_mutex_lock(&mutex);
    asked++;
    pthread_cond_signal(&cond);
    while (answered != asked) pthread_cond_wait(&done, &mutex);
    pthread_mutex_unlock(&mutex);
}
#define RECORD tell()
#define RATE 10000000 + 1000 * answered
"""
    made = controller(from_text(text + THREE))
    state = ffi.new("nenc_state *")
    for tick in range(50):
        made.feedback(sample(tick * TICK_NS))
        made.tick(tick * TICK_NS, state)
        assert state.rate_bps == 10e6 + 1000 * (tick + 1)
    made.close()


def test_no_descriptors_left_is_said_and_costs_none() -> None:
    before, limits = descriptors(), resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted, reasons = settings("external"), []
    for limit in range(4, 200):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limits[1]))
        try:
            made = make(wanted, 0)
        except (InputError, MachineError) as error:  # its file cannot be read, then the rest
            reasons.append(str(error))
            made = None
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        if made is not None:
            made.close()
            break
        assert descriptors() == before
        assert children() == []
    assert made is not None
    assert (
        sum("cannot start the process of a controller" in reason for reason in reasons) >= 3
    )  # memory, sockets, process
    assert all("Too many open files" in reason for reason in reasons)
    assert descriptors() == before


WITHOUT = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from shared_objects import controller
from test_external_origin import rates
made = controller(Path(sys.argv[1]), isolate=False)
assert len(rates(made, 3)) == 3
made.close()
try:
    os.fstat(1)
except OSError:
    sys.exit(17)
"""


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_inside_a_lab_without_stdout(closed: str) -> None:
    here = str(Path(__file__).parent)
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", WITHOUT, str(template()), here]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 17, done.stderr


def test_inside_it_is_run_from_memory() -> None:
    """Not from the temporary folder, which may be one that no code is run from."""
    library, before = from_text("#define RATE 9e6\n" + TABLE), descriptors()
    made = controller(library, isolate=False)
    mapped = [
        line.split(maxsplit=5) for line in Path("/proc/self/maps").read_text().splitlines() if library.name in line
    ]
    assert any("x" in fields[1] for fields in mapped)
    assert all(fields[5].startswith("/memfd:") for fields in mapped)
    assert descriptors() == before
    made.close()
