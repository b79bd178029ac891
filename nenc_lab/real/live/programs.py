"""The `nenc` programs that run beside the lab: starts, watches and ends them, and keeps what they print."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from nenc_lab.errors import InputError, MachineError

PATIENCE_S = 5.0
"""Time after which a program that was asked to end is killed."""
BAD_INPUT = 2


class Program:
    """A running program. As a context manager it ends the program and waits for that."""

    def __init__(self, name: str, words: Sequence[str], fds: Sequence[int] = ()) -> None:
        """Starts the program, which inherits ``fds``. Raises MachineError when it cannot be started."""
        self.name = name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the program
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors, pass_fds=fds
            )
        except OSError as error:
            self._errors.close()
            raise MachineError(f"{name}: {words[0]} cannot be started: {error.strerror}") from error
        self.result: dict[str, Any] = {}
        """The line of JSON that the program printed at its end."""

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def ask_to_end(self) -> None:
        """Sends SIGTERM, after which the program prints its line and ends."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def end(self) -> dict[str, Any]:
        """Asks the program to end, waits, and returns what it printed. May be called more than once."""
        if self._process.stdout is None or self._process.stdout.closed:
            return self.result
        self.ask_to_end()
        try:
            out, _ = self._process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            out, _ = self._process.communicate()
        lines = out.decode(errors="replace").strip().splitlines()
        if lines:
            with contextlib.suppress(ValueError):
                self.result = json.loads(lines[-1])
        self.failure = self._failure()
        self._errors.close()
        return self.result

    failure: str | None = None
    """Why the program failed, in its own words; None when it did not fail or still runs."""

    def check(self, *, may_end: bool = False) -> None:
        """Raises InputError or MachineError when the program has ended early or failed.

        With ``may_end``, it may have ended without failure.
        """
        if self.running or (may_end and self._process.returncode == 0):
            return
        code = self._process.returncode
        self.end()
        text = f"{self.name}: {self.failure or f'ended with exit code {code}'}"
        raise InputError(text) if code == BAD_INPUT else MachineError(text)

    def _failure(self) -> str | None:
        code = self._process.returncode
        if code == 0:
            return None
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        if code < 0:
            said = [f"killed by {signal.Signals(-code).name}", *said[-1:]]
        return said[-1] if said else f"ended with exit code {code}"

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def wait_until(condition: Callable[[], bool], until_ns: int, every_s: float = 0.005) -> bool:
    """Polls ``condition`` until it holds (returns True) or CLOCK_MONOTONIC reaches ``until_ns`` (returns False)."""
    while not condition():
        if time.monotonic_ns() >= until_ns:
            return False
        time.sleep(every_s)
    return True


def scratch() -> str:
    """Makes a folder for telemetry, in memory if possible, because every packet writes to it."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.mkdtemp(prefix="nenc-live-", dir=base)
