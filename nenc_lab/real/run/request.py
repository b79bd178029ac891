"""What a run inside a sandbox is asked for with: JSON, as it crosses into another process."""

from __future__ import annotations

from typing import TypedDict


class RunRequest(TypedDict):
    """One run."""

    scenario: dict[str, object]
    """As `nenc_lab.scenario.load.dump` makes it."""
    info: dict[str, object]
    """Entries of run.json that are known outside."""
    out: str
    """Folder for the run folder; absolute."""
    packets: bool
    streams: bool
    owner: tuple[int, int | None]
    """Process of the lab and when it started, see `RunFolder.create`. A list once it has crossed."""
