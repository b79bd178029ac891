"""How a call in a sandbox may fail, beside the exceptions of the function itself."""

from __future__ import annotations

from nenc_lab.errors import InternalError, MachineError


class SandboxLost(MachineError):
    """The sandbox has ended or does not answer; it takes no further calls."""


class CallTimeout(MachineError):
    """A call took longer than it was given. Its process was killed; the sandbox goes on."""


class CallDied(InternalError):
    """The process of a call ended without a result. The sandbox goes on."""

    def __init__(self, message: str, exit_code: int | None = None, signal: str | None = None) -> None:
        super().__init__(message, exit_code, signal)  # all of them, because the exception is pickled
        self.exit_code = exit_code
        self.signal = signal
        """Name of the signal that killed the process, for instance SIGSEGV."""

    def __str__(self) -> str:
        return str(self.args[0])
