"""Objects with the three functions of nenc.h: their threads run on the lab's time, tick for tick, always the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from external_runs import children, run
from shared_objects import build, controller, from_text, libnenc, needs_cc
from test_external_equal import ROUGH, digests
from test_external_equal import run as run_rough

from nenc_lab.api import open_run
from nenc_lab.errors import ControllerError, InputError
from nenc_lab.kernels import ffi, lib

pytestmark = needs_cc

TICK_NS, OWN_TICK_NS = 16_666_667, 10_000_000
CALLS = ["NANOSLEEP", "USLEEP", "ABSOLUTE", "TIMEDWAIT", "CLOCKWAIT", "THRD_SLEEP", "SPAWNING", "SPAWNING_C11"]


def ticker(sleep: str, rate: int = 10_000_000) -> Path:
    return build(Path(__file__).with_name("ticker.c"), f"-DSLEEP={sleep}", f"-DRATE={rate}")


def rates(made, ticks: int, start_ns: int = 0) -> list[float]:
    state = ffi.new("nenc_state *")
    found = []
    for tick in range(ticks):
        made.tick(start_ns + tick * TICK_NS, state)
        found.append(state.rate_bps)
    return found


def sample(now_ns: int):
    made = ffi.new("nenc_sample *")
    made.time_ns, made.throughput_kbps, made.rtt_ms, made.loss = now_ns, 20_000, 40.0, 0.0
    return made


@pytest.mark.parametrize("start_ns", [0, 2_345_678_901])
@pytest.mark.parametrize("sleep", CALLS)
def test_its_thread_ticks_on_the_lab_s_time(sleep: str, start_ns: int) -> None:
    """By then it has run floor(time / its period) times: no more, no less, whichever way it sleeps."""
    made = controller(ticker(sleep), now_ns=start_ns)
    expected = [10e6 + 1000 * (tick * TICK_NS // OWN_TICK_NS) for tick in range(600)]
    assert rates(made, 600, start_ns) == expected
    made.close()
    assert children() == []


def test_a_thread_that_waits_for_reports() -> None:
    """record() waits for its thread's answer, which costs no time."""
    made = controller(ticker("BY_SIGNAL"))
    state = ffi.new("nenc_state *")
    for tick in range(300):
        now = tick * TICK_NS
        for _ in range(tick % 3):
            made.feedback(sample(now))
        made.tick(now, state)
        assert state.rate_bps == 10e6 + 1000 * sum(each % 3 for each in range(tick + 1))
    made.close()


