"""One call, seen from the server: its process, what it tells and prints, and how it ends."""

from __future__ import annotations

import os
import select
import traceback
from contextlib import suppress
from typing import Any

from nenc_lab.real.sandbox.call_process import do
from nenc_lab.real.sandbox.descendants import end_all
from nenc_lab.real.sandbox.messages import Kind, Unpacker, packed, write_all

TAKE = 65536


class Work:
    def __init__(self, message: dict[str, Any], folder: int, line: int) -> None:
        self.status = 0
        """Wait status, once it has ended."""
        self.line_ready = False
        """Has the lab something to say?"""
        self._told, told = os.pipe()
        self._said, said = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                for descriptor in (self._told, self._said, line):
                    os.close(descriptor)
                do(message, folder, told, said)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(70)
        os.close(told)
        os.close(said)
        self._unpacker = Unpacker()
        self._ending = os.pidfd_open(self._pid)
        self._poll = select.poll()
        for descriptor in (line, self._told, self._said, self._ending):
            self._poll.register(descriptor, select.POLLIN)

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)

    def step(self, line: int) -> bool:
        """Waits for something to happen and hands it to ``line``. Has the call ended, all it has started with it?"""
        self.line_ready = False
        for descriptor, _ in self._poll.poll():
            if descriptor == line:
                self.line_ready = True
            elif descriptor == self._ending:
                return self._end(line)
            else:
                self._relay(descriptor, line)
        return False

    def _relay(self, descriptor: int, line: int) -> bool:
        """Was there something? Whole frames only, so that a process that dies in the middle of one does no harm."""
        try:
            data = os.read(descriptor, TAKE)
        except BlockingIOError:
            return False
        if not data:
            with suppress(KeyError):
                self._poll.unregister(descriptor)
            return False
        if descriptor == self._said:
            write_all(line, packed(Kind.SAID, data))
        else:
            for kind, body in self._unpacker.feed(data):
                write_all(line, packed(kind, body))
        return True

    def _end(self, line: int) -> bool:
        _, self.status = os.waitpid(self._pid, 0)
        end_all()
        for descriptor in (self._told, self._said):
            os.set_blocking(descriptor, False)
            while self._relay(descriptor, line):
                pass
            os.close(descriptor)
        os.close(self._ending)
        return True
