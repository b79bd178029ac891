"""The exception tree; ``cli`` turns each branch into an exit code, in one place.

NencLabError
|-- InputError            exit 2: the user's input is wrong; the message names place, value and remedy
|   `-- ScenarioError     ... in a scenario file: one or more `Problem`s with file, line and column
|-- EnvironmentError_     exit 3: this machine cannot do it; says what is missing and how to get it
`-- InternalError         exit 4: a defect of the lab itself
"""

from __future__ import annotations

from dataclasses import dataclass


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


class EnvironmentError_(NencLabError):
    """This machine cannot do what was asked: what is missing, and how to get it."""


class InternalError(NencLabError):
    """A defect of the lab itself."""
