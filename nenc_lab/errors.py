"""The exceptions of the lab; ``cli.exits`` turns each branch of the tree into an exit code.

NencLabError
|-- InputError            exit 2: the user's input is wrong; the message names place, value and remedy
|   `-- ScenarioError     ... in a scenario file: one or more `Problem`s with file, line and column
|-- ControllerError       exit 1: the user's own controller failed in a run, which stays readable and is marked partial
|-- MachineError          exit 3: this machine cannot do it; the message says what is missing and how to get it
`-- InternalError         exit 4: a defect of the lab itself

KeyboardInterrupt
`-- Interrupted           exit 130 (Ctrl-C) or 143 (SIGTERM): work was ended early; the message names the folders left
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class NencLabError(Exception):
    """Base class of every error that the lab raises itself."""


class InputError(NencLabError):
    """The user's input is wrong; the message says what, where, and what would be right."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file. ``line`` and ``column`` count from 1; 0 stands for the file as a whole."""

    file: str
    line: int
    column: int
    key: str
    """Dotted path of the key; list items go by their name where they have one (``flows.video.rate.max``)."""
    message: str
    """Says what is wrong, with the value, and what would be right."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ScenarioError(InputError):
    """A scenario (or sweep, or trace) file is not valid; ``problems`` holds every fault found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Problem]]]:
        return type(self), (self.problems,)  # errors are pickled between processes


class ControllerError(NencLabError):
    """A user's controller crashed, hung or returned an invalid decision during a run.

    Like an unmet expectation, this is a verdict on the controller under test and not a fault of the lab or machine.
    """

    def __init__(self, message: str, flow: str, at_ns: int, detail: Mapping[str, Any]) -> None:
        super().__init__(message, flow, at_ns, detail)  # all arguments, because errors are pickled between processes
        self.folder: Path | None = None
        """Folder of the partial run, once it has been written."""
        self.flow = flow
        self.at_ns = at_ns
        """Time of the failure on the run's clock, in ns."""
        self.detail = detail
        """The library, the function, and the signal or exit code where there is one."""

    def __str__(self) -> str:
        return str(self.args[0])


class MachineError(NencLabError):
    """This machine cannot do what was asked; the message says what is missing and how to get it."""


class InternalError(NencLabError):
    """The lab itself has a defect."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM ended work early. The results so far are kept, readable and marked partial."""

    def __init__(self, folders: tuple[Path, ...] = (), number: int = signal.SIGINT) -> None:
        super().__init__(folders, number)  # all arguments, because errors are pickled between processes
        self.folders = folders
        """Folders of the partial runs, or the folder of the partial sweep."""
        self.number = number
        """The signal: SIGINT for Ctrl-C, or SIGTERM."""

    @classmethod
    def leaving(cls, cause: BaseException, *folders: Path) -> Interrupted:
        """The same interrupt as ``cause``, naming these folders instead."""
        return cls(folders, cause.number if isinstance(cause, cls) else signal.SIGINT)

    def __str__(self) -> str:
        return "interrupted"
