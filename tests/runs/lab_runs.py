"""Whole runs for the tests of this folder: a scenario in a few words, and what it left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nenc_lab.api import run_scenario
from nenc_lab.recording.open import Run
from nenc_lab.scenario.load import parse

PAYLOAD = 1188 / 1242


def words(**changes: Any) -> dict[str, Any]:
    """One flow of a fixed 20 Mbit/s on 50 Mbit/s, 40 ms RTT, 300 ms droptail; ``changes`` replace top keys."""
    base: dict[str, Any] = {
        "version": 1,
        "name": "whole-run",
        "description": "A test.",
        "duration": "10s",
        "seed": 1,
        "path": {"forward": {"rate": "50Mbps", "delay": "20ms"}, "reverse": {"delay": "20ms"}},
        "flows": [flow()],
    }
    return base | changes


def flow(name: str = "video", mbps: float = 20, controller: str = "fixed", **changes: Any) -> dict[str, Any]:
    """A flow that starts (fixed: stays) at ``mbps``."""
    return {
        "name": name,
        "rate": {"min": "1Mbps", "max": "120Mbps", "start": f"{mbps}Mbps"},
        "controller": {"kind": controller},
        **changes,
    }


def run(out: Path, packets: bool = False, **changes: Any) -> Run:
    """Runs ``words(**changes)`` whole, without its figure."""
    return run_scenario(parse(words(**changes), "test"), out=out, argv=["test"], packets=packets, plot=False)


def columns(done: Run, table: str, **equal: str) -> dict[str, np.ndarray]:
    """A table as numpy arrays, rows with these values only (``flow="a"``, ``hop="forward.link"``)."""
    frame = done.frame(table)
    for column, value in equal.items():
        frame = frame.filter(frame[column] == value)
    return {column: frame[column].to_numpy() for column in frame.columns}


def mbps(done: Run, begin: float, end: float, name: str = "video") -> float:
    """Media bits that arrived from ``begin`` to ``end`` (s), per second."""
    ticks = columns(done, "ticks", flow=name)
    at = np.interp([begin, end], ticks["t_s"], ticks["received_bytes"].astype(float))
    return float((at[1] - at[0]) * 8e-6 / (end - begin))
