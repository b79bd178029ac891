"""Tells when a quantiser limit, not the rate control, decides what an encoder makes."""

from __future__ import annotations

from dataclasses import dataclass

from nenc_lab.encode.base import Happening

SECOND_NS = 1_000_000_000
OFF = 0.1
"""A second's output this far from its target is off it ..."""
AT_LIMIT = 0.8
"""... and the limit's doing when this part of its frames stand at it."""


@dataclass(slots=True)
class Limits:
    """Watches seconds of capture time; ``happening`` is what there is to tell after a frame, if anything."""

    qp_min: int
    qp_max: int
    _from_ns: int = 0
    _frames: int = 0
    _bits: float = 0.0
    _asked: float = 0.0
    _lowest: int = 0
    _highest: int = 0
    _told: str = ""

    def happening(self, now_ns: int, size: int, qp: float, target_bps: float, interval_ns: int) -> Happening | None:
        """Takes in a frame of ``size`` bytes at ``qp``; once a second that changed its verdict, says so."""
        told = None
        if self._frames and now_ns >= self._from_ns + SECOND_NS:
            told = self._verdict(now_ns)
            self._frames = self._lowest = self._highest = 0
            self._bits = self._asked = 0.0
        if not self._frames:
            self._from_ns = now_ns
        self._frames += 1
        self._bits += 8.0 * size
        self._asked += target_bps * interval_ns / SECOND_NS
        self._lowest += qp <= self.qp_min + 0.5
        self._highest += qp >= self.qp_max - 0.5
        return told

    def _verdict(self, now_ns: int) -> Happening | None:
        state, text = "", "the encoder follows its target again"
        seconds = (now_ns - self._from_ns) / SECOND_NS
        made = f"the encoder makes {self._bits / seconds / 1e6:.2f} of {self._asked / seconds / 1e6:.2f} Mbit/s"
        if self._bits < (1.0 - OFF) * self._asked and self._lowest >= AT_LIMIT * self._frames:
            state, text = "min", f"{made}: at its finest QP ({self.qp_min}) the picture needs no more"
        elif self._bits > (1.0 + OFF) * self._asked and self._highest >= AT_LIMIT * self._frames:
            state, text = "max", f"{made}: at its coarsest QP ({self.qp_max}) the picture needs that much"
        if state == self._told:
            return None
        self._told = state
        return Happening(now_ns, "warning" if state else "note", text)
