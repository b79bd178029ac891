"""The request for a run inside a sandbox, as JSON, because it crosses into another process."""

from __future__ import annotations

from typing import TypedDict


class RunRequest(TypedDict):
    """The request for one run."""

    scenario: dict[str, object]
    """The scenario as from `nenc_lab.scenario.load.dump`."""
    info: dict[str, object]
    """Entries of run.json that are known outside the sandbox."""
    out: str
    """Absolute path of the folder for the run folder."""
    packets: bool
    streams: bool
    owner: tuple[int, int | None]
    """The lab's process and its start time, see `RunFolder.create`. JSON turns the tuple into a list."""
