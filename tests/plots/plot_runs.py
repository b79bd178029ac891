"""Run folders for the plot tests: a fluid model of rates, one queue and a second-order controller, recorded for real.

No run here is meant to be right about any controller: the shapes (rise, overshoot, a queue that fills after a
down-step, loss when it is full, feedback that is missing in an outage) are what a figure must cope with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nenc_lab.recording.folder import RunFolder
from nenc_lab.recording.open import Run, open_run
from nenc_lab.recording.recorder import Recorder
from nenc_lab.records import payload_fraction

STEP_S = 0.01
TICK_S = 1 / 60
PAYLOAD = payload_fraction(1200)
Schedule = Sequence[tuple[float, float]]
"""(from when in s, value) in time order."""


@dataclass
class Behaviour:
    """How a flow of the model behaves: a damped oscillator around its share."""

    start: float = 0.0
    stop: float | None = None
    speed: float = 2.6
    damping: float = 0.62
    low: float = 5e6
    high: float = 120e6


@dataclass
class Course:
    """What a model run goes through."""

    name: str
    duration: float
    capacity: Schedule | Callable[[np.ndarray], np.ndarray]
    flows: dict[str, Behaviour] = field(default_factory=lambda: {"video": Behaviour()})
    loss: Schedule = ((0.0, 0.0),)
    delay: Schedule = ((0.0, 0.02),)
    timeline: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    cross: list[dict[str, Any]] = field(default_factory=list)
    changes: Sequence[float] = ()
    """Instants of the path's changes, beside the flows' starts."""
    stopped_at: float | None = None
    summary: bool = True
    frames: bool = True
    trace: bool = False
    expectations: list[tuple[str, bool]] = field(default_factory=list)


def held(schedule: Schedule, t: np.ndarray) -> np.ndarray:
    """The schedule's value at each of ``t``."""
    times, values = np.array(schedule, dtype=np.float64).T
    return values[np.searchsorted(times, t, side="right") - 1]


def make(out: Path, course: Course) -> Run:
    """Runs the model and leaves a run folder under ``out``."""
    end = course.stopped_at or course.duration
    steps = np.arange(0.0, end, STEP_S)
    capacity = course.capacity(steps) if callable(course.capacity) else held(course.capacity, steps)
    loss, delay = held(course.loss, steps), held(course.delay, steps)
    names, flows = list(course.flows), list(course.flows.values())
    active = np.array([(steps >= f.start) & (steps < (f.stop or course.duration)) for f in flows])
    share = np.array([np.minimum(capacity * PAYLOAD / np.maximum(active.sum(0), 1), f.high) for f in flows])
    rng = np.random.default_rng(7)

    count, n = steps.size, len(flows)
    rate, p, i, d = (np.zeros((n, count)) for _ in range(4))
    queue, dropped, sent, got, lost = np.zeros(count), np.zeros(count), *(np.zeros((n, count)) for _ in range(3))
    now = np.array([f.low for f in flows])
    speed = np.zeros(n)
    waiting, seen = 0.0, 0.0
    for k in range(count):
        waited = waiting * 8 / max(capacity[k], 1e6)
        seen += (waited - seen) * 0.1
        for f, flow in enumerate(flows):
            if not active[f, k]:
                continue
            goal = max(share[f, k] * (1 - min(0.85, 2.5 * seen + loss[k])), flow.low)
            p[f, k] = flow.speed * np.log(goal / now[f])
            d[f, k] = -2 * flow.damping * speed[f] + rng.normal(0, 0.03)
            speed[f] += (flow.speed * p[f, k] - 2 * flow.damping * flow.speed * speed[f]) * STEP_S
            i[f, k] = speed[f]
            now[f] = np.clip(now[f] * np.exp(speed[f] * STEP_S), flow.low, flow.high)
            if now[f] in (flow.low, flow.high):
                speed[f] = 0.0
            rate[f, k] = now[f]
            sent[f, k] = now[f] * STEP_S / 8 * (1 + rng.normal(0, 0.08))
        wire = sent[:, k].sum() / PAYLOAD
        room = max(50e6, capacity[k]) * 0.3 / 8
        taken = min(wire, max(0.0, room - waiting + capacity[k] * STEP_S / 8))
        dropped[k] = wire - taken
        waiting = max(0.0, waiting + taken - capacity[k] * STEP_S / 8)
        queue[k] = waiting
        out_bytes = min(waiting + capacity[k] * STEP_S / 8, max(taken, capacity[k] * STEP_S / 8)) if waiting else taken
        part = sent[:, k] / max(sent[:, k].sum(), 1e-9)
        gone = part * dropped[k] + part * out_bytes * loss[k]
        lost[:, k] = gone * PAYLOAD
        got[:, k] = part * out_bytes * (1 - loss[k]) * PAYLOAD

    wait_ms = np.where(capacity > 0, queue * 8 / np.maximum(capacity, 1) * 1e3, np.nan)
    info = {
        "scenario": _scenario(course),
        "seed": 1,
        "backend": "virtual",
        "controller": "nenc",
        "versions": {"nenc_lab": "0.1.0"},
    }
    folder = RunFolder.create(out, info)
    with Recorder(folder, order=names) as recorder:
        recorder.append(
            "path",
            {
                "hop": "forward.link", "t_s": steps + STEP_S, "capacity_bps": capacity,
                "queue_bytes": queue.astype(int), "queue_delay_ms": wait_ms, "packets": 1, "drops_queue": 0,
                "drops_loss": 0, "marked": 0, "duplicated": 0,
            },
        )  # fmt: skip
        for f, name in enumerate(names):
            _record(recorder, name, f, steps[active[f]], active[f], rate, p, i, d, sent, got, lost, wait_ms, delay)
            if course.frames:
                _record_frames(recorder, name, steps[active[f]], rate[f][active[f]], rng)
    parts: dict[str, Any] = {}
    if course.summary:
        parts["summary"] = _summary(course, names, steps, active, rate, share, wait_ms, got, lost, capacity)
        parts["expectations"] = [
            {"text": text, "passed": passed, "observed": []} for text, passed in course.expectations
        ]
    folder.complete("partial" if course.stopped_at else "complete", **parts)
    return open_run(folder.path)


