"""Sandboxes: processes that are root, with a network of their own, on this machine's kernel or in a guest.

A run on the real network has to build devices and qdiscs as root, and must leave nothing behind. It does that in a
sandbox. There are two:

    host     namespaces of this machine's kernel: as root, or as an ordinary user through a user namespace
    guest    User-Mode Linux, a kernel that is an ordinary program. It boots in about a second, needs no rights at all,
             and sees this machine's files. It is no virtual machine: it has one CPU, and it shares files and CPU time
             with everything else here

Who starts whom, and how they speak:

    lab (base.py)                       opens a sandbox, calls functions in it
     |  supervision.py                  control socket: what to start; the end of either side
     `- supervisor.py                   makes the private folder, starts the sandbox, cleans up after it
         |  pid_namespace.py            everything below dies with its first process
         `- host_init.py | guest_init.py      the first process inside: mounts, modules (kernel_modules.py)
             `- init.py                 heartbeat, twice a second ----------------------.
                 `- server.py           channel: calls and what comes of them (messages.py) --> conversation.py, the
                     `- call.py         forks one process for each call                        lab's end of both
                         `- call_process.py   isolates itself (isolation.py), runs the function

Whoever dies takes everything below along, and the private folder goes with it. The lab dies: the supervisor sees its
socket closed. The supervisor dies: the kernel kills the PID namespace. A call's process dies: the server ends what that
has started, and takes the next call. Lab and supervisor are killed at one moment: leftovers.py (``lab clean``) finds
what is left by the owner's label (ownership.py).
"""

from __future__ import annotations

from nenc_lab.real.sandbox.base import Sandbox
from nenc_lab.real.sandbox.failures import CallDied, CallTimeout, SandboxLost
from nenc_lab.real.sandbox.table import KINDS, open_sandbox

__all__ = ["KINDS", "CallDied", "CallTimeout", "Sandbox", "SandboxLost", "open_sandbox"]
