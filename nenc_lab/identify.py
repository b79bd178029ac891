"""Identifies an encoder: applies rate steps at several picture sizes, fits its responses, and writes a profile.

A drive is one stream at one size: its targets are low, high, low, mid, high, low, with a key frame in the middle of
each phase. The result is a folder:

    identify.json   the request, the measurements, and their setting (encoder, driver, versions, host)
    frames.parquet  all frames of all drives
    profile.yaml    parameters for `encoder: {kind: model, profile: profile.yaml}`
    step.png, .svg  step responses and fits
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from io import BytesIO
from itertools import pairwise
from math import isfinite
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np

from nenc_lab.analysis import identification
from nenc_lab.analysis.identification import Phase, StepResponse
from nenc_lab.ctables.encoder_fields import Group, kinds
from nenc_lab.encode.base import Encoder
from nenc_lab.encode.camera import Camera
from nenc_lab.encode.settings import EncoderSettings
from nenc_lab.errors import InputError, NencLabError
from nenc_lab.kernels import lib
from nenc_lab.scenario.types import LINES

SECOND_NS = 1_000_000_000
KINDS = tuple(kind for kind, group in kinds().items() if group is Group.REAL)
MODES = ("cbr", "vbr")
BITS_PER_PIXEL = (0.04, 0.12, 0.04, 0.08, 0.12, 0.04)
"""Targets of a drive in bits per pixel: from fair to good quality, up and down, in small and large steps."""
PHASE_S = 6.0
LIMITED, FAR_OFF = 0.2, 0.25
"""A drive is doubtful above these: fraction of frames at a limit of the quantiser, error of the rate."""
KEY_AT = 0.45
"""Position of the key frame in a phase: after the response to the step, and settled before the settled part begins."""
FPS = 30.0
QP_MIN, QP_MAX = 10, 51
"""Limits of the quantiser, wider than usual, so that the rate control is free to choose."""


@dataclass(frozen=True, slots=True)
class Drive:
    """One stream and its figures."""

    resolution: str
    mode: str
    phases: tuple[Phase, ...]
    responses: tuple[StepResponse, ...]
    key_ratio: float | None
    size_scale: float
    encode_ms: float
    qp_limited: float
    """Fraction of frames at a limit of the quantiser; if it is large, the rate error is not due to the rate control."""


@dataclass(frozen=True, slots=True)
class Identified:
    """The identified properties of one encoder."""

    encoder: str
    about: dict[str, str]
    drives: tuple[Drive, ...]

    def warnings(self) -> list[str]:
        """Returns the reasons to doubt the profile."""
        found = []
        for drive in self.drives:
            if drive.qp_limited > LIMITED:
                found.append(
                    f"{drive.resolution} {drive.mode}: {drive.qp_limited:.0%} of the frames are at a limit of the "
                    "quantiser, where there is no rate control to identify: change --complexity"
                )
            worst = max((abs(step.error) for step in drive.responses), default=0.0)
            if worst > FAR_OFF:
                found.append(f"{drive.resolution} {drive.mode}: the output is up to {worst:.0%} off its target")
            lost = len(drive.phases) - 1 - len(drive.responses)
            if lost:
                found.append(
                    f"{drive.resolution} {drive.mode}: {lost} of {len(drive.phases) - 1} steps were not followed"
                )
        return found

    def profile(self) -> dict[str, Any]:
        """Returns the keys of the model encoder, as a scenario writes them; most are medians over all drives."""
        responses = [response for drive in self.drives for response in drive.responses]
        phases = [drive.phases for drive in self.drives]
        ratios = [drive.key_ratio for drive in self.drives if drive.key_ratio is not None]
        spans = [span for some in phases if (span := identification.transient_frames(some)) is not None]
        reaction_s = median(response.dead_s + response.tau_s for response in responses) if responses else 0.0
        scale = fmean(drive.size_scale for drive in self.drives)
        return {
            "key_ratio": round(max(1.0, median(ratios)), 3) if ratios else 1.0,
            "transient_frames": max(1, round(median(spans))) if spans else 1,
            "reaction": "0ms",
            "lag": f"{max(0, round(reaction_s * 1000))}ms",
            "size_scale": f"{min(1.0, scale) * 100:.3g}%",
            "interval_scale": "0%",
            "encode_time": f"{median(drive.encode_ms for drive in self.drives):.3g}ms",
        }


def identify(
    kind: str,
    *,
    resolutions: Sequence[str],
    modes: Sequence[str] = ("cbr",),
    codec: str = "h264",
    preset: str = "",
    device: str = "",
    complexity: float = 0.5,
    phase_s: float = PHASE_S,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Identified:
    """Drives the encoder ``kind`` at each resolution in each rate-control mode.

    ``progress`` is called with the number of the drive, from 0, and its simulated time in ns. Raises MachineError when
    this machine has no such encoder, and InputError for settings that are unknown or that the encoder does not support.
    """
    if kind not in KINDS:
        raise InputError(f"{kind!r} is not an encoder that can be identified: write one of {', '.join(KINDS)}")
    for mode in modes:
        if mode not in MODES:
            raise InputError(f"{mode!r} is not a rate-control mode: write {' or '.join(MODES)}")
    for resolution in resolutions:
        if resolution not in LINES:
            raise InputError(f"{resolution!r} is not a resolution: write one of {', '.join(LINES)}")
    drives: list[Drive] = []
    about: dict[str, str] = {}
    for mode in modes:
        for resolution in resolutions:
            settings = _settings(kind, resolution, mode, codec, preset, device, complexity, seed)
            report = None if progress is None else partial(progress, len(drives))
            drive, about = _drive(settings, resolution, mode, phase_s, report)
            drives.append(drive)
    return Identified(kind, about, tuple(drives))


def write(found: Identified, folder: Path, info: dict[str, Any]) -> None:
    """Writes the folder that the module describes. Raises MachineError when it cannot be written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from nenc_lab.plots import step_response
    from nenc_lab.recording.atomic import said_plainly, write_whole

    with said_plainly("make", folder):
        folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "encoder": found.encoder,
        "about": found.about,
        **info,
        "drives": [_plain(drive) for drive in found.drives],
    }
    figures["profile"] = found.profile()
    figures["warnings"] = found.warnings()
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(_rows(found)), sink)
    files = {
        "identify.json": (json.dumps(figures, indent=1, ensure_ascii=False) + "\n").encode(),
        "frames.parquet": sink.getvalue().to_pybytes(),
        "profile.yaml": _yaml(found),
        **{f"step.{kind}": data for kind, data in step_response.render(found).items()},
    }
    for name, data in files.items():
        with said_plainly("write", folder / name):
            write_whole(folder / name, data)


