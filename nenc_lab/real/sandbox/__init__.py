"""Sandboxes: places where the lab's functions run as root on a network of their own, here or in a guest's kernel.

A run on the real network has to build devices and qdiscs as root, and must leave nothing behind. It does that in a
sandbox. There are two kinds:

  host     namespaces of this machine's kernel: as root, or as an ordinary user through a user namespace
  guest    User-Mode Linux, a kernel that is an ordinary program. It boots in about a second, needs no privileges, and
           sees this machine's files. It is not a virtual machine: it has one CPU, and it shares files and CPU time
           with everything else here

Who starts whom, and how they communicate:

  lab (base.py)                                opens a sandbox and calls functions in it
   |  supervision.py                           control socket: what to start, and the end of either side
   `- supervisor.py                            makes the private folder, starts the sandbox, cleans up after it
       |  pid_namespace.py                     everything below dies with its first process
       `- host_init.py | guest_init.py         the first process inside: mounts, modules (kernel_modules.py)
           `- init.py                          a heartbeat, twice a second --------------.
               `- server.py                    channel: calls and outcomes (messages.py) --> conversation.py, the
                   `- call.py                  forks one process for each call              lab's end of both
                       `- call_process.py      isolates itself (isolation.py) and runs the function

When one of them dies, everything below it ends, and the private folder is removed. If the lab dies, the supervisor sees
its socket close. If the supervisor dies, the kernel kills the PID namespace. If a call's process dies, the server ends
what that had started, and takes the next call. If lab and supervisor are killed together, leftovers.py (``lab clean``)
finds what remains by the owner's label (ownership.py).
"""

from __future__ import annotations

from nenc_lab.real.sandbox.base import Sandbox
from nenc_lab.real.sandbox.failures import CallDied, CallTimeout, SandboxLost
from nenc_lab.real.sandbox.table import KINDS, open_sandbox

__all__ = ["KINDS", "CallDied", "CallTimeout", "Sandbox", "SandboxLost", "open_sandbox"]
