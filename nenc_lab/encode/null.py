"""The null encoder: every frame is exactly the rate's share, at once, at a steady pace."""

from __future__ import annotations

from nenc_lab.encode.base import Frame, Happening


class NullEncoder:
    """Frame ``n`` has rate / 8 / fps bytes; what rounding leaves over goes into the next."""

    names = ("null",)

    def __init__(self, resolution: int, fps: float) -> None:
        self._fps = fps
        self._resolution = resolution
        self._frame = Frame()
        self._owed = 0.0
        self._failed = False
        self._key = True
        self.happenings: list[Happening] = []
        self.about: dict[str, str] = {}

    def encode(self, now_ns: int, rate_bps: float, fps: float, rung: int, qp: float) -> Frame:
        fps = min(fps, self._fps)
        frame = self._frame
        self._owed += rate_bps / 8.0 / fps
        frame.bytes = max(1, int(self._owed))
        self._owed -= frame.bytes
        frame.key, self._key = self._key, False
        frame.rung = min(rung, self._resolution)
        frame.interval_ns = round(1e9 / fps)
        frame.qp = qp
        return frame

    def request_key(self) -> None:
        self._key = True

    def set_resolution(self, rung: int) -> None:
        self._key = self._key or rung != self._resolution
        self._resolution = rung

    def set_fault(self, kind: str, on: bool) -> None:
        if kind != "ignore_rate":
            self._key = self._key or on != self._failed
            self._failed = on

    def close(self) -> None:
        pass
