"""A real encoder of a real picture, in virtual time: the clock waits until the frame is there.

    Film (C) -> picture in shared memory -> hardware in its own process --------> access unit
                                        `-> x264, the same picture, when it fails -^

What a frame takes in virtual time is fixed by the scenario, or what it took by the wall clock (``measured``: then no
two runs are alike). A probe for lost hardware is waited for, so that it is found again in the same frame every time.
"""

from __future__ import annotations

from math import nan
from typing import Any

from nenc_lab.encode.base import FAULTS, Frame, Happening
from nenc_lab.encode.film import Film
from nenc_lab.encode.limits import Limits
from nenc_lab.encode.settings import VideoSettings
from nenc_lab.errors import EnvironmentError_, InputError
from nenc_lab.kernels import check, ffi, lib
from nenc_lab.programs import program

SECOND_NS = 1_000_000_000
TEXT = 512
CODECS = {"h264": 0, "hevc": 1}
MODES = {"cbr": 0, "vbr": 1}
ENTRIES = {"any": 0, "slice": 1, "low-power": 2}
"""nenc_codec, nenc_rate_mode and nenc_entry in encode.h."""
EINVAL, UNSUPPORTED, TIMEOUT = -1, -33, -35
"""nenc_status and nenc_encode_status."""
INPUT = 3
HAPPENINGS = ("fallback", "probe", "recovery", "input")
"""Kinds of event, by nenc_failover_kind."""
SOFTWARE = "x264"
"""What takes over."""
LARGEST_BPS = 1_000_000_000
PATIENCE_NS = 10 * SECOND_NS
"""Wall time that a frame may take where time is virtual: a busy machine must not look like hardware that hangs."""


