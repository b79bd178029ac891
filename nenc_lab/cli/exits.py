"""Turns exceptions into exit codes and messages, for all commands."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

from nenc_lab.errors import ControllerError, InputError, Interrupted, MachineError

DONE, UNMET, BAD_INPUT, ENVIRONMENT, INTERNAL = 0, 1, 2, 3, 4
SIGNALLED = 128
"""Shells add this to the number of the signal that ended a command: 130 after Ctrl-C, 143 after SIGTERM."""
READER_GONE = SIGNALLED + signal.SIGPIPE
"""Exit code 141, which a shell reports for a writer whose reader (``| head``) has gone."""

TRACEBACK = "NENC_LAB_TRACEBACK"
"""Set to 1 to see the traceback of an internal error."""

P = ParamSpec("P")


def guarded(command: Callable[P, int | None]) -> Callable[P, int]:
    """Wraps ``command`` so that its exceptions become exit codes before the command-line library sees them."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        return outcome(lambda: command(*args, **kwargs))

    return run


def outcome(call: Callable[[], object]) -> int:
    """Calls ``call`` and returns its exit code; the reason for any code other than 0 and 1 is printed on stderr."""
    try:
        code = call()
        if sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except BaseException as error:
        return _report(error)


@contextmanager
def sigterm_is_an_interrupt() -> Iterator[None]:
    """Makes SIGTERM act as Ctrl-C does inside the block."""

    def end(number: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second SIGTERM ends the process at once
        raise Interrupted(number=number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _report(error: BaseException) -> int:
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else (DONE if error.code is None else BAD_INPUT)
    if isinstance(error, KeyboardInterrupt):
        interrupt = error if isinstance(error, Interrupted) else Interrupted()
        say("\n".join(["interrupted", *(f"partial run: {folder}" for folder in interrupt.folders)]))
        return SIGNALLED + interrupt.number
    if isinstance(error, BrokenPipeError):
        _forget_stdout()
        return READER_GONE
    if isinstance(error, InputError):
        say(str(error))
        return BAD_INPUT
    if isinstance(error, ControllerError):
        say("\n".join([str(error), *([f"partial run: {error.folder}"] if error.folder is not None else [])]))
        return UNMET
    if isinstance(error, MachineError):
        say(str(error))
        return ENVIRONMENT
    if isinstance(error, OSError):
        _forget_stdout()
        place = f" {error.filename}" if error.filename is not None else ""
        say(f"the system refused{place}: {error.strerror or error}")
        _traceback_if_asked(error)
        return ENVIRONMENT
    if isinstance(error, MemoryError):
        say("out of memory: run fewer --jobs, or a shorter scenario")
        return ENVIRONMENT
    if callable(show := getattr(error, "show", None)) and isinstance(code := getattr(error, "exit_code", None), int):
        show()  # usage errors of the command-line library print themselves
        return code
    if type(error).__name__ == "Abort":
        return SIGNALLED + signal.SIGINT
    say(
        f"internal error: {type(error).__name__}: {error}\n"
        f"This is a defect of nenc-lab. Please report it with the command you gave and the output of the same command\n"
        f"with {TRACEBACK}=1, and of: nenc-lab doctor --json"
    )
    _traceback_if_asked(error)
    return INTERNAL


def say(message: str) -> None:
    """Prints a message on stderr, when there is one."""
    if sys.stderr is not None:
        print(f"nenc-lab: {message}", file=sys.stderr, flush=True)


def _traceback_if_asked(error: BaseException) -> None:
    if os.environ.get(TRACEBACK) == "1":
        traceback.print_exception(error)


def _forget_stdout() -> None:
    """Sends what a broken stdout has buffered to /dev/null, so that it raises no second error when the interpreter
    ends. A working stdout is left as it is."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except ValueError:  # stdout is closed, so nothing is buffered
        return
    except OSError:
        with open(os.devnull, "wb") as devnull, contextlib.suppress(OSError, ValueError):
            os.dup2(devnull.fileno(), sys.stdout.fileno())
