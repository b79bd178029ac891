"""Tells when a quantiser limit, not the rate control, decides what an encoder makes: limits.c, as senders do."""

from __future__ import annotations

from nenc_lab.encode.base import Happening
from nenc_lab.kernels import ffi, lib

TEXT = 160


class Limits:
    """Watches seconds of capture time; ``happening`` is what there is to tell after a frame, if anything."""

    def __init__(self, qp_min: int, qp_max: int) -> None:
        self._limits = ffi.new("nenc_limits *", {"qp_min": qp_min, "qp_max": qp_max})
        self._text = ffi.new("char[]", TEXT)

    def happening(self, now_ns: int, size: int, qp: float, target_bps: float, interval_ns: int) -> Happening | None:
        """Takes in a frame of ``size`` bytes at ``qp``; once a second that changed its verdict, says so."""
        limits, text = self._limits, self._text
        if not lib.nenc_limits_take(limits, now_ns, size, qp, target_bps, interval_ns, text, TEXT):
            return None
        return Happening(now_ns, "warning" if limits.told else "note", ffi.string(text).decode())
