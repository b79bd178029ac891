"""All tables of one run: the engine appends, this writes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from nenc_lab.errors import MachineError
from nenc_lab.recording.tables import MEMORY_ROWS, Coded, TableWriter
from nenc_lab.records import TABLES

__all__ = ["Coded", "Recorder"]

EVENTS_IN_MEMORY = 4096


class Recorder:
    """Writes the tables of a run into its folder. A context manager: leaving it closes every table, whatever happened.

    ``order`` names flows and hops in the order their rows stand at equal times (without it: by name). ``packets``: also
    one row per packet. Raises MachineError when the disk is full or not writable.
    """

    def __init__(
        self,
        folder: os.PathLike[str] | str,
        packets: bool = False,
        *,
        order: Sequence[str] = (),
        memory_rows: int = MEMORY_ROWS,
    ) -> None:
        self.folder = Path(folder)
        self.tables = {
            name: TableWriter(self.folder, name, order=order, memory_rows=memory_rows)
            for name in TABLES
            if packets or name != "packets"
        }
        self._events: list[tuple[float, str | None, str, str, str | None]] = []

    def append(self, table: str, columns: Mapping[str, Any]) -> None:
        """Adds rows to a table; see ``TableWriter.append``."""
        self.tables[table].append(columns)

    def event(self, t_ns: int, flow: str | None, kind: str, text: str, **detail: object) -> None:
        """Adds an event: ``text`` is a line a person can read, ``detail`` its figures (JSON values)."""
        figures = json.dumps(detail, sort_keys=True, ensure_ascii=False, allow_nan=False) if detail else None
        self._events.append((t_ns / 1e9, flow, kind, text, figures))
        if len(self._events) >= EVENTS_IN_MEMORY:
            self._hand_over_events()

    def flush(self) -> None:
        """Puts everything so far where a SIGKILL cannot reach it: some milliseconds, so every few wall seconds."""
        self._hand_over_events()
        for table in self.tables.values():
            table.flush()

    def close(self) -> None:
        """Final files in place of the parts. Every table is tried; the first failure is raised."""
        self._hand_over_events()
        failure: MachineError | None = None
        for table in self.tables.values():
            try:
                table.close()
            except MachineError as error:
                failure = failure or error
        if failure is not None:
            raise failure

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except MachineError:
            if error is None:
                raise  # else the first error says more: most often it is the same full disk

    def _hand_over_events(self) -> None:
        if not self._events:
            return
        t_s, flow, kind, text, detail = (list(column) for column in zip(*self._events, strict=True))
        self._events = []
        self.tables["events"].append({"t_s": t_s, "flow": flow, "kind": kind, "text": text, "detail": detail})
