"""Command lines of `nenc` from the settings of a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from nenc_lab import kinds
from nenc_lab.control.settings import ControllerSettings
from nenc_lab.encode.settings import ModelSettings, NullSettings, VideoSettings
from nenc_lab.kinds import GAINS
from nenc_lab.network.base import CrossSetting
from nenc_lab.programs import modules_folder, program

INSIDE = tuple(kind.name for kind in kinds.controllers())
"""Controllers that `nenc send` has itself; any other is on the other side of its socket."""


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """One flow's sender. Times ns of CLOCK_MONOTONIC, sizes bytes of UDP payload."""

    to: str
    port: int
    from_port: int
    netns_fd: int
    control_fd: int
    origin_ns: int
    start_ns: int
    stop_ns: int
    packet_bytes: int
    pacer_factor: float
    pacer_burst_ns: int
    report_ns: int
    ecn: bool
    ssrc: int
    first_sequence: int
    telemetry: str
    save: str | None = None


def sender(
    settings: SenderSettings,
    encoder: ModelSettings | NullSettings | VideoSettings,
    controller: ControllerSettings,
    *,
    seed: int,
    stream: int,
    steered: bool,
) -> list[str]:
    """``nenc send`` for a flow of the lab."""
    words = [
        *(str(program("nenc")), "send", "--to", f"{settings.to}:{settings.port}", "--from", f":{settings.from_port}"),
        *("--netns", str(settings.netns_fd), "--control", str(settings.control_fd)),
        *(
            "--origin",
            str(settings.origin_ns),
            "--start-at",
            str(settings.start_ns),
            "--stop-at",
            str(settings.stop_ns),
        ),
        *("--packet", f"{settings.packet_bytes}B", "--pacer-factor", repr(settings.pacer_factor)),
        *("--pacer-burst", f"{settings.pacer_burst_ns}ns", "--report", f"{settings.report_ns}ns"),
        *("--ssrc", str(settings.ssrc), "--sequence", str(settings.first_sequence), "--telemetry", settings.telemetry),
        *("--same-clock", "--die-with-parent", "--seed", str(seed), "--stream", str(stream)),
        *(["--ecn"] if settings.ecn else []),
        *(["--save", settings.save] if settings.save else []),
        *_controller(controller, steered),
        *_encoder(encoder),
    ]
    folder = modules_folder()
    if folder is not None and isinstance(encoder, VideoSettings):
        words += ["--modules", str(folder), "--encoder-host", str(program("nenc_encoder_host"))]
    return words


def _controller(settings: ControllerSettings, steered: bool) -> list[str]:
    rates = {"min": settings.rate_min_bps, "max": settings.rate_max_bps, "start": settings.rate_start_bps}
    words = [word for name, rate in rates.items() for word in (f"--rate-{name}", f"{round(rate)}bps")]
    words += ["--tick-rate", str(round(1e9 / settings.tick_ns))]
    if steered:
        return [*words, "--controller", "socket"]
    values = dict(settings.values)
    gains = ",".join(f"{name}={value!r}" for name, value in values.items() if name in GAINS)
    values = {"height_max": float(settings.height), **values}
    knobs = ",".join(f"{name}={value!r}" for name, value in values.items() if name not in GAINS)
    words += ["--controller", settings.kind]
    return [*words, *(["--gains", gains] if gains else []), *(["--knobs", knobs] if knobs else [])]


def _encoder(settings: ModelSettings | NullSettings | VideoSettings) -> list[str]:
    lines = ["--lines", str(settings.resolution), "--fps", repr(settings.fps)]
    match settings:
        case NullSettings():
            return [*lines, "--encoder", "null"]
        case ModelSettings():
            return [*lines, *_model(settings)]
        case VideoSettings():
            return [*lines, *_video(settings)]


