"""Calls a user's controller in a process of its own (``isolate: true``), so that its crash is not the lab's crash.

The process runs nenc_controller_host. Requests and answers are written to shared memory (host/protocol.h), and one
byte over a socket passes the turn. The shared memory also records which of the user's functions is running, which can
still be read after the process has died. Reports are collected there until the next tick, so that a tick costs one
exchange however many reports came before it.
"""

from __future__ import annotations

import mmap
import os
import signal
import socket
import subprocess
from contextlib import ExitStack, suppress
from time import monotonic, sleep

from nenc_lab.control.base import Sample
from nenc_lab.control.external.link import ORIGIN, Abi, Failure, Setup, check_table, no_gains, nothing_found, refused
from nenc_lab.errors import MachineError
from nenc_lab.kernels import CData, ffi, lib
from nenc_lab.programs import program

LOOK_S = 0.1
"""Interval at which the process is checked for being alive: its children may hold the socket open after it has died."""
START_S = 30.0
"""Time limit for starting the process itself. The user's timeout begins when the process runs."""
SAMPLES, KNOBS, NAME = lib.NENC_HOST_SAMPLES, lib.NENC_HOST_KNOBS, lib.NENC_HOST_NAME
ABIS = {"auto": lib.NENC_HOST_NONE, "v1": lib.NENC_HOST_V1, "origin": lib.NENC_HOST_ORIGIN}

V1_CALLS = {
    lib.NENC_HOST_LOADING: "load",
    lib.NENC_HOST_IN_CREATE: "create",
    lib.NENC_HOST_IN_SET_GAINS: "set_gains",
    lib.NENC_HOST_IN_RECORD: "record",
    lib.NENC_HOST_IN_STEP: "step",
    lib.NENC_HOST_IN_DESTROY: "destroy",
}
ORIGIN_CALLS = {
    lib.NENC_HOST_LOADING: "load",
    lib.NENC_HOST_IN_CREATE: ORIGIN[0],
    lib.NENC_HOST_IN_RECORD: ORIGIN[1],
    lib.NENC_HOST_IN_STEP: ORIGIN[2],
    lib.NENC_HOST_IN_THREADS: "a thread of its own",
}


