"""Starts a run on the real network: sends its scenario into a sandbox and opens the folder that results."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from nenc_lab.errors import Interrupted
from nenc_lab.real.run.checks import refuse_hidden
from nenc_lab.real.run.memory import memory_mb
from nenc_lab.real.run.request import RunRequest
from nenc_lab.real.sandbox import open_sandbox
from nenc_lab.recording.folder import RunFolder, process_started
from nenc_lab.scenario import schema
from nenc_lab.scenario.load import dump

if TYPE_CHECKING:
    from nenc_lab.real.sandbox import Sandbox

RUN_INSIDE = "nenc_lab.real.run.inside:run_inside"
PRELOAD = ("nenc_lab.real.run.inside", "pyarrow", "pyarrow.parquet")
"""Modules that every run imports. A sandbox imports them once, because that is slow in a guest."""
TIMEOUT_S = 300.0
"""Added to 1.5 times the length of the run: time for calibration, tables, and a busy machine."""


def run(
    scenario: schema.Scenario,
    info: Mapping[str, object],
    *,
    out: Path,
    packets: bool,
    streams: bool,
    progress: Callable[[int], None] | None,
    sandbox: Sandbox | None,
) -> RunFolder:
    """Does a run and returns its folder. With ``streams``, it keeps what real encoders made, as sent and as received.

    With ``sandbox`` None the run opens one of its own. Raises as `nenc_lab.session.run`, and MachineError when this
    machine cannot have a sandbox.
    """
    refuse_hidden(scenario, out)
    with ExitStack() as stack:
        if sandbox is None:
            sandbox = stack.enter_context(open_sandbox("auto", memory_mb([scenario]), PRELOAD))
        request = RunRequest(
            scenario=dump(scenario),
            info={**info, "place": {"name": sandbox.name, **sandbox.about}},
            out=str(out.absolute()),
            packets=packets,
            streams=streams,
            owner=(os.getpid(), process_started(os.getpid())),
        )
        folder = sandbox.call(
            RUN_INSIDE,
            request,
            on_message=None if progress is None else lambda now_ns: progress(int(now_ns)),
            timeout_s=1.5 * scenario.duration / 1e9 + TIMEOUT_S,
        )
        done = RunFolder.open(Path(folder))
        if sandbox.interrupted is not None:  # in the run's last moments: it is complete, but nothing may follow it
            raise Interrupted.leaving(sandbox.interrupted, done.path)
    return done
