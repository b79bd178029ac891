"""Writes all tables of one run; the engine appends the rows."""

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
    """Writes a run's tables into its folder. As a context manager it closes every table at exit, even after an error.

    ``order`` lists flows and hops in the order of their rows at equal times; without it they are sorted by name.
    ``packets`` adds the table with one row per packet. Raises MachineError when the disk is full or not writable.
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
        """Adds an event: ``text`` is a readable line, ``detail`` has its figures (JSON values)."""
        figures = json.dumps(detail, sort_keys=True, ensure_ascii=False, allow_nan=False) if detail else None
        self._events.append((t_ns / 1e9, flow, kind, text, figures))
        if len(self._events) >= EVENTS_IN_MEMORY:
            self._append_events()

    def flush(self) -> None:
        """Writes everything so far, so that it survives a SIGKILL. Takes a few ms: call it every few wall seconds."""
        self._append_events()
        for table in self.tables.values():
            table.flush()

    def close(self) -> None:
        """Replaces the parts by final files. Tries every table and raises the first error."""
        self._append_events()
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
                raise  # otherwise the first error says more; usually both have the same cause, such as a full disk

    def _append_events(self) -> None:
        if not self._events:
            return
        t_s, flow, kind, text, detail = (list(column) for column in zip(*self._events, strict=True))
        self._events = []
        self.tables["events"].append({"t_s": t_s, "flow": flow, "kind": kind, "text": text, "detail": detail})