class Isolated:
    """See `nenc_lab.control.external.link.Link`."""

    abi: Abi
    about: tuple[str, str]

    def __init__(self, setup: Setup) -> None:
        if len(setup.knobs) > KNOBS or any(len(name.encode()) >= NAME for name in setup.knobs):
            raise Failure("create", setup.now_ns, f"at most {KNOBS} knobs, with names under {NAME} bytes")
        self._timeout_s = setup.timeout_s
        self._calls = V1_CALLS
        self._cause_known = True
        self._busy = False
        """True during an exchange, while the process can take no other request."""
        self.decision = ffi.new("nenc_decision *")  # checked here, where nobody else can change it
        self._start(setup)
        try:
            self._load(setup, setup.abi)
            if self._page.seen_clock:  # it has the table after all, but its constructors began on the other clock
                self._end()
                self._start(setup)
                self._load(setup, "v1")
            self._create(setup)
        except BaseException:
            self._end()
            raise

    def record(self, sample: Sample) -> None:
        page = self._page
        if page.sample_count == SAMPLES:
            self._exchange(lib.NENC_HOST_RECORD)
        page.sample[page.sample_count] = sample[0]
        page.sample_count += 1

    def step(self, now_ns: int) -> None:
        page = self._page
        page.now_ns = now_ns
        page.decision = self.decision[0]
        self._exchange(lib.NENC_HOST_STEP)
        status = page.status
        self.decision[0] = page.decision
        if status != 0:
            raise Failure("step", now_ns, f"returned {status}", status=status)

    def close(self) -> None:
        if self._page is not None:
            try:
                if not self._busy:  # otherwise Ctrl-C came in the middle of a call
                    self._exchange(lib.NENC_HOST_DESTROY)
            finally:
                self._end()

    # ---- the process

    def _start(self, setup: Setup) -> None:
        try:
            self._open(setup)
        except OSError as error:
            raise MachineError(f"cannot start the process of a controller: {error}") from None
        self._buffer = ffi.from_buffer(self._memory)
        self._page: CData = ffi.cast("nenc_host_page *", self._buffer)
        self._socket.settimeout(LOOK_S)
        try:
            self._answer(START_S)
        except BaseException:
            self._end()
            raise
        self._socket.settimeout(min(LOOK_S, self._timeout_s))

    def _open(self, setup: Setup) -> None:
        """Opens the process, its socket and its shared memory, or none of them."""
        size = ffi.sizeof("nenc_host_page")
        with ExitStack() as theirs_too, ExitStack() as ours:
            file = os.memfd_create("nenc-controller")
            theirs_too.callback(os.close, file)
            self._socket, theirs = socket.socketpair()
            ours.enter_context(self._socket)
            theirs_too.enter_context(theirs)
            os.ftruncate(file, size)
            self._memory = ours.enter_context(mmap.mmap(file, size))
            command = [os.fspath(program("nenc_controller_host")), str(theirs.fileno()), str(file), str(os.getpid())]
            self._process = subprocess.Popen(
                [*command, os.fspath(setup.library)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), file),
                process_group=0,  # the lab handles Ctrl-C, and ends what the user's code starts as well
            )
            ours.pop_all()  # they stay

    def _exchange(self, request: int) -> None:
        """Sends one request and waits for the answer. Raises Failure without one, after ending the process."""
        self._page.request = request
        self._busy = True
        with suppress(BrokenPipeError, ConnectionResetError):  # reported by _answer
            self._socket.send(b"\0")
        self._answer(self._timeout_s)
        self._busy = False

    def _answer(self, timeout_s: float) -> None:
        deadline = monotonic() + timeout_s
        while True:
            try:
                if self._socket.recv(1):
                    return
                break
            except TimeoutError:
                if self._has_ended():
                    break
                if monotonic() >= deadline:
                    raise self._hung() from None
            except ConnectionResetError:
                break
        raise self._died()

    def _hung(self) -> Failure:
        call, at_ns = self._page.call, self._page.call_ns
        self._end()
        within = f"within {self._timeout_s:g} s of wall time (controller.timeout)"
        if call == lib.NENC_HOST_IN_THREADS:
            reason = (
                f"did not sleep {within}: it must, or wait for a condition variable, so that the lab's time can go on"
            )
        else:
            reason = f"did not return {within}"
        return Failure(self._name(call), at_ns, reason, timeout_s=self._timeout_s)

    def _died(self) -> Failure:
        call, at_ns = self._page.call, self._page.call_ns
        gone = self._is_gone()
        self._end()
        code = self._process.returncode
        if not gone or code == lib.NENC_HOST_CUT_OFF:
            return Failure(self._name(call), at_ns, "closed the descriptor that the lab talks to it through")
        if not self._cause_known:
            return Failure(
                self._name(call),
                at_ns,
                "its process ended for an unknown reason: the lab was started with SIGCHLD ignored",
            )
        if code >= 0:
            return Failure(self._name(call), at_ns, f"ended its process with exit code {code}", exit_code=code)
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return Failure(
            self._name(call), at_ns, f"its process was killed by {name} ({signal.strsignal(-code)})", signal=name
        )

    def _is_gone(self) -> bool:
        """Returns whether the process has ended, or ends within the timeout."""
        deadline = monotonic() + self._timeout_s
        while not self._has_ended():
            if monotonic() > deadline:
                return False
            sleep(0.001)
        return True

    def _has_ended(self) -> bool:
        """Returns whether the process has ended. It stays a zombie, so that its PID cannot be reused."""
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # whoever started the lab ignores SIGCHLD, so the kernel keeps no zombies
            self._cause_known = False
            return True

    def _name(self, call: int) -> str:
        return self._calls.get(call, "a thread of its own")  # nothing else of the user's runs between two calls

    def _end(self) -> None:
        """Ends the process and releases socket and memory. May be called more than once."""
        if self._page is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()  # it may have left its group
        self._process.wait()
        self._socket.close()
        self._page = None
        ffi.release(self._buffer)
        self._memory.close()

    # ---- the object in it

    def _load(self, setup: Setup, abi: str) -> None:
        page = self._page
        page.abi, page.now_ns = ABIS[abi], setup.now_ns
        self._exchange(lib.NENC_HOST_LOAD)
        name, version, said = (
            ffi.string(text).decode(errors="replace") for text in (page.name, page.version, page.text)
        )
        if said:
            raise Failure("load", setup.now_ns, said)
        if page.abi == lib.NENC_HOST_NONE:
            raise nothing_found(setup.abi, page.origin_found)
        if page.abi == lib.NENC_HOST_V1:
            check_table(page.abi_version, page.table_size, page.missing)
            self.abi = "v1"
        else:
            self.abi, self._calls = "origin", ORIGIN_CALLS
            if setup.knobs:
                reason = "the interface of three functions has no knobs: leave controller.knobs out"
                raise Failure(ORIGIN[0], setup.now_ns, reason)
        self.about = name, version
        if setup.gains is not None and not page.has_set_gains:
            raise no_gains()

    def _create(self, setup: Setup) -> None:
        page = self._page
        page.config.size = ffi.sizeof("nenc_controller_config")
        page.config.now_ns = setup.now_ns
        for field, value in setup.config.items():
            setattr(page.config, field, value)
        page.config.knob_count = len(setup.knobs)
        for index, (name, value) in enumerate(setup.knobs.items()):
            page.knob_name[index] = name.encode()
            page.knob_value[index] = value
        if setup.gains is not None:
            page.gain, page.has_gains = list(setup.gains), 1
        self._exchange(lib.NENC_HOST_CREATE)
        if page.status < 0:
            raise Failure("set_gains", setup.now_ns, "refused these gains")
        if page.status == 0:
            raise Failure(self._calls[lib.NENC_HOST_IN_CREATE], setup.now_ns, refused(ffi.string(page.text)))
