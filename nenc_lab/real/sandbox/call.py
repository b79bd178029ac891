"""The server's side of one call: its process, what it sends and prints, and how it ends."""

from __future__ import annotations

import os
import select
import traceback
from contextlib import suppress

from nenc_lab.real.sandbox.call_process import CallMessage, run_call
from nenc_lab.real.sandbox.messages import Kind, Unpacker, packed, write_all
from nenc_lab.real.sandbox.processes import end_all

READ_BYTES = 65536


class RunningCall:
    """A call whose process is forked when this object is made. Call `step` until the call has ended."""

    def __init__(self, message: CallMessage, folder: int, channel: int) -> None:
        self.status = 0
        """Wait status of the process, once it has ended."""
        self.channel_ready = False
        """Whether the lab has sent something."""
        self._messages, messages = os.pipe()
        self._output, output = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                for descriptor in (self._messages, self._output, channel):
                    os.close(descriptor)
                run_call(message, folder, messages, output)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(70)
        os.close(messages)
        os.close(output)
        self._unpacker = Unpacker()
        self._ending = os.pidfd_open(self._pid)
        self._poll = select.poll()
        for descriptor in (channel, self._messages, self._output, self._ending):
            self._poll.register(descriptor, select.POLLIN)

    def signal(self, number: int) -> None:
        """Sends a signal to the process. Does nothing when the process has ended."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)

    def step(self, channel: int) -> bool:
        """Waits for something to happen and forwards it to ``channel``.

        Returns True once the call, and everything that it started, has ended.
        """
        self.channel_ready = False
        for descriptor, _ in self._poll.poll():
            if descriptor == channel:
                self.channel_ready = True
            elif descriptor == self._ending:
                return self._end(channel)
            else:
                self._relay(descriptor, channel)
        return False

    def _relay(self, descriptor: int, channel: int) -> bool:
        """Forwards what has arrived, in whole messages, so that a process that dies within one does no harm.

        Returns False when nothing was there.
        """
        try:
            data = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            with suppress(KeyError):
                self._poll.unregister(descriptor)
            return False
        if descriptor == self._output:
            write_all(channel, packed(Kind.OUTPUT, data))
        else:
            for kind, body in self._unpacker.feed(data):
                write_all(channel, packed(kind, body))
        return True

    def _end(self, channel: int) -> bool:
        _, self.status = os.waitpid(self._pid, 0)
        end_all()
        for descriptor in (self._messages, self._output):
            os.set_blocking(descriptor, False)
            while self._relay(descriptor, channel):
                pass
            os.close(descriptor)
        os.close(self._ending)
        return True