def _settings(
    kind: str, resolution: str, mode: str, codec: str, preset: str, device: str, complexity: float, seed: int
) -> EncoderSettings:
    return EncoderSettings(
        kind=kind,
        flow="identify",
        rate_bps=_targets(resolution)[0],
        seed=seed,
        values={
            "lines": LINES[resolution],
            "fps": FPS,
            "codec": codec,
            "rate_mode": mode,
            "preset": preset,
            "device": device,
            "complexity": complexity,
            "qp_min": QP_MIN,
            "qp_max": QP_MAX,
            "watchdog_ns": 10 * SECOND_NS,
            "latency": "measured",
            "quality": False,
            "follow_rung": "fixed",
        },
    )


def _targets(resolution: str) -> list[float]:
    lines = LINES[resolution]
    return [bits * lib.nenc_camera_width(lines) * lines * FPS for bits in BITS_PER_PIXEL]


def _drive(
    settings: EncoderSettings, resolution: str, mode: str, phase_s: float, report: Callable[[int], None] | None
) -> tuple[Drive, dict[str, str]]:
    try:
        encoder = Camera(settings)
    except NencLabError as error:
        raise type(error)(str(error).removeprefix("flows.identify.encoder: ")) from None
    try:
        targets, frames = _targets(resolution), round(phase_s * FPS)
        phases, times, limited = [], [], 0
        now_ns = 0
        for number, target in enumerate(targets):
            bits, keys = np.empty(frames), np.zeros(frames, dtype=np.bool_)
            for n in range(frames):
                if n == round(KEY_AT * frames):
                    encoder.request_key()
                frame = encoder.encode(now_ns, target, FPS, LINES[resolution], float("nan"))
                if encoder.names[frame.software] == "software":
                    raise InputError(f"{settings.kind} failed at frame {number * frames + n}: {_last(encoder)}")
                bits[n], keys[n] = 8.0 * frame.bytes, frame.key
                times.append(frame.encode_ns / 1e6)
                limited += isfinite(frame.qp) and not QP_MIN + 0.5 < frame.qp < QP_MAX - 0.5
                now_ns += frame.interval_ns
            phases.append(Phase(target, FPS, bits, keys))
            if report is not None:
                report(now_ns)
    finally:
        encoder.close()
    responses = [
        response
        for before, after in pairwise(phases)
        if (response := identification.step_response(before, after)) is not None
    ]
    drive = Drive(
        resolution=resolution,
        mode=mode,
        phases=tuple(phases),
        responses=tuple(responses),
        key_ratio=identification.key_ratio(phases),
        size_scale=identification.size_scale(phases),
        encode_ms=median(times),
        qp_limited=limited / (len(targets) * frames),
    )
    return drive, encoder.about


def _last(encoder: Encoder) -> str:
    return encoder.happenings[-1].text if encoder.happenings else "no reason given"


def _rows(found: Identified) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {name: [] for name in ("resolution", "mode", "phase", "target_bps", "bytes", "key")}
    for drive in found.drives:
        for number, phase in enumerate(drive.phases):
            count = len(phase.bits)
            columns["resolution"] += [drive.resolution] * count
            columns["mode"] += [drive.mode] * count
            columns["phase"] += [number] * count
            columns["target_bps"] += [phase.target_bps] * count
            columns["bytes"] += [int(bits / 8) for bits in phase.bits]
            columns["key"] += phase.key.tolist()
    return columns


def _plain(drive: Drive) -> dict[str, Any]:
    figures = ("from_bps", "to_bps", "dead_s", "tau_s", "overshoot", "error")
    return {
        "resolution": drive.resolution,
        "mode": drive.mode,
        "encode_ms": round(drive.encode_ms, 3),
        "qp_limited": round(drive.qp_limited, 4),
        "key_ratio": drive.key_ratio,
        "size_scale": drive.size_scale,
        "steps": [{key: round(asdict(step)[key], 5) for key in figures} for step in drive.responses],
    }


def _yaml(found: Identified) -> bytes:
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    about = "; ".join(found.about.values()) or "no description"
    notes = [
        *(f"doubtful: {text}" for text in found.warnings()),
        f"The model encoder, fitted to {found.encoder}: {about}",
    ]
    profile = CommentedMap(found.profile())
    profile.yaml_set_start_comment("\n".join(notes))
    out = BytesIO()
    YAML().dump(profile, out)
    return out.getvalue()
