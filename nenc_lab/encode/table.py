"""The table of encoders: adding one is a file and a line here, and it is in the contract suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nenc_lab.encode.base import Encoder
from nenc_lab.encode.settings import ModelSettings, NullSettings, VideoSettings

Settings = ModelSettings | NullSettings | VideoSettings


def _model(settings: ModelSettings, seed: int, stream: int) -> Encoder:
    from nenc_lab.encode.model import ModelEncoder

    return ModelEncoder(settings, seed, stream)


def _null(settings: NullSettings, seed: int, stream: int) -> Encoder:
    from nenc_lab.encode.null import NullEncoder

    return NullEncoder(settings.resolution, settings.fps)


def _video(settings: VideoSettings, seed: int, stream: int) -> Encoder:
    from nenc_lab.encode.video import VideoEncoder

    return VideoEncoder(settings, seed)


ENCODERS: dict[str, Callable[[Any, int, int], Encoder]] = {
    "model": _model,
    "null": _null,
    "x264": _video,
    "vaapi": _video,
    "nvenc": _video,
}


def make(kind: str, settings: Settings, seed: int, stream: int) -> Encoder:
    """The flow's encoder. ``kind`` was checked by the scenario's schema: KeyError is a defect.

    Raises EnvironmentError_ when this machine or build has no such encoder, InputError when it cannot do what is asked.
    """
    return ENCODERS[kind](settings, seed, stream)