class VideoEncoder:
    """One flow's encoder, hardware or x264, through libnenc's fail-over."""

    def __init__(self, settings: VideoSettings, seed: int) -> None:
        self._settings = settings
        self.names = (settings.kind, "software")
        self.happenings: list[Happening] = []
        self._frame = Frame()
        self._film = Film(settings)
        self._resolution = self._film.height
        self._picture = ffi.new("nenc_frame *")
        self._made = ffi.new("nenc_failover_frame *")
        self._rate = ffi.new("nenc_rate *")
        self._event = ffi.new("nenc_failover_event *")
        self._quality = ffi.new("nenc_quality *")
        self._fps = settings.fps
        self._key_ns = settings.start_ns
        self._gone = ""
        """The fault that takes the hardware away, the last one to begin."""
        self._ignores_rate = False
        # Hardware does not show its pictures; a mean over what software made in its place would be of something else.
        self._measures = settings.quality and settings.kind == SOFTWARE
        self._limits = Limits(settings.qp_min, settings.qp_max)
        self._encoder: Any = ffi.NULL
        try:
            self._encoder = self._open()
        except BaseException:
            self._film.close()
            raise
        self._tell(settings.start_ns)  # hardware that was not there from the beginning
        about = ffi.string(lib.nenc_failover_describe(self._encoder)).decode(errors="replace")
        lost = any(one.kind == "fallback" for one in self.happenings)
        self.about = {"encoder": f"{SOFTWARE} in place of {settings.kind}: {about}" if lost else about}

    # ---- the engine's calls

    def encode(self, now_ns: int, rate_bps: float, fps: float, rung: int, qp: float) -> Frame:
        settings, frame = self._settings, self._frame
        self._set_fps(min(fps, settings.fps) if settings.follow_rung else settings.fps)
        self._set_size(min(rung, self._resolution) if settings.follow_rung else self._resolution, now_ns)
        self._set_rate(rate_bps)
        if settings.key_interval_ns and now_ns - self._key_ns >= settings.key_interval_ns:
            self.request_key()
        self._shoot(now_ns)
        made = self._made
        frame.bytes = made.coded.bytes
        frame.key = bool(made.coded.key)
        if frame.key:
            self._key_ns = now_ns
        frame.qp = made.coded.qp
        frame.rung = self._film.height
        frame.tag = made.software
        frame.interval_ns = round(SECOND_NS / self._fps)
        frame.encode_ns = self._took_ns()
        frame.psnr, frame.ssim = self._measure() if self._measures else (nan, nan)
        self._tell(now_ns)
        limited = self._limits.happening(now_ns, frame.bytes, frame.qp, rate_bps, frame.interval_ns)
        if limited is not None:
            self.happenings.append(limited)
        return frame

    def request_key(self) -> None:
        check(lib.nenc_failover_request_key(self._encoder), "nenc_failover_request_key")

    def set_resolution(self, rung: int) -> None:
        self._resolution = rung

    def set_fault(self, kind: str, on: bool) -> None:
        if kind == "ignore_rate":
            self._ignores_rate = on
        elif on:
            self._gone = kind
        elif kind == self._gone:
            self._gone = ""
        else:
            return  # another one has taken its place
        # Known to hang: no need to wait long until it is believed.
        patience_ns = self._settings.watchdog_ns if self._gone == "gpu_hang" else self._patience_ns()
        check(lib.nenc_failover_set_timeout(self._encoder, patience_ns), "nenc_failover_set_timeout")
        fault = FAULTS[self._gone] if self._gone else FAULTS["ignore_rate"] if self._ignores_rate else 0
        check(lib.nenc_failover_fault(self._encoder, fault), "nenc_failover_fault")

    def close(self) -> None:
        encoder, self._encoder = self._encoder, ffi.NULL
        lib.nenc_failover_close(encoder)
        self._film.close()

    # ---- one frame

    def _set_fps(self, fps: float) -> None:
        if fps != self._fps:
            num, den = _fraction(fps)
            check(lib.nenc_failover_set_fps(self._encoder, num, den), "nenc_failover_set_fps")
            self._fps = fps

    def _set_size(self, lines: int, now_ns: int) -> None:
        if self._film.fixed or lines == self._film.height:
            return
        self._film.resize(lines)
        status = lib.nenc_failover_resize(self._encoder, self._film.width, self._film.height)
        self._check(status, f"cannot switch to {self._film.width}x{self._film.height}", now_ns)

    def _set_rate(self, rate_bps: float) -> None:
        rate = self._rate
        rate.bitrate_bps = min(max(round(rate_bps), 1), LARGEST_BPS)
        check(lib.nenc_failover_set_rate(self._encoder, rate), "nenc_failover_set_rate")

    def _shoot(self, now_ns: int) -> None:
        settings, picture = self._settings, self._picture
        check(lib.nenc_failover_picture(self._encoder, picture), "nenc_failover_picture")
        # By time, not by count: what moves goes on at its pace when frames are shed.
        self._film.render(
            round((now_ns - settings.start_ns) * settings.fps / SECOND_NS), ffi.addressof(picture.picture)
        )
        picture.pts_ns = now_ns
        self._check(lib.nenc_failover_encode(self._encoder, picture, self._made), "encoding failed", now_ns)

    def _took_ns(self) -> int:
        settings, made = self._settings, self._made
        if settings.measured:
            return int(made.took_ns)
        if not made.software:
            return settings.encode_ns
        # Hardware that fails says so when its frame is due, or the watchdog does; then software begins.
        lost = {0: 0, TIMEOUT: settings.watchdog_ns}.get(made.failed, settings.encode_ns)
        return lost + settings.software_ns

    def _measure(self) -> tuple[float, float]:
        """PSNR in dB and SSIM of the frame, NaN where the encoder does not show what it made."""
        made, quality = ffi.addressof(self._made.coded.reconstruction), self._quality
        if made.plane[0] == ffi.NULL:
            return nan, nan
        shot = ffi.addressof(self._picture.picture)
        check(lib.nenc_psnr(shot, made, quality), "nenc_psnr")
        psnr = float(quality.all)
        check(lib.nenc_ssim(shot, made, quality), "nenc_ssim")
        return psnr, float(quality.all)

    def _tell(self, now_ns: int) -> None:
        event = self._event
        while lib.nenc_failover_event_take(self._encoder, event):
            if event.kind == INPUT and self._settings.kind == SOFTWARE:
                continue  # nothing is handed over within a process
            text = ffi.string(event.text).decode(errors="replace")
            self.happenings.append(Happening(now_ns, HAPPENINGS[event.kind], text, {"frame": event.number}))

    # ---- opening and failing

    def _patience_ns(self) -> int:
        return self._settings.watchdog_ns if self._settings.measured else max(PATIENCE_NS, self._settings.watchdog_ns)

    def _open(self) -> Any:
        settings = self._settings
        config = ffi.new("nenc_failover_config *")
        lib.nenc_failover_config_default(config)
        config.primary, config.fallback = settings.kind.encode(), SOFTWARE.encode()
        if settings.codec == "hevc" and settings.kind != SOFTWARE:
            config.fallback, config.fallback_device = b"vaapi", b"driver:nenc"  # x265 is in our driver alone
        config.isolate = settings.isolate and settings.kind != SOFTWARE
        config.wait_for_probe = 1
        host = ffi.new("char[]", str(program("nenc_encoder_host")).encode())
        config.host = host
        encoder = config.encoder
        encoder.codec, encoder.rate_mode = CODECS[settings.codec], MODES[settings.mode]
        encoder.entry = ENTRIES[settings.entry]
        encoder.width, encoder.height = self._film.width, self._film.height
        encoder.fps_num, encoder.fps_den = _fraction(settings.fps)
        encoder.threads = settings.threads
        encoder.reconstruct = self._measures
        encoder.timeout_ns = self._patience_ns()
        encoder.preset, encoder.device = settings.preset.encode(), settings.device.encode()
        rate = self._rate
        rate.bitrate_bps = min(max(round(settings.rate_bps), 1), LARGEST_BPS)
        rate.vbv_ms = max(1, round(settings.vbv_ns / 1e6))
        rate.qp_min, rate.qp_max, rate.qp_initial = settings.qp_min, settings.qp_max, settings.qp_initial
        encoder.rate = rate[0]
        made, text = ffi.new("nenc_failover **"), ffi.new("char[]", TEXT)
        status = lib.nenc_failover_open(config, made, text, TEXT)
        if status < 0:
            reason = f"flows.{settings.flow}.encoder: {ffi.string(text).decode(errors='replace')}"
            raise InputError(reason) if status in (EINVAL, UNSUPPORTED) else EnvironmentError_(reason)
        return made[0]

    def _check(self, status: int, what: str, now_ns: int) -> None:
        """The hardware's failures are dealt with in C; what comes up to here, software failed at too."""
        if status < 0:
            reason = ffi.string(lib.nenc_failover_failure(self._encoder)).decode(errors="replace")
            raise EnvironmentError_(f"flows.{self._settings.flow}.encoder at {now_ns / 1e9:g} s: {what}: {reason}")


def _fraction(fps: float) -> tuple[int, int]:
    """Frames per second as two integers, to a thousandth."""
    return round(fps * 1000), 1000
