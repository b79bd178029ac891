"""The last step of a run: writes its summary and verdicts into run.json."""

from __future__ import annotations

import os
from typing import Any

from nenc_lab.analysis.expectations import verdicts
from nenc_lab.analysis.summary import summarise
from nenc_lab.recording.folder import RunFolder, Status
from nenc_lab.recording.open import open_run


def finish(folder: RunFolder | os.PathLike[str] | str, status: Status) -> dict[str, Any]:
    """Computes summary and verdicts of a run folder, writes them to run.json with ``status``, and returns the summary.

    Raises MachineError when run.json cannot be written; it then stays as it was.
    """
    if not isinstance(folder, RunFolder):
        folder = RunFolder.open(os.fspath(folder))
    summary = summarise(open_run(folder.path))
    expect = list(folder.info["scenario"].get("expect") or [])
    folder.complete(status, summary=summary, expectations=verdicts(expect, summary))
    return summary
