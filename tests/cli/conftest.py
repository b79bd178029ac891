"""Scenarios short enough to run in a blink, and the command line as a function and as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nenc_lab.cli import main

SHORT = """\
version: 1
name: short
duration: {duration}
seed: 7
path:
  forward: {{rate: 20Mbps, delay: 20ms, queue: {{kind: droptail, size: 300ms}}, loss: 0.5%}}
  reverse: {{delay: 20ms}}
flows:
  - name: video
    rate: {{min: 5Mbps, max: 50Mbps, start: 5Mbps}}
    encoder: {{kind: model, resolution: 1080p, fps: 60}}
    controller: {{kind: nenc}}
expect:
  - {expect}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[..., Path]:
    """Writes a scenario file and returns its path."""

    def write(name: str = "short.yaml", *, duration: str = "6s", expect: str = "flows.video.loss <= 1") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SHORT.format(duration=duration, expect=expect), encoding="utf-8")
        return path

    return write


@dataclass(frozen=True)
class Said:
    """Exit code and output of one call."""

    code: int
    out: str
    err: str


@pytest.fixture
def nenc_lab(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command line, in this process."""

    def call(*words: object) -> Said:
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return call


@pytest.fixture
def command() -> list[str]:
    """The command line as a process of its own."""
    return [sys.executable, "-P", "-m", "nenc_lab"]


@pytest.fixture
def process(command: list[str], tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts the command line in ``tmp_path``; output is piped unless said otherwise."""

    def start(*words: object, stdout: int | None = subprocess.PIPE, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, *map(str, words)],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    return start