def _model(settings: ModelSettings) -> list[str]:
    fields = {
        "key_ratio": settings.key_ratio,
        "transient_frames": settings.transient_frames,
        "reaction_ns": settings.reaction_ns,
        "size_scale": settings.size_scale,
        "interval_scale": settings.interval_scale,
        "transient_change": settings.transient_change,
        "lag_ns": settings.lag_ns,
        "encode_ns": settings.encode_ns,
        "software_ns": settings.software_ns,
        "rate_min_bps": settings.rate_min_bps,
    }
    if isfinite(settings.rate_max_bps):
        fields["rate_max_bps"] = settings.rate_max_bps
    return [
        *("--encoder", "model", "--model", ",".join(f"{name}={value!r}" for name, value in fields.items())),
        *("--watchdog", f"{settings.watchdog_ns}ns", "--key-interval", f"{settings.key_interval_ns}ns"),
        *([] if settings.follow_rung else ["--fixed"]),
    ]


def _video(settings: VideoSettings) -> list[str]:
    words = [
        *("--encoder", settings.kind, "--codec", settings.codec, "--mode", settings.mode, "--entry", settings.entry),
        *("--vbv", f"{settings.vbv_ns}ns", "--threads", str(settings.threads)),
        *("--qp-min", str(settings.qp_min), "--qp-max", str(settings.qp_max), "--qp-initial", str(settings.qp_initial)),
        *("--watchdog", f"{settings.watchdog_ns}ns", "--key-interval", f"{settings.key_interval_ns}ns"),
        *("--complexity", repr(settings.complexity), "--cut", f"{settings.cut_ns}ns"),
        *([] if settings.follow_rung else ["--fixed"]),
        *([] if settings.isolate else ["--not-isolated"]),
        *(["--quality"] if settings.quality and settings.kind == "x264" else []),
    ]
    for name, value in (("--preset", settings.preset), ("--device", settings.device), ("--input", settings.file)):
        if value:
            words += [name, str(value)]
    if settings.width and settings.height:
        words += ["--width", str(settings.width), "--height", str(settings.height)]
    return words


def receiver(
    *,
    port: int,
    netns_fd: int,
    control_fd: int,
    origin_ns: int,
    start_ns: int,
    report_ns: int,
    ssrc: int,
    first_sequence: int,
    telemetry: str,
    payload: str,
    out: str | None,
) -> list[str]:
    """``nenc recv`` for a flow of the lab; ``payload``: h264, hevc or padding."""
    return [
        *(str(program("nenc")), "recv", "--listen", f":{port}", "--netns", str(netns_fd), "--control", str(control_fd)),
        *("--origin", str(origin_ns), "--start-at", str(start_ns), "--report", f"{report_ns}ns", "--ssrc", str(ssrc)),
        *("--sequence", str(first_sequence), "--telemetry", telemetry, "--payload", payload, "--die-with-parent"),
        *(["--out", out] if out else []),
    ]


def cross(
    setting: CrossSetting, *, to: str, port: int, netns_fd: int, origin_ns: int, seed: int, number: int
) -> list[str]:
    """``nenc cross`` for a source of cross traffic."""
    words = [
        *(str(program("nenc")), "cross", "--to", f"{to}:{port}", "--kind", setting.kind, "--netns", str(netns_fd)),
        *("--start-at", str(origin_ns + setting.start_ns), "--stop-at", str(origin_ns + setting.stop_ns)),
        *("--wire-bytes", str(setting.wire_bytes), "--stream", str(number), "--die-with-parent"),
    ]
    if setting.kind.startswith("tcp-"):
        return [*words, "--streams", str(setting.streams)]
    words += ["--rate", f"{round(setting.rate_bps)}bps", "--seed", str(seed)]
    if setting.kind != "cbr":
        words += ["--on", f"{setting.on_ns}ns", "--off", f"{setting.off_ns}ns"]
    return words


def sink(*, tcp: bool, port: int, netns_fd: int, until_ns: int) -> list[str]:
    """``nenc sink``, the other end of cross traffic."""
    return [
        *(str(program("nenc")), "sink", "--listen", f":{port}", "--kind", "tcp" if tcp else "udp"),
        *("--netns", str(netns_fd), "--until", str(until_ns), "--die-with-parent"),
    ]
