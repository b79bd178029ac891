"""The lab's side of a supervisor: starts it, learns what happens to the sandbox, and ends both."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

import nenc_lab
from nenc_lab.errors import MachineError
from nenc_lab.real.sandbox.launch import Launch
from nenc_lab.real.sandbox.ownership import Owner
from nenc_lab.real.sandbox.private_folder import PREFIX
from nenc_lab.real.sandbox.processes import end_processes_in
from nenc_lab.real.sandbox.supervisor import LOG

START_S = 30.0
END_S = 15.0
TAIL_LINES = 12
COMPLAINTS = ("Kernel panic", "Out of memory", "BUG:", "Oops")

CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from nenc_lab.real.sandbox.supervisor import main; "
    "main(int(sys.argv[2]), int(sys.argv[3]))"
)


class News(TypedDict, total=False):
    """A message from the supervisor: why it failed, what it started, or how that ended."""

    failed: str
    folder: str
    pid: int
    ended: int
    """Exit code; negative for a signal."""


class Supervised:
    """A sandbox that was started, together with its supervisor."""

    def __init__(self, launch: Launch) -> None:
        """Starts the supervisor and the sandbox. Raises MachineError when that fails."""
        prefix = f"{PREFIX}{Owner.me()}-"
        self._control, theirs = socket.socketpair()
        with theirs:
            source = str(Path(nenc_lab.__file__).parents[1])
            words = [sys.executable, "-I", "-S", "-c", CODE, source, str(theirs.fileno()), str(os.getpid()), prefix]
            try:
                self._supervisor = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno(), *launch.descriptors],
                    start_new_session=True,
                )
            except OSError as error:
                self._control.close()
                raise MachineError(f"cannot start the sandbox's supervisor: {error}") from None
        self.folder: Path | None = None
        """The private folder."""
        self.pid = 0
        """PID of the sandbox's first process."""
        self.status: int | None = None
        """Exit code of the sandbox (negative for a signal), once it has ended."""
        self._received = b""
        try:
            self._control.sendall(json.dumps({"prefix": prefix, "launch": asdict(launch)}).encode() + b"\n")
            self._control.settimeout(START_S)
            answer = self._next_message()
        except BaseException:
            self.close()
            raise
        if answer is None or "failed" in answer:
            self.close()
            raise MachineError(answer["failed"] if answer else "the sandbox's supervisor ended at once")
        self.folder, self.pid = Path(answer["folder"]), answer["pid"]

    def fileno(self) -> int:
        """A descriptor that is readable when there is news; then call `still_runs`."""
        return self._control.fileno()

    def still_runs(self) -> bool:
        """Reads pending news without waiting, and returns whether sandbox and supervisor both still run."""
        self._control.settimeout(0)
        try:
            message = self._next_message()
        except (BlockingIOError, TimeoutError):
            return True
        if message is not None:
            self.status = message["ended"]
        return False

    def last_output(self) -> str:
        """Returns the last lines that the sandbox itself printed, and earlier ones in which its kernel complains."""
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
        """Ends supervisor and sandbox; nothing of the sandbox remains. May be called more than once."""
        self._control.close()
        try:
            self._supervisor.wait(END_S)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        if self.folder is not None and self.folder.exists():  # true when the supervisor was killed
            end_processes_in(self.folder)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _next_message(self) -> News | None:
        """Returns the next message of the supervisor, or None when it has ended."""
        while b"\n" not in self._received:
            try:
                piece = self._control.recv(65536)
            except ConnectionResetError:
                return None
            if not piece:
                return None
            self._received += piece
        line, _, self._received = self._received.partition(b"\n")
        message: News = json.loads(line)
        return message
