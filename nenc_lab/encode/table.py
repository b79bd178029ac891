"""The kinds of encoder; the C core's table names them, and every kind is a `Camera`."""

from __future__ import annotations

from nenc_lab.ctables.encoder_fields import kinds
from nenc_lab.encode.base import Encoder
from nenc_lab.encode.camera import Camera
from nenc_lab.encode.settings import EncoderSettings

ENCODERS = tuple(kinds())


def make(settings: EncoderSettings) -> Encoder:
    """The flow's encoder.

    Raises MachineError when this machine or build has no such encoder, InputError when it cannot do what is asked.
    """
    return Camera(settings)
