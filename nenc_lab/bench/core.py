"""``core``: cost of one tick of the controller, relative to a minimal controller and a scalar window."""

from __future__ import annotations

from nenc_lab.bench import Figure, Say
from nenc_lab.bench.kernels import figures

MEANINGS = {
    "core.tick_ns": "ns: record, window, law, QP, frame rate, rung on an injected clock",
    "core.tick_vs_bare": "that over a bare AVX2 window mean and PID",
    "core.window_vs_scalar": "times as fast as a plain scalar pass over the window at -O3",
    "core.tick_us_per_frame": "us of CPU per frame: a tick is a frame",
}


def measure(repeats: int, say: Say) -> list[Figure]:
    """The figures of this group."""
    return figures(("tick", "window"), MEANINGS, repeats, say)