def _record(
    recorder: Recorder, name: str, f: int, t: np.ndarray, on: np.ndarray, rate: np.ndarray, p: np.ndarray,
    i: np.ndarray, d: np.ndarray, sent: np.ndarray, got: np.ndarray, lost: np.ndarray, wait: np.ndarray,
    delay: np.ndarray,
) -> None:  # fmt: skip
    if t.size < 2:
        return
    ticks = np.arange(t[0], t[-1], TICK_S)
    at = np.minimum(np.searchsorted(t, ticks, side="right") - 1, t.size - 1)

    def pick(values: np.ndarray) -> np.ndarray:
        return values[on][at]

    def total(values: np.ndarray) -> np.ndarray:
        return np.cumsum(values[on])[at].astype(np.int64)

    queue_delay = pick(wait)
    rtt = queue_delay + 2e3 * pick(delay) + np.random.default_rng(3).normal(0, 0.4, at.size)
    rtt[pick(got[f]) <= 0] = np.nan
    recorder.append(
        "ticks",
        {
            "flow": name, "t_s": ticks, "rate_bps": pick(rate[f]), "encode_bps": pick(rate[f]), "p": pick(p[f]),
            "i": pick(i[f]), "d": pick(d[f]), "error": 0.0, "anchor_bps": pick(rate[f]), "capacity_est_bps": None,
            "samples": np.arange(ticks.size), "throughput": pick(got[f]) * 8 / STEP_S, "rtt_ms": rtt,
            "loss": 0.0, "queue_delay_ms": queue_delay, "queue_delay_est_ms": queue_delay,
            "base_rtt_ms": 2e3 * pick(delay),
            "delivered_bps": pick(got[f]) * 8 / STEP_S, "tfrc_bps": None, "qp": 30.0, "fps": 60.0, "rung": 2160,
            "bounds": 0, "sent_bytes": total(sent[f]), "received_bytes": total(got[f]),
            "received_wire_bytes": total(got[f] / PAYLOAD), "sent_packets": total(sent[f]) // 1188,
            "received_packets": total(got[f]) // 1188, "lost_packets": total(lost[f]) // 1188, "backlog_bytes": 0,
            "feedback_wire_bytes": 0,
        },
    )  # fmt: skip