def test_a_c_plus_plus_thread() -> None:
    """<thread>, <chrono> and <condition_variable> come down to the calls that are taken over."""
    if not shutil.which("c++"):
        pytest.skip("NOT CHECKED: there is no C++ compiler (apt-get install g++)")
    text = """
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
struct AdaptiveEncoder { std::atomic<uint32_t> ticks{0}; std::mutex mutex; std::condition_variable cond; };
static void run(AdaptiveEncoder *enc)
{
    auto next = std::chrono::steady_clock::now();
    for (bool odd = false;; odd = !odd) {
        next += std::chrono::milliseconds(10);
        std::unique_lock<std::mutex> lock(enc->mutex);
        if (odd) enc->cond.wait_until(lock, next);
        else std::this_thread::sleep_until(next);
        enc->ticks++;
    }
}
extern "C" AdaptiveEncoder *init_adaptive_encoder(VADisplay)
{
    auto *enc = new AdaptiveEncoder;
    std::thread(run, enc).detach();
    return enc;
}
extern "C" void record_network_metrics(AdaptiveEncoder *, uint32_t, float, float) {}
extern "C" uint32_t get_current_bitrate(AdaptiveEncoder *enc) { return 10000000 + 1000 * enc->ticks; }
"""
    made = controller(from_text(text, "-std=c++17", suffix=".cpp", compiler="c++"))
    assert rates(made, 300) == [10e6 + 1000 * (tick * TICK_NS // OWN_TICK_NS) for tick in range(300)]
    made.close()


def test_libnenc_s_own_three_functions_twice(tmp_path: Path) -> None:
    own = {"kind": "external", "library": str(libnenc()), "abi": "origin"}
    one, other = run_rough(tmp_path, own), run_rough(tmp_path, own)
    assert digests(one) == digests(other)
    ticks = one.frame("ticks")
    assert (ticks["rung"] == 2160).all()  # what the interface does not say is as with `fixed`
    assert (ticks["fps"] == 60).all()
    assert (ticks["qp"] == 25).all()


def test_it_does_what_the_core_does(tmp_path: Path) -> None:
    """Its thread's ticks fall elsewhere by a fraction of a tick; the rate it holds is the core's."""
    steady = {**ROUGH, "timeline": [], "path": {"forward": {"rate": "40Mbps", "delay": "15ms"}, "reverse": {}}}
    found = [
        run_rough(tmp_path, controller, steady).summary["flows"]["video"]
        for controller in ({"kind": "external", "library": str(libnenc()), "abi": "origin"}, {"kind": "nenc"})
    ]
    assert found[0]["rate_mbps"]["mean"] == pytest.approx(found[1]["rate_mbps"]["mean"], rel=0.03)
    assert found[0]["utilisation"] == pytest.approx(found[1]["utilisation"], abs=0.03)


@pytest.mark.parametrize(("rate", "bound", "held"), [(1_000_000, "MIN", 5e6), (4_000_000_000, "MAX", 120e6)])
def test_a_rate_outside_the_flow_s_limits_is_held_within(rate: int, bound: str, held: float) -> None:
    made = controller(ticker("NANOSLEEP", rate))
    state = ffi.new("nenc_state *")
    made.tick(0, state)
    assert state.rate_bps == held
    assert state.bounds == getattr(lib, f"NENC_BOUND_{bound}")
    made.close()


def test_a_rate_of_nothing_is_an_error() -> None:
    made = controller(from_text(SILENT))
    with pytest.raises(ControllerError, match=r"get_current_bitrate at 0.000000 s: its decision has rate_bps = 0"):
        rates(made, 1)
    made.close()
    assert children() == []


SILENT = """
static char memory;
AdaptiveEncoder *init_adaptive_encoder(VADisplay d) { (void)d; return (AdaptiveEncoder *)&memory; }
void record_network_metrics(AdaptiveEncoder *e, uint32_t t, float r, float l) { (void)e, (void)t, (void)r, (void)l; }
uint32_t get_current_bitrate(AdaptiveEncoder *e) { (void)e; return 0; }
"""


def test_a_thread_that_never_sleeps() -> None:
    with pytest.raises(InputError, match=r"a thread of its own: did not sleep within 0\.3 s of wall time"):
        controller(ticker("SPINNING"), timeout_ns=300_000_000)
    assert children() == []


def test_a_thread_that_crashes(tmp_path: Path) -> None:
    with pytest.raises(ControllerError, match=r"a thread of its own at .*killed by SIGABRT") as raised:
        run(tmp_path, ticker("CRASHING"))
    assert raised.value.at_ns == pytest.approx(1e9, abs=TICK_NS)
    assert open_run(raised.value.folder).frame("ticks")["t_s"][-1] == pytest.approx(1.0, abs=0.02)


def test_an_encoder_that_cannot_be_had() -> None:
    with pytest.raises(InputError, match="init_adaptive_encoder: returned NULL"):
        controller(ticker("DONE"))


def test_the_table_comes_first_and_the_three_can_be_asked_for() -> None:
    made = [controller(libnenc(), abi=abi) for abi in ("auto", "v1", "origin")]
    # the table takes the flow's rate.start, the three functions begin with their own
    assert [rates(each, 1)[0] for each in made] == [8e6, 8e6, 5e6]
    for each in made:
        each.close()


def test_what_it_cannot_take(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no knobs: leave controller.knobs out"):
        controller(ticker("NANOSLEEP"), knobs={"rise": 1.0})
    with pytest.raises(InputError, match=r"has no gains: leave controller.gains out"):
        controller(ticker("NANOSLEEP"), gains=(1.0, 0.0, 0.0))
    for abi in ("auto", "origin"):
        with pytest.raises(InputError, match=r"set controller.isolate to true"):
            controller(ticker("NANOSLEEP"), isolate=False, abi=abi)
