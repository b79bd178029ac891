"""Does a run inside a sandbox, where this process is root and has a network of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from nenc_lab.assembly.record import drive
from nenc_lab.ctables import encoder_fields
from nenc_lab.errors import ControllerError, Interrupted
from nenc_lab.real.live.programs import scratch
from nenc_lab.real.run.build import StreamFiles, build
from nenc_lab.real.run.request import RunRequest
from nenc_lab.recording.folder import made
from nenc_lab.scenario import schema
from nenc_lab.scenario.load import restore


def run_inside(request: RunRequest, send: Callable[[object], None]) -> str:
    """Does the run that ``start.run`` requests, sends its progress in ns, and returns the path of its folder."""
    scenario = restore(request["scenario"], "the scenario")
    out = Path(request["out"])
    packets = request["packets"]
    pid, started = request["owner"]
    with ExitStack() as stack:
        streams = _stream_files(scenario, out, pid, stack) if request["streams"] else {}
        folder = scratch()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        built = build(scenario, stack, folder, streams, packets=packets, progress=send)
        try:
            done = drive(
                built.engine,
                out,
                {**request["info"], "calibration": built.calibration.plain()},
                packets=packets,
                timing=lambda: {"lateness_ms": built.engine.lateness.plain(), "programs": built.counters()},
                owner=(pid, started),
            ).path
        except Interrupted as interrupt:
            for partial in interrupt.folders:
                _keep(streams, partial)
            raise
        except ControllerError as error:
            if error.folder is not None:
                _keep(streams, error.folder)
            raise
        _keep(streams, done)
    return str(done)


def _stream_files(scenario: schema.Scenario, out: Path, pid: int, stack: ExitStack) -> dict[int, StreamFiles]:
    """Returns files for the streams of flows with real encoders, by flow number.

    They are hidden files beside the run folder, which does not exist yet. ``stack`` deletes those that are not kept.
    """
    files = {}
    stack.enter_context(made(out))
    for number, flow in enumerate(scenario.flows):
        if isinstance(flow.encoder, schema.VideoEncoder):
            ending = encoder_fields.file_ending(flow.encoder.codec)
            sent, received = (out / f".{pid}-stream-{flow.name}.{side}.{ending}" for side in ("sent", "received"))
            files[number] = StreamFiles(sent, received)
            for file in (sent, received):
                stack.callback(file.unlink, missing_ok=True)
    return files


def _keep(streams: Mapping[int, StreamFiles], folder: Path) -> None:
    """Moves the streams into the run folder, under the names NAME.sent.264 and NAME.received.264."""
    for files in streams.values():
        for file in (files.sent, files.received):
            if file.exists():
                file.replace(folder / file.name.split("-", 2)[2])
