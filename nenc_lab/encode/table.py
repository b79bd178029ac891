"""The kinds of encoder. The C core's table names them, and a `Camera` drives each."""

from __future__ import annotations

from nenc_lab.encode.base import Encoder
from nenc_lab.encode.camera import Camera
from nenc_lab.encode.settings import EncoderSettings
from nenc_lab.encoder_fields import kinds

ENCODERS = tuple(kinds())


def make(settings: EncoderSettings) -> Encoder:
    """Creates the flow's encoder.

    Raises MachineError when this machine or build has no such encoder, and InputError when the encoder cannot do what
    is asked of it.
    """
    return Camera(settings)
