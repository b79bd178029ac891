"""The exception tree; ``cli`` turns each branch into an exit code, in one place.

NencLabError
|-- InputError            exit 2: the user's input is wrong; the message names place, value and remedy
|   `-- ScenarioError     ... in a scenario file: one or more `Problem`s with file, line and column
|-- ControllerError       exit 1: the user's own controller failed in a run, which is left readable and marked partial
|-- MachineError          exit 3: this machine cannot do it; says what is missing and how to get it
`-- InternalError         exit 4: a defect of the lab itself

KeyboardInterrupt
`-- Interrupted           exit 130 (Ctrl-C) or 143 (SIGTERM): work was ended early; names the folders it left
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class NencLabError(Exception):
    """Root of every error the lab raises on purpose."""


class InputError(NencLabError):
    """The user's input is wrong: what, where, and what would be right."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file. ``line`` and ``column`` count from 1, 0 = the file as a whole."""

    file: str
    line: int
    column: int
    key: str
    """Dotted path of the key, list items by their name where they have one (``flows.video.rate.max``)."""
    message: str
    """What is wrong, with the value, and what would be right."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ScenarioError(InputError):
    """A scenario (or sweep, or trace) file is not valid; ``problems`` holds every fault found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Problem]]]:
        return type(self), (self.problems,)  # it crosses processes


class ControllerError(NencLabError):
    """A user's controller crashed, hung or decided nonsense in a run. Like an expectation that was not met, this is a
    verdict on what was tested, and not a fault of the lab or of the machine."""

    def __init__(self, message: str, flow: str, at_ns: int, detail: Mapping[str, Any]) -> None:
        super().__init__(message, flow, at_ns, detail)  # whole, because it crosses processes
        self.folder: Path | None = None
        """Folder of the partial run, from the moment at which it is written."""
        self.flow = flow
        self.at_ns = at_ns
        """When, on the lab's clock."""
        self.detail = detail
        """Library, function, and signal, exit code or what else there is."""

    def __str__(self) -> str:
        return str(self.args[0])


class MachineError(NencLabError):
    """This machine cannot do what was asked: what is missing, and how to get it."""


class InternalError(NencLabError):
    """A defect of the lab itself."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM ended work early. What was done until then is kept, readable and marked partial."""

    def __init__(self, folders: tuple[Path, ...] = (), number: int = signal.SIGINT) -> None:
        super().__init__(folders, number)  # whole, because it crosses processes
        self.folders = folders
        """Folders of the partial runs, or of the partial sweep."""
        self.number = number
        """The signal: SIGINT for Ctrl-C, or SIGTERM."""

    @classmethod
    def leaving(cls, cause: BaseException, *folders: Path) -> Interrupted:
        """The same interrupt as ``cause``, with these folders in place of those that it names."""
        return cls(folders, cause.number if isinstance(cause, cls) else signal.SIGINT)

    def __str__(self) -> str:
        return "interrupted"
