"""``sim``: speed of a whole run on the virtual network, relative to simpy with one event per packet."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from nenc_lab.bench import Figure
from nenc_lab.bench.lean_simpy import Lean, lean_simpy

SCENARIO: dict[str, Any] = {
    "version": 1,
    "name": "bench-sim",
    "description": "One flow of 60 fps at 50 Mbit/s over a path of 60 Mbit/s.",
    "duration": "60s",
    "seed": 1,
    "path": {
        "forward": {"rate": "60Mbps", "delay": "20ms", "queue": {"kind": "droptail", "size": "300ms"}},
        "reverse": {"delay": "20ms"},
    },
    "flows": [
        {
            "name": "video",
            "rate": {"min": "5Mbps", "max": "50Mbps", "start": "50Mbps"},
            "encoder": {"kind": "model", "fps": 60},
            "controller": {"kind": "nenc"},
            "feedback": {"interval": "50ms"},
            "packet": "1200B",
        }
    ],
}
REFERENCE_S = 10.0
"""Simulated seconds of the reference. Its speed does not depend on the length, and 60 s would take long."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: simulated seconds, wall seconds (`summary.run.wall_s`: loop and tables), and packets sent."""

    simulated_s: float
    wall_s: float
    packets: int

    @property
    def speed(self) -> float:
        return self.simulated_s / self.wall_s


def measure(repeats: int) -> list[Figure]:
    """The figures of this group, after a run of each side that fills caches and does not count."""
    run_lab()
    run_reference()
    pairs = [(run_lab(), run_reference()) for _ in range(repeats)]
    return [
        Figure("sim.speed", median(lab.speed for lab, _ in pairs), "simulated s per wall s, recording on"),
        Figure("sim.packets_per_s", median(lab.packets / lab.wall_s for lab, _ in pairs), "packets per wall s"),
        Figure(
            "sim.vs_lean_simpy",
            median(lab.speed / lean.speed for lab, lean in pairs),
            "times as fast as one simpy event per packet",
        ),
    ]


def run_lab() -> Measured:
    """One recorded run of `SCENARIO` in a temporary folder."""
    from nenc_lab import session
    from nenc_lab.scenario.load import parse

    scenario = parse(SCENARIO, "bench sim")
    with tempfile.TemporaryDirectory(prefix="nenc-lab-bench-") as folder:
        done = session.run(scenario, out=Path(folder), argv=["bench", "sim"])
        timing = done.info["timing"]
        return Measured(scenario.duration / 1e9, timing["wall_s"], timing["packets"])


def run_reference() -> Measured:
    """One run of the same flow and bottleneck, packet by packet."""
    lean: Lean = lean_simpy(REFERENCE_S)
    return Measured(REFERENCE_S, lean.wall_s, lean.sent)
