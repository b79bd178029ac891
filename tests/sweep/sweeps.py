"""Sweeps that take seconds, and what several of their tests need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

KP, KI = "flows.video.controller.gains.kp", "flows.video.controller.gains.ki"

SCENARIO = """\
version: 1
name: tiny
duration: {duration}
path:
  forward: {{rate: 20Mbps, delay: 10ms, queue: {{kind: droptail, size: 300ms}}, loss: 0.5%}}
  reverse: {{delay: 10ms}}
flows:
  - name: video
    rate: {{min: 2Mbps, max: 50Mbps, start: 2Mbps}}
    encoder: {{kind: model, resolution: 1080p, fps: 30}}
expect:
  - flows.video.loss <= 1
  - flows.video.goodput_mbps >= 1000
"""

SWEEP = """\
version: 1
name: {name}
scenarios: [tiny.yaml]
space:
  flows.video.controller.gains.kp: [0.1, 0.4]
  flows.video.controller.gains.ki: {ki}
seeds: {seeds}
"""


def write(
    folder: Path,
    *,
    name: str = "little",
    duration: str = "3s",
    ki: str = "[0.02, 0.06]",
    seeds: str = "[1, 2]",
    file: str = "little.yaml",
) -> Path:
    """A scenario and a sweep file of 2 x (ki) points x (seeds), in ``folder``; returns the sweep's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.yaml").write_text(SCENARIO.format(duration=duration), encoding="utf-8")
    path = folder / file
    path.write_text(SWEEP.format(name=name, ki=ki, seeds=seeds), encoding="utf-8")
    return path


def data(**parts: Any) -> dict[str, Any]:
    """A sweep as plain data."""
    return {"version": 1, "scenarios": ["step"], "space": {KP: [0.1, 0.2]}, **parts}
