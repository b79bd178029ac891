"""Whoever is killed, and whenever: nothing of a sandbox stays behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sandboxes import LAB, gone_within, kernel_in, make, needs_guest, of_sandboxes

from nenc_lab.real.sandbox import SandboxLost
from nenc_lab.real.sandbox.processes import children, command_line, processes_in

GONE_S = 5.0


def begin(kind: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-P", "-c", LAB, kind], stdout=subprocess.PIPE, text=True)


def until(lab: subprocess.Popen[str], word: str) -> str:
    assert lab.stdout is not None
    for line in lab.stdout:
        if line.startswith(word):
            return line.removeprefix(word).strip()
    raise AssertionError(f"the lab has ended before it said {word}")


def end(lab: subprocess.Popen[str], number: signal.Signals = signal.SIGKILL) -> None:
    lab.send_signal(number)
    lab.communicate(timeout=30)


def supervisor_of(lab: int) -> int:
    (supervisor,) = [pid for pid in children(lab) if any("sandbox.supervisor" in word for word in command_line(pid))]
    return supervisor


@pytest.mark.parametrize("kind", [pytest.param("guest", marks=pytest.mark.slow), "host"])
def test_a_lab_killed_at_ten_random_moments_leaves_nothing(kind):
    make(kind)
    with begin(kind) as lab:
        began = time.monotonic()
        until(lab, "begun")
        until(lab, "waiting")
        took_s = time.monotonic() - began
        assert of_sandboxes(lab.pid) != set()
        end(lab)
    assert gone_within(GONE_S, lab.pid) == set()
    moments = random.Random(20)
    for _ in range(10):
        with begin(kind) as lab:
            until(lab, "begun")
            time.sleep(moments.uniform(0, took_s))
            end(lab)
        assert gone_within(GONE_S, lab.pid) == set()


@pytest.mark.parametrize("kind", ["guest", "host"])
def test_a_lab_that_is_terminated_in_a_call_leaves_nothing(kind):
    make(kind)
    with begin(kind) as lab:
        until(lab, "waiting")
        end(lab, signal.SIGTERM)
    assert gone_within(GONE_S, lab.pid) == set()


@pytest.mark.parametrize("kind", ["guest", "host"])
def test_a_killed_keeper_is_noticed_and_nothing_is_left(kind):
    with make(kind) as sandbox:
        folder = sandbox.folder

        def hear(word):
            os.kill(supervisor_of(os.getpid()), signal.SIGKILL)

        with pytest.raises(SandboxLost, match="has ended"):
            sandbox.call("sandbox_calls:waits", "for ever", on_message=hear)
        assert not Path(folder).exists()
    assert gone_within(GONE_S) == set()


@pytest.mark.parametrize("kind", [pytest.param("guest", marks=pytest.mark.slow), "host"])
def test_lab_and_keeper_killed_at_once_leave_a_folder_that_clean_removes(kind, nenc_lab_clean):
    make(kind)
    with begin(kind) as lab:
        folder = until(lab, "up")
        until(lab, "waiting")
        assert processes_in(Path(folder)) != []
        lab.send_signal(signal.SIGSTOP)  # so that it does not clean up itself
        os.kill(supervisor_of(lab.pid), signal.SIGKILL)
        end(lab)
    assert gone_within(GONE_S, lab.pid) == {f"file {folder}"}
    assert Path(folder).is_dir()
    assert f"would remove folder {folder}\n" in nenc_lab_clean("--dry-run")
    assert Path(folder).is_dir()
    assert f"folder {folder}" in json.loads(nenc_lab_clean("--json"))["removed"]
    assert gone_within(GONE_S, lab.pid) == set()


@pytest.mark.slow
@needs_guest
def test_a_guest_that_may_not_be_confined_still_leaves_nothing(nenc_lab_clean):
    # where no PID namespaces are allowed: what ends the guest then is that it hears nothing any more
    with begin("unconfined guest") as lab:
        folder = until(lab, "up")
        until(lab, "waiting")
        end(lab)
    assert gone_within(GONE_S, lab.pid) == set()
    with begin("unconfined guest") as lab:
        folder = until(lab, "up")
        until(lab, "waiting")
        lab.send_signal(signal.SIGSTOP)  # so that it does not clean up itself
        os.kill(supervisor_of(lab.pid), signal.SIGKILL)
        end(lab)
    assert gone_within(GONE_S, lab.pid) == {f"file {folder}"}
    with begin("unconfined guest") as lab:
        folder = until(lab, "up")
        until(lab, "waiting")
        lab.send_signal(signal.SIGSTOP)
        for process in (supervisor_of(lab.pid), lab.pid, kernel_in(folder)):  # and the kernel, too
            os.kill(process, signal.SIGKILL)
        lab.communicate(timeout=30)
    nenc_lab_clean()
    assert gone_within(GONE_S, lab.pid) == set()