def _record_frames(recorder: Recorder, name: str, t: np.ndarray, rate: np.ndarray, rng: np.random.Generator) -> None:
    if t.size < 2:
        return
    captured = np.arange(t[0], t[-1], 1 / 60)
    delayed = np.interp(captured - 0.1, t, rate)
    size = (delayed / 8 / 60 * (1 + rng.laplace(0, 0.1, captured.size)).clip(0.3, 3)).astype(np.int64)
    size[0] = int(size[0] * 3.2)
    recorder.append(
        "frames",
        {
            "flow": name, "frame": np.arange(captured.size), "t_s": captured, "size": size, "key": False,
            "encode_ms": 4.0,
            "qp": None, "psnr": None, "ssim": None, "encoder": "model", "rung": 2160, "sent": captured + 0.01,
            "received": captured + 0.05, "packets": 10, "lost": 0, "pending": 0, "late": False,
        },
    )  # fmt: skip


def _scenario(course: Course) -> dict[str, Any]:
    return {
        "version": 1,
        "name": course.name,
        "duration": f"{course.duration:g}s",
        "seed": 1,
        "path": {"forward": {"trace": {"file": "lte.csv", "format": "csv"}} if course.trace else {"rate": "50Mbps"}},
        "timeline": course.timeline,
        "flows": [
            {
                "name": name,
                "start": f"{flow.start:g}s",
                **({} if flow.stop is None else {"stop": f"{flow.stop:g}s"}),
                "rate": {"min": f"{flow.low:.0f}bps", "max": f"{flow.high:.0f}bps", "start": f"{flow.low:.0f}bps"},
            }
            for name, flow in course.flows.items()
        ],
        "cross_traffic": course.cross,
        "faults": course.faults,
        "expect": [text for text, _ in course.expectations],
    }


def _summary(
    course: Course, names: list[str], t: np.ndarray, active: np.ndarray, rate: np.ndarray, share: np.ndarray,
    wait: np.ndarray, got: np.ndarray, lost: np.ndarray, capacity: np.ndarray,
) -> dict[str, Any]:  # fmt: skip
    flows: dict[str, Any] = {}
    starts = [flow.start for flow in course.flows.values()]
    for f, name in enumerate(names):
        on = active[f]
        instants = sorted({starts[f], *(s for s in (*course.changes, *starts) if s > starts[f])})
        ends = [*instants[1:], course.duration]
        changes = [_change(t, rate[f], share[f], *span) for span in zip(instants, ends, strict=True) if span[0] < t[-1]]
        flows[name] = {
            "utilisation": float(got[f][on].sum() * 8 / (np.minimum(capacity, 126e6)[on].sum() * STEP_S) / PAYLOAD),
            "goodput_mbps": float(got[f][on].mean() * 8 / STEP_S / 1e6),
            "queue_delay_ms": {"p95": float(np.nanquantile(wait[on], 0.95))},
            "frame_delay_ms": {"p95": float(np.nanquantile(wait[on], 0.95)) + 41.0},
            "loss": float(lost[f].sum() / max((lost[f] + got[f]).sum(), 1)),
            "changes": changes,
        }
    return {"flows": flows, "run": {"jain_last20s": 0.987 if len(names) > 1 else None}}


def _change(t: np.ndarray, rate: np.ndarray, share: np.ndarray, begin: float, end: float) -> dict[str, Any]:
    during = (t >= begin + STEP_S / 2) & (t < end - STEP_S / 2)
    target = float(np.mean(share[during])) if during.any() else 0.0
    inside = (rate[during] >= 0.8 * target) & (rate[during] <= 1.05 * target)
    settling = None
    for k in np.flatnonzero(inside):
        if inside[k : k + 200].all() and inside[k:].size >= 200 and inside[k:].mean() >= 0.9:
            settling = float(t[during][k] - begin)
            break
    return {
        "kind": "capacity", "at_s": begin, "until_s": end, "to_mbps": target / 1e6,
        "settling_s": settling if target else None,
        "overshoot": float(rate[during].max() / target - 1) if target else None,
    }  # fmt: skip


# -- the courses --


def step() -> Course:
    timeline = [{"at": "20s", "forward": {"rate": "1Gbps"}}, {"at": "40s", "forward": {"rate": "50Mbps"}}]
    return Course(
        "step", 60.0, ((0, 50e6), (20, 1e9), (40, 50e6)), timeline=timeline, changes=(20.0, 40.0),
        expectations=[("flows.video.utilisation >= 0.85", True), ("flows.video.changes[*].settling_s <= 5", True)],
    )  # fmt: skip


