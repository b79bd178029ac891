"""The table of encoders: adding one is a file and a line here, and it is in the contract suite."""

from __future__ import annotations

from nenc_lab.encode.base import Encoder
from nenc_lab.encode.model import ModelSettings


def _model(settings: ModelSettings, seed: int, stream: int) -> Encoder:
    from nenc_lab.encode.model import ModelEncoder

    return ModelEncoder(settings, seed, stream)


def _null(settings: ModelSettings, seed: int, stream: int) -> Encoder:
    from nenc_lab.encode.null import NullEncoder

    return NullEncoder(settings.resolution, settings.fps)


ENCODERS = {"model": _model, "null": _null}


def make(kind: str, settings: ModelSettings, seed: int, stream: int) -> Encoder:
    """The flow's encoder. ``kind`` was checked by the scenario's schema: KeyError is a defect."""
    return ENCODERS[kind](settings, seed, stream)
