"""Drives an encoder as the engine does: one frame after the other, each at the time the one before asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nenc_lab.encode.base import Encoder
from nenc_lab.encode.settings import ModelSettings
from nenc_lab.encode.table import make

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
        rows.append((now, frame.bytes, frame.key, frame.rung, frame.encode_ns, frame.tag))
        assert frame.interval_ns > 0
        now += frame.interval_ns
        number += 1
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Clip(*columns)


def encoder(kind: str, seed: int = 1, stream: int = 1 << 21, **settings: object) -> Encoder:
    return make(kind, ModelSettings(**settings), seed, stream)  # type: ignore[arg-type]
