"""Drives an encoder as the engine does: one frame after the other, each at the time the one before asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from nenc_lab.ctables.encoder_fields import Group, kinds
from nenc_lab.encode.base import Encoder
from nenc_lab.encode.camera import Camera
from nenc_lab.encode.settings import EncoderSettings
from nenc_lab.errors import MachineError
from nenc_lab.programs import module

SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Clip:
    """What came out: one entry per frame."""

    t_ns: np.ndarray
    bytes: np.ndarray
    key: np.ndarray
    rung: np.ndarray
    encode_ns: np.ndarray
    tag: np.ndarray

    @property
    def bps(self) -> float:
        """Mean rate from the first capture to the last, which is where the last but one ends."""
        span = self.t_ns[-1] - self.t_ns[0]
        return 8e9 * float(self.bytes[:-1].sum()) / float(span)


def shoot(
    encoder: Encoder,
    seconds: float,
    rate_bps: float | Callable[[int], float],
    *,
    fps: float | Callable[[int], float] = 240.0,
    rung: int | Callable[[int], int] = 4320,
    at: dict[int, Callable[[Encoder], None]] | None = None,
) -> Clip:
    """``at``: by frame number, what is done to the encoder before that frame."""
    rows = []
    now, number = 0, 0
    while now < seconds * SECOND_NS:
        if at and number in at:
            at[number](encoder)
        frame = encoder.encode(
            now,
            rate_bps(now) if callable(rate_bps) else rate_bps,
            fps(now) if callable(fps) else fps,
            rung(now) if callable(rung) else rung,
            28.0,
        )
        rows.append((now, frame.bytes, bool(frame.key), frame.rung, frame.encode_ns, frame.software))
        assert frame.interval_ns > 0
        now += frame.interval_ns
        number += 1
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Clip(*columns)


SIZES = {"model": (1080, 2160, 4320), "null": (1080, 2160, 4320)}
"""Lines that the promises are tried at, small, medium, large."""
NEEDS = {"x264": ("nenc-x264.so",), "vaapi": ("nenc-vaapi.so", "nenc_drv_video.so", "nenc-x264.so")}
SMALL = (360, 480, 720)
"""Of real encoders: they have to make every picture."""


MADE: list[Encoder] = []
"""To be closed at the end of the test (conftest.py)."""


def sizes(kind: str) -> tuple[int, int, int]:
    return SIZES.get(kind, SMALL)


def encoder(kind: str, seed: int = 1, stream: int = 1 << 21, **values: Any) -> Encoder:
    """One of the table. Skips, saying why, where this machine or build does not have it."""
    for name in NEEDS.get(kind, ()):
        if module(name) is None:
            pytest.skip(f"NOT CHECKED: this build has no {name}")
    usual = USUAL if kinds()[kind] is Group.REAL else {}
    if kind == "vaapi":
        usual = {**usual, "device": "driver:nenc"}
    try:
        made = Camera(EncoderSettings(kind, {**usual, **values}, rate_bps=1e6, seed=seed, stream=stream))
    except MachineError as error:
        if kind != "nvenc":  # the only one that needs a machine of its own
            raise
        pytest.skip(f"NOT CHECKED: {error}")
    MADE.append(made)
    return made


USUAL: dict[str, float | str] = {"lines": SMALL[0], "preset": "ultrafast", "qp_min": 10, "complexity": 0.8}
"""Of real encoders, where it is not the table's default."""
