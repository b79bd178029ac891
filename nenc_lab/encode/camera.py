"""The encoder of one flow in virtual time: the C core's camera (nenc/camera.h), whose clock waits for each frame."""

from __future__ import annotations

from typing import cast

from nenc_lab.encode.base import FAULTS, Frame, Happening
from nenc_lab.encode.pictures import Pictures
from nenc_lab.encode.settings import EncoderSettings
from nenc_lab.errors import InputError, InternalError, MachineError
from nenc_lab.kernels import CData, check, ffi, lib
from nenc_lab.programs import program

SECOND_NS = 1_000_000_000
TEXT = 512
BITS_64 = 2**64 - 1


class Camera:
    """An encoder of any kind, as the engine drives it (`nenc_lab.encode.base.Encoder`).

    Raises MachineError when this machine or build has no such encoder, and InputError when the encoder cannot do what
    is asked of it.
    """

    def __init__(self, settings: EncoderSettings) -> None:
        self.names = (settings.kind,) if settings.kind == "null" else (settings.kind, "software")
        self.happenings: list[Happening] = []
        self._flow = settings.flow
        self._shot = ffi.new("nenc_shot *")
        self._event = ffi.new("nenc_camera_event *")
        self._shoot = lib.nenc_camera_shoot
        self._camera: CData = ffi.NULL
        self._pictures = Pictures.of(settings)
        try:
            self._camera = self._open(settings)
        except BaseException:
            self._close_pictures()
            raise
        self._take_events()  # for hardware that was missing from the start
        about = ffi.string(lib.nenc_camera_describe(self._camera)).decode(errors="replace")
        self.about: dict[str, str] = {"encoder": about} if about else {}

    def encode(self, now_ns: int, rate_bps: float, fps: float, rung: int, qp: float) -> Frame:
        shot = self._shot
        status = self._shoot(self._camera, now_ns, rate_bps, fps, rung, qp, shot)
        if status:
            self._fail(status, now_ns)
        if shot.events:
            self._take_events()
        return cast(Frame, shot)

    def request_key(self) -> None:
        check(lib.nenc_camera_request_key(self._camera), "nenc_camera_request_key")

    def set_resolution(self, rung: int) -> None:
        check(lib.nenc_camera_set_resolution(self._camera, rung), "nenc_camera_set_resolution")

    def set_fault(self, kind: str, on: bool) -> None:
        check(lib.nenc_camera_set_fault(self._camera, FAULTS[kind], on), "nenc_camera_set_fault")

    def close(self) -> None:
        camera, self._camera = self._camera, ffi.NULL
        lib.nenc_camera_close(camera)
        self._close_pictures()

    def _close_pictures(self) -> None:
        if self._pictures is not None:
            self._pictures.close()

    def _take_events(self) -> None:
        event = self._event
        while lib.nenc_camera_event_take(self._camera, event):
            kind, text = (ffi.string(part).decode(errors="replace") for part in (event.kind, event.text))
            detail = {} if event.frame < 0 else {"frame": event.frame}
            self.happenings.append(Happening(event.at_ns, kind, text, detail))

    def _open(self, settings: EncoderSettings) -> CData:
        config, camera, text = ffi.new("nenc_camera_config *"), ffi.new("nenc_camera **"), ffi.new("char[]", TEXT)
        lib.nenc_camera_config_default(config)
        kept = [
            ffi.new("char[]", settings.kind.encode()),
            ffi.new("char[]", str(program("nenc_encoder_host")).encode()),
        ]
        config.kind, config.host = kept
        config.virtual_time = 1
        config.start_ns, config.rate_bps = settings.start_ns, settings.rate_bps
        config.seed, config.stream = settings.seed & BITS_64, settings.stream & BITS_64
        if self._pictures is not None:
            config.source = self._pictures.source
        place = f"flows.{self._flow}.encoder"
        for name, value in settings.values.items():
            if isinstance(value, str):
                kept.append(ffi.new("char[]", value.encode()))
                status = lib.nenc_camera_set_text(config, name.encode(), kept[-1], text, TEXT)
            else:
                status = lib.nenc_camera_set(config, name.encode(), value, text, TEXT)
            if status < 0:
                raise InputError(f"{place}: {_words(text)}")
        status = lib.nenc_camera_open(config, camera, text, TEXT)
        if status == lib.NENC_ENCODE_SOURCE:
            raise InputError(f"{place}.source.file: {_words(text)}")
        if status in (lib.NENC_EINVAL, lib.NENC_ENCODE_UNSUPPORTED):
            raise InputError(f"{place}: {_words(text)}")
        if status < 0:
            raise MachineError(f"{place}: {_words(text)}")
        return camera[0]

    def _fail(self, status: int, now_ns: int) -> None:
        """Raises the error for a failed ``encode``. Hardware failures do not come here: software takes over."""
        if self._pictures is not None:
            self._pictures.raise_failure()
        reason = _words(lib.nenc_camera_failure(self._camera))
        if status == lib.NENC_ENCODE_SOURCE:
            raise InputError(f"flows.{self._flow}.encoder.source.file: {reason}")
        if status in (lib.NENC_EINVAL, lib.NENC_ERANGE):
            raise InternalError(f"nenc_camera_shoot at {now_ns} ns: {reason or 'it is closed'}")
        raise MachineError(f"flows.{self._flow}.encoder at {now_ns / SECOND_NS:g} s: {reason}")


def _words(text: object) -> str:
    words: str = ffi.string(text).decode(errors="replace")
    return words