def fluctuation() -> Course:
    times = np.arange(2.0, 60.0, 2.0)
    rates = [1e9 if k % 2 == 0 else 50e6 for k in range(times.size)]
    timeline = [{"at": f"{t:g}s", "forward": {"rate": f"{r:.0f}bps"}} for t, r in zip(times, rates, strict=True)]
    return Course(
        "fluctuation", 60.0, ((0, 50e6), *zip(times, rates, strict=True)), timeline=timeline, changes=tuple(times),
        expectations=[("flows.video.queue_delay_ms.p95 <= 150", False)],
    )  # fmt: skip


def lte_capacity(t: np.ndarray) -> np.ndarray:
    """8 to 100 Mbit/s, a mean-reverting walk in the logarithm, with the flicker of 10 ms periods."""
    rng = np.random.default_rng(11)
    level = np.empty(t.size)
    x = np.log(30e6)
    for k in range(t.size):
        x += 0.004 * (np.log(32e6) - x) + rng.normal(0, 0.03)
        level[k] = x
    return np.clip(np.exp(level), 8e6, 100e6) * rng.uniform(0.7, 1.3, t.size)


def lte() -> Course:
    return Course("lte", 120.0, lte_capacity, trace=True, expectations=[("flows.video.utilisation >= 0.6", True)])


def three_flows() -> Course:
    flows = {
        "camera": Behaviour(),
        "screen": Behaviour(start=20.0, speed=2.0),
        "phone": Behaviour(start=45.0, stop=70.0),
    }
    return Course(
        "three-flows", 90.0, ((0, 100e6),), flows=flows, changes=(70.0,),
        expectations=[("run.jain_last20s >= 0.95", True)],
    )  # fmt: skip


def outage() -> Course:
    timeline = [{"at": "20s", "forward": {"rate": "0bps"}}, {"at": "23s", "forward": {"rate": "50Mbps"}}]
    return Course("outage", 40.0, ((0, 50e6), (20, 0.0), (23, 50e6)), timeline=timeline, changes=(20.0, 23.0))


def blackout() -> Course:
    loss = {"loss": "85%"}
    none = {"loss": "0%"}
    timeline = [{"at": "20s", "forward": loss, "reverse": loss}, {"at": "30s", "forward": none, "reverse": none}]
    faults = [
        {"at": "34s", "flow": "video", "kind": "gpu_failure", "lasts": "2s"},
        {"at": "45s", "flow": "video", "kind": "key_frame"},
        {"at": "46s", "flow": "video", "kind": "rung_switch", "resolution": "4320p"},
    ]
    cross = [{"name": "burst", "kind": "cbr", "rate": "10Mbps", "start": "5s", "stop": "8s"}]
    return Course(
        "blackout", 50.0, ((0, 50e6),), loss=((0, 0.0), (20, 0.85), (30, 0.0)), timeline=timeline, faults=faults,
        cross=cross, changes=(20.0, 30.0),
        expectations=[
            ("flows.video.changes[1].to_floor_s <= 1", True),
            ("flows.video.changes[2].to_80pct_s <= 5", False),
            ("flows.video.loss <= 0.001", False),
            ("flows.video.queue_delay_ms.p95 <= 80", False),
        ],
    )  # fmt: skip


def partial() -> Course:
    course = step()
    course.name, course.stopped_at, course.summary, course.expectations = "partial", 27.4, False, []
    return course


def no_frames() -> Course:
    course = step()
    course.name, course.frames = "no-frames", False
    return course


def starved() -> Course:
    timeline = [{"at": "15s", "forward": {"rate": "800kbps"}}, {"at": "25s", "forward": {"rate": "50Mbps"}}]
    return Course("starved", 40.0, ((0, 50e6), (15, 0.8e6), (25, 50e6)), timeline=timeline, changes=(15.0, 25.0))


def many_flows() -> Course:
    flows = {f"flow-{k}-of-a-long-name": Behaviour(start=3.0 * k) for k in range(11)}
    return Course("many-flows", 60.0, ((0, 400e6),), flows=flows)


def no_bottleneck() -> Course:
    return Course("no-bottleneck", 20.0, ((0, np.inf),))


COURSES = {
    course.__name__: course
    for course in (
        step, fluctuation, lte, three_flows, outage, blackout, partial, no_frames, starved, many_flows, no_bottleneck,
    )
}  # fmt: skip
