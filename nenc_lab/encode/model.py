"""The model encoder: the statistical video source of RFC 8593 section 5, in the C core (model.h says what it does)."""

from __future__ import annotations

from typing import Any

from nenc_lab.encode.base import FAULTS, Frame, Happening
from nenc_lab.encode.settings import ModelSettings
from nenc_lab.errors import InternalError
from nenc_lab.kernels import check, ffi, lib


class ModelEncoder:
    """One flow's model encoder; all chance comes from (seed, stream)."""

    names = ("model", "software")

    def __init__(self, settings: ModelSettings, seed: int, stream: int) -> None:
        self.happenings: list[Happening] = []
        self.about: dict[str, str] = {}
        self._frame = Frame()
        self._made = ffi.new("nenc_model_frame *")
        self._model: Any = lib.nenc_model_create(_config(settings, seed, stream))
        if self._model == ffi.NULL:
            raise InternalError(f"nenc_model_create refuses {settings}")

    def encode(self, now_ns: int, rate_bps: float, fps: float, rung: int, qp: float) -> Frame:
        frame, made = self._frame, self._made
        status = lib.nenc_model_encode(self._model, now_ns, rate_bps, fps, rung, qp, made)
        if status:
            check(status, f"nenc_model_encode at {now_ns} ns: {rate_bps} bit/s, {fps} frames/s, {rung} lines")
        frame.bytes = made.bytes
        frame.key = made.key != 0
        frame.rung = made.rung
        frame.interval_ns = made.interval_ns
        frame.encode_ns = made.encode_ns
        frame.tag = made.software
        frame.qp = made.qp
        return frame

    def request_key(self) -> None:
        check(lib.nenc_model_request_key(self._model), "nenc_model_request_key")

    def set_resolution(self, rung: int) -> None:
        check(lib.nenc_model_set_resolution(self._model, rung), "nenc_model_set_resolution")

    def set_fault(self, kind: str, on: bool) -> None:
        check(lib.nenc_model_set_fault(self._model, FAULTS[kind], on), "nenc_model_set_fault")

    def close(self) -> None:
        model, self._model = self._model, ffi.NULL
        lib.nenc_model_destroy(model)


def _config(settings: ModelSettings, seed: int, stream: int) -> Any:
    config = ffi.new("nenc_model_config *")
    lib.nenc_model_config_default(config)
    config.lines = settings.resolution
    for name in (
        "follow_rung",
        "transient_frames",
        "fps",
        "key_ratio",
        "size_scale",
        "interval_scale",
        "transient_change",
        "rate_min_bps",
        "rate_max_bps",
        "reaction_ns",
        "lag_ns",
        "encode_ns",
        "software_ns",
        "watchdog_ns",
        "key_interval_ns",
    ):
        setattr(config, name, getattr(settings, name))
    config.seed, config.stream = seed & (2**64 - 1), stream & (2**64 - 1)
    return config
