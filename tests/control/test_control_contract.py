"""What every controller promises the engine, whatever its law."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import pytest
from shared_objects import external, needs_cc, template

from nenc_lab.control.base import Controller
from nenc_lab.control.settings import ControllerSettings
from nenc_lab.control.table import CONTROLLERS, make
from nenc_lab.errors import InputError
from nenc_lab.kernels import ffi

SECOND_NS = 1_000_000_000
TICK_NS = SECOND_NS // 60
REPORT_NS = 50_000_000
RATE_MIN, RATE_MAX, RATE_START = 5e6, 120e6, 8e6

ROWS = [
    *(kind for kind in sorted(CONTROLLERS) if kind != "external"),
    pytest.param("external", marks=needs_cc),
    pytest.param("external inside", marks=needs_cc),
]
"""Every controller of the table; the external one, from the template, in both the ways it can run."""

pytestmark = pytest.mark.parametrize("kind", ROWS)


def settings(kind: str, **changes: object) -> ControllerSettings:
    values: dict[str, object] = {
        "kind": kind.removesuffix(" inside"),
        "flow": "video",
        "rate_min_bps": RATE_MIN,
        "rate_max_bps": RATE_MAX,
        "rate_start_bps": RATE_START,
        "fps": 60.0,
        "height": 2160,
        "packet_bytes": 1200,
        "tick_ns": TICK_NS,
    }
    if kind.startswith("external"):
        values["external"] = external(template(), isolate=kind == "external")
    return ControllerSettings(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def controller(kind: str) -> Iterator[Controller]:
    made = make(settings(kind), 0)
    yield made
    made.close()


def sample(now_ns: int, kbps: float, rtt_ms: float, loss: float):
    made = ffi.new("nenc_sample *")
    made.time_ns = now_ns
    made.throughput_kbps = int(kbps)
    made.rtt_ms, made.loss = rtt_ms, loss
    made.owd_ms = rtt_ms / 2
    made.ecn, made.bytes_in_flight = 0.0, math.nan
    return made


def network(seed: int) -> Iterator[tuple[int, float, float, float]]:
    """Samples of a path that does what it likes: calm, jammed, lossy, silent for seconds, with jumps of rtt."""
    chance = random.Random(seed)
    now = 0
    while True:
        capacity, rtt, loss = chance.uniform(50, 200e3), chance.uniform(1, 900), chance.choice([0.0, 0.01, 0.3, 1.0])
        for _ in range(chance.randrange(1, 40)):
            now += REPORT_NS
            yield now, capacity * chance.uniform(0.5, 1.0), rtt * chance.uniform(1.0, 1.5), loss
        now += chance.choice([0, 0, SECOND_NS, 8 * SECOND_NS])


def drive(controller: Controller, seed: int, ticks: int) -> list[bytes]:
    """The states of ``ticks`` ticks, with feedback in between as it comes."""
    states, reports = [], network(seed)
    due = next(reports)
    for tick in range(ticks):
        now = tick * controller.tick_ns
        while due[0] <= now:
            controller.feedback(sample(*due))
            due = next(reports)
        state = ffi.new("nenc_state *")
        controller.tick(now, state)
        check(state, now)
        states.append(bytes(ffi.buffer(state)))
    return states


def check(state, now_ns: int) -> None:
    assert state.now_ns == now_ns
    assert RATE_MIN <= state.rate_bps <= RATE_MAX
    assert 0 < state.encode_bps <= state.rate_bps
    assert 0 < state.fps <= 60.0
    assert 0 < state.rung <= 2160
    assert 0 <= state.qp <= 51
    for name in ("p", "i", "d", "error", "throughput_bps", "rtt_ms", "loss", "queue_delay_ms", "base_rtt_ms"):
        assert math.isfinite(getattr(state, name)), name
    assert 0 <= state.loss <= 1
    assert not math.isnan(state.tfrc_bps)


def test_begins_at_the_start_rate_and_keeps_to_its_bounds_without_feedback(controller: Controller) -> None:
    state = ffi.new("nenc_state *")
    controller.tick(0, state)
    assert state.rate_bps == pytest.approx(RATE_START)
    assert state.recorded == 0
    for tick in range(1, 600):
        controller.tick(tick * controller.tick_ns, state)
        check(state, tick * controller.tick_ns)


@pytest.mark.parametrize("seed", range(6))
def test_every_tick_fills_a_legal_state(controller: Controller, seed: int) -> None:
    drive(controller, seed, 3000)


def test_same_samples_same_states(kind: str) -> None:
    runs = []
    for _ in range(2):
        controller = make(settings(kind), 0)
        runs.append(drive(controller, 5, 2000))
        controller.close()
    assert runs[0] == runs[1]


def test_two_of_them_do_not_share_anything(kind: str) -> None:
    alone = make(settings(kind), 0)
    expected = drive(alone, 7, 600)
    one, other = make(settings(kind), 0), make(settings(kind), 0)
    drive(other, 8, 600)
    assert drive(one, 7, 600) == expected
    for controller in (alone, one, other):
        controller.close()


@pytest.mark.parametrize(
    ("rtt_ms", "loss"), [(math.nan, 0.0), (-5.0, 0.0), (math.inf, 0.0), (40.0, math.nan), (40.0, -0.1), (40.0, 1.5)]
)
def test_nonsense_is_refused(kind: str, rtt_ms: float, loss: float) -> None:
    """Samples with NaN, an infinity or a ratio that is none change no decision."""
    decided = []
    for spoil in (False, True):
        controller = make(settings(kind), 0)
        state = ffi.new("nenc_state *")
        for tick in range(240):
            now = tick * controller.tick_ns
            if tick % 3 == 0:
                controller.feedback(sample(now, 2e4, 40.0, 0.0))
                if spoil:
                    controller.feedback(sample(now, 3e4, rtt_ms, loss))
            controller.tick(now, state)
            check(state, now)
        decided.append((state.rate_bps, state.fps, state.rung, state.recorded))
        controller.close()
    assert decided[0] == decided[1]


def test_starts_later_than_zero(kind: str) -> None:
    start = 20 * SECOND_NS
    controller = make(settings(kind), start)
    state = ffi.new("nenc_state *")
    controller.tick(start, state)
    assert state.rate_bps == pytest.approx(RATE_START)
    controller.close()


def test_close_twice(kind: str) -> None:
    controller = make(settings(kind), 0)
    controller.close()
    controller.close()


def test_a_knob_nobody_has_is_bad_input(kind: str) -> None:
    with pytest.raises(InputError, match=r"flows\.video\.controller"):
        make(settings(kind, values={"kpp": 1.0}), 0)


def test_an_unknown_kind_is_bad_input(kind: str) -> None:
    with pytest.raises(InputError, match=rf"no controller '{kind}x'.*{kind.split()[0]}"):
        make(settings(kind + "x"), 0)


def test_tick_period_is_the_one_asked_for(kind: str) -> None:
    controller = make(settings(kind, tick_ns=10_000_000), 0)
    assert controller.tick_ns == 10_000_000
    controller.close()
