"""Makes the command lines of the `nenc` programs from the settings of a scenario."""

from __future__ import annotations

from dataclasses import dataclass

from nenc_lab.control.settings import ControllerSettings
from nenc_lab.ctables import kinds
from nenc_lab.ctables.encoder_fields import Field, Group, Kind
from nenc_lab.ctables.kinds import GAINS
from nenc_lab.encode.settings import EncoderSettings
from nenc_lab.network.base import CrossSetting
from nenc_lab.programs import modules_folder, program

INSIDE = tuple(kind.name for kind in kinds.controllers())
"""Controllers that `nenc send` itself contains; any other one answers it over a socket."""


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """Settings of one flow's sender. Times are in ns of CLOCK_MONOTONIC, sizes in bytes of UDP payload."""

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
    encoder: EncoderSettings,
    controller: ControllerSettings,
    *,
    steered: bool,
) -> list[str]:
    """Returns the command line of ``nenc send`` for a flow of the lab."""
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
        *("--same-clock", "--die-with-parent", "--seed", str(encoder.seed), "--stream", str(encoder.stream)),
        *(["--ecn"] if settings.ecn else []),
        *(["--save", settings.save] if settings.save else []),
        *_controller(controller, steered),
        *_encoder(encoder),
    ]
    folder = modules_folder()
    if folder is not None and encoder.is_real:
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


def _encoder(settings: EncoderSettings) -> list[str]:
    """Returns an option per given field. Fields without one of their own belong to the model, in ``--model``."""
    words, model = ["--encoder", settings.kind], []
    for field in settings.fields():
        if field.name not in settings.values:
            continue
        value = settings.values[field.name]
        if field.option:
            words += _option(field, value)
        elif settings.group is Group.MODEL:
            model.append(f"{field.name}={value!r}")
    return [*words, *(["--model", ",".join(model)] if model else [])]


def _option(field: Field, value: float | str) -> list[str]:
    """Returns a field as an option of `nenc send`. A flag is given only when it stands for this value."""
    if field.flag >= 0:
        number = field.words.index(str(value)) if field.words else int(float(value))
        return [f"--{field.option}"] if number == field.flag else []
    match field.kind:
        case Kind.TIME:
            return [f"--{field.option}", f"{value}ns"]
        case Kind.RATE:
            return [f"--{field.option}", f"{value}bps"]
        case Kind.TEXT if not value:
            return []
        case Kind.RATIO | Kind.NUMBER:
            return [f"--{field.option}", repr(value)]
        case _:
            return [f"--{field.option}", str(value)]


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
    """Returns the command line of ``nenc recv`` for a flow. ``payload`` is the name of a codec, or padding."""
    return [
        *(str(program("nenc")), "recv", "--listen", f":{port}", "--netns", str(netns_fd), "--control", str(control_fd)),
        *("--origin", str(origin_ns), "--start-at", str(start_ns), "--report", f"{report_ns}ns", "--ssrc", str(ssrc)),
        *("--sequence", str(first_sequence), "--telemetry", telemetry, "--payload", payload, "--die-with-parent"),
        *(["--out", out] if out else []),
    ]


def cross(
    setting: CrossSetting, *, to: str, port: int, netns_fd: int, origin_ns: int, seed: int, number: int
) -> list[str]:
    """Returns the command line of ``nenc cross`` for a source of cross traffic."""
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
    """Returns the command line of ``nenc sink``, the receiving end of cross traffic."""
    return [
        *(str(program("nenc")), "sink", "--listen", f":{port}", "--kind", "tcp" if tcp else "udp"),
        *("--netns", str(netns_fd), "--until", str(until_ns), "--die-with-parent"),
    ]
