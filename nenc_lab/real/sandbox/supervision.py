"""The lab's side of a keeper: starts it, hears what becomes of the place, ends both."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nenc_lab
from nenc_lab.errors import EnvironmentError_
from nenc_lab.real.sandbox.ownership import Owner
from nenc_lab.real.sandbox.scratch import PREFIX, end_processes_in
from nenc_lab.real.sandbox.supervisor import LOG

START_S = 30.0
END_S = 15.0
TAIL_LINES = 12
COMPLAINTS = ("Kernel panic", "Out of memory", "BUG:", "Oops")

CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from nenc_lab.real.sandbox.supervisor import main; "
    "main(int(sys.argv[2]), int(sys.argv[3]))"
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a keeper is to start. ``@FOLDER@`` in command, environment and files becomes the private folder."""

    command: list[str]
    environment: dict[str, str]
    files: dict[str, str]
    """Text by name, in the folder."""
    descriptors: list[int]
    """Handed to the place; they stay open here."""
    bases: list[str]
    """Where the folder may be, best first."""
    room: int = 1 << 20
    """Bytes that must be free there."""
    executable: bool = False
    """Must files there be fit for mapping as programs?"""
    processor: int | None = None
    """The one that the place runs on alone, where it may be bound."""
    as_root: bool = False
    """The place must be confined to a PID namespace, as root. Otherwise it is where that is allowed, as who we are."""


class Kept:
    """A started place. ``folder`` is its private folder, ``pid`` its first process."""

    def __init__(self, order: Order) -> None:
        """Raises EnvironmentError_."""
        prefix = f"{PREFIX}{Owner.me()}-"
        self._control, theirs = socket.socketpair()
        with theirs:
            source = str(Path(nenc_lab.__file__).parents[1])
            words = [sys.executable, "-I", "-S", "-c", CODE, source, str(theirs.fileno()), str(os.getpid()), prefix]
            try:
                self._keeper = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno(), *order.descriptors],
                    start_new_session=True,
                )
            except OSError as error:
                self._control.close()
                raise EnvironmentError_(f"no process could be had to keep a place: {error}") from None
        self.folder: Path | None = None
        self.pid = 0
        self.status: int | None = None
        """Exit code of the place (negative: the signal), once it has ended."""
        self._heard = b""
        try:
            self._control.sendall(json.dumps({**asdict(order), "prefix": prefix}).encode() + b"\n")
            self._control.settimeout(START_S)
            answer = self._message()
        except BaseException:
            self.close()
            raise
        if answer is None or "failed" in answer:
            self.close()
            raise EnvironmentError_((answer or {}).get("failed", "the process that keeps a place has ended at once"))
        self.folder, self.pid = Path(answer["folder"]), answer["pid"]

    def fileno(self) -> int:
        """Readable when there is news: call `look`."""
        return self._control.fileno()

    def look(self) -> bool:
        """Takes the news without waiting. Does the place still run, and somebody keep it?"""
        self._control.settimeout(0)
        try:
            message = self._message()
        except (BlockingIOError, TimeoutError):
            return True
        if message is not None:
            self.status = message["ended"]
        return False

    def tail(self) -> str:
        """The last lines the place itself has printed, and those before in which its kernel complains."""
        if self.folder is None:
            return ""
        try:
            text = (self.folder / LOG).read_bytes()[-65536:].decode(errors="replace")
        except OSError:
            return ""
        lines = [line.rstrip() for line in text.splitlines()]
        complaints = [line for line in lines[:-TAIL_LINES] if any(word in line for word in COMPLAINTS)]
        return "\n".join(complaints[:TAIL_LINES] + lines[-TAIL_LINES:])

    def close(self) -> None:
        """Nothing of the place is left. May be called again."""
        self._control.close()
        try:
            self._keeper.wait(END_S)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        if self.folder is not None and self.folder.exists():  # the keeper was killed
            end_processes_in(self.folder)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _message(self) -> dict[str, Any] | None:
        """The keeper's next word; None when it has ended."""
        while b"\n" not in self._heard:
            try:
                piece = self._control.recv(65536)
            except ConnectionResetError:
                return None
            if not piece:
                return None
            self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message
