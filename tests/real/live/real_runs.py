"""Short scenarios for real runs, and how the lab is called on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nenc_lab import api
from nenc_lab.real.sandbox import Sandbox
from nenc_lab.recording.open import Run

TEXT = """
version: 1
name: short
duration: 6s
path:
  forward: {rate: 12Mbps, delay: 20ms, queue: {kind: droptail, size: 200ms}}
  reverse: {delay: 10ms}
flows:
  - name: video
    rate: {min: 1Mbps, max: 10Mbps, start: 4Mbps}
    encoder: {kind: model, resolution: 1080p, fps: 30}
"""


def write(folder: Path, text: str = TEXT) -> Path:
    """A scenario file."""
    file = folder / "short.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def run(sandbox: Sandbox, folder: Path, *overrides: str, text: str = TEXT, **more: Any) -> Run:
    """One run of the text with these overrides, in the sandbox."""
    scenario = api.load(write(folder, text), overrides=overrides, backend="netem")
    return api.run_scenario(
        scenario, out=folder / "runs", argv=["test"], backend="netem", place=sandbox, plot=False, **more
    )


def run_virtual(folder: Path, *overrides: str, text: str = TEXT) -> Run:
    """The same on the virtual network."""
    scenario = api.load(write(folder, text), overrides=overrides)
    return api.run_scenario(scenario, out=folder / "runs", argv=["test"], plot=False)
