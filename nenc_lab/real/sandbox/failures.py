"""How a call in a sandbox can fail, apart from the exceptions of the function itself."""

from __future__ import annotations

from nenc_lab.errors import InternalError, MachineError


class SandboxLost(MachineError):
    """The sandbox has ended or does not answer; it takes no more calls."""


class CallTimeout(MachineError):
    """A call took longer than it was allowed. Its process was killed; the sandbox can still be used."""


class CallDied(InternalError):
    """The process of a call ended without a result. The sandbox can still be used."""

    def __init__(self, message: str, exit_code: int | None = None, signal: str | None = None) -> None:
        super().__init__(message, exit_code, signal)  # all arguments, because the exception is pickled
        self.exit_code = exit_code
        self.signal = signal
        """Name of the signal that killed the process, such as SIGSEGV."""

    def __str__(self) -> str:
        return str(self.args[0])
