"""The guest: another kernel, and what becomes of it when it is ill-treated."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandboxes import descriptors, gone_within, kernel_in, needs_guest, of_sandboxes

from nenc_lab.errors import MachineError
from nenc_lab.real.sandbox import CallDied, SandboxLost, conversation, kernel_modules, open_sandbox, uml
from nenc_lab.real.sandbox.guest import Guest
from nenc_lab.real.sandbox.processes import processes_in

pytestmark = needs_guest

ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env")
"""env: what setpriv itself starts may still be found with the rights of root."""


@pytest.fixture
def clear():
    """Nothing is left when the test is over."""
    assert of_sandboxes() == set()
    open_before = descriptors()
    yield
    assert gone_within(5) == set()
    assert descriptors() == open_before


def test_its_kernel_is_another_and_emulates_networks(clear):
    with Guest() as guest:
        assert guest.call("sandbox_calls:world")["kernel"] == guest.about["kernel"] != os.uname().release
        assert guest.about["modules_missing"] == []
        kinds = ["netem", "hfsc", "fq_codel", "codel", "cake", "pie", "nosuch"]
        assert guest.call("sandbox_calls:lacking", kinds) == ["sch_nosuch"]
        assert 20 < guest.taken_mb() < 600


def test_what_calls_need_is_imported_once(clear):
    with Guest(preload=["colorsys", "no_such_module"]) as guest:
        assert guest.call("sandbox_calls:echo", 1) == 1
        assert guest.about["warm_s"] > 0


@pytest.mark.slow
def test_too_much_memory_ends_the_call_and_says_so(clear):
    with Guest(memory_mb=192) as guest:
        with pytest.raises(CallDied, match="out of memory"):
            guest.call("sandbox_calls:fills_memory", 1000)
        assert guest.call("sandbox_calls:echo", 1) == 1


def test_a_kernel_panic_is_told_with_its_words(clear):
    with Guest() as guest:
        with pytest.raises(SandboxLost, match=r"(?s)the guest has ended.*panic"):
            guest.call("sandbox_calls:panics")
        with pytest.raises(SandboxLost, match="panic"):
            guest.call("sandbox_calls:echo", 1)


def test_a_kernel_that_is_killed_takes_everything_with_it(clear):
    with Guest() as guest:

        def hear(word):
            os.kill(kernel_in(guest.folder), signal.SIGKILL)

        with pytest.raises(SandboxLost, match="the guest has ended"):
            guest.call("sandbox_calls:waits", "for ever", on_message=hear)


@pytest.mark.slow
def test_a_kernel_that_hangs_is_ended(clear, monkeypatch):
    monkeypatch.setattr(conversation, "SILENCE_S", 2.0)
    with Guest() as guest:

        def hear(word):
            for process in processes_in(Path(guest.folder)):
                os.kill(process, signal.SIGSTOP)

        began = time.monotonic()
        with pytest.raises(SandboxLost, match="has sent no heartbeat for 2 s"):
            guest.call("sandbox_calls:waits", "for ever", on_message=hear)
        assert time.monotonic() - began < 8


@pytest.mark.slow
def test_a_call_may_be_silent_for_longer_than_the_kernel(clear, monkeypatch):
    monkeypatch.setattr(conversation, "SILENCE_S", 2.0)
    with Guest() as guest, pytest.raises(SandboxLost.__mro__[1], match="longer than 5 s"):
        guest.call("sandbox_calls:waits", "for ever", timeout_s=5)


def test_a_boot_that_takes_too_long_is_ended(clear):
    with pytest.raises(SandboxLost, match=r"not ready within 0\.1 s"), Guest(boot_s=0.1):
        pass


def test_a_program_that_is_no_kernel_is_not_taken_for_one(clear, monkeypatch, tmp_path):
    fake = tmp_path / "linux.uml"
    fake.write_text("#!/bin/sh\necho no kernel\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(uml, "PROGRAMS", ("linux.uml",))
    assert uml.find() is None
    with pytest.raises(MachineError, match="apt-get install user-mode-linux"), open_sandbox("guest"):
        pass


def test_a_kernel_that_cannot_start_says_why(clear, monkeypatch, tmp_path):
    fake = tmp_path / "linux.uml"
    fake.write_text("#!/bin/sh\n[ $1 = --version ] && echo 6.1.0 || { echo no ptrace here; exit 7; }\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(SandboxLost, match=r"(?s)has ended.*no ptrace here"), open_sandbox("guest"):
        pass


def test_no_room_for_its_memory(clear):
    with pytest.raises(MachineError, match=r"no folder for temporary files.*MB free, and .*TMPDIR"):
        Guest(memory_mb=1 << 30).__enter__()


def test_modules_are_found_by_name():
    release = uml.version(uml.required())
    assert kernel_modules.missing(kernel_modules.WANTED, release) == []
    assert kernel_modules.missing(["sch_netem", "sch_nosuch"], release) == ["sch_nosuch"]
    assert kernel_modules.missing(["sch_netem"], "0.0.0") == ["sch_netem"]


@pytest.mark.slow
def test_boots_one_after_another_leave_nothing(clear):
    for number in range(20 if os.environ.get("NENC_LONG") == "1" else 6):
        with Guest() as guest:
            assert guest.call("sandbox_calls:echo", number) == number


def reachable_python() -> str | None:
    """An interpreter that anybody may run."""
    for python in (sys.executable, "/usr/bin/python3"):
        done = subprocess.run(
            [*AS_NOBODY, python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return python
    return None


@pytest.fixture
def readable() -> Iterator[str]:
    """A folder with a copy of the code that anybody may read, wherever this one is."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "nenc_lab", Path(folder, "nenc_lab"), ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(Path(__file__).with_name("sandbox_calls.py"), folder)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        yield folder


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
def test_an_ordinary_user_needs_nothing_more(clear, readable):
    python = reachable_python()
    if python is None:
        pytest.skip("THE GUEST AS AN ORDINARY USER IS NOT TESTED: no Python 3.11 that user nobody may run")
    code = (
        "import os, json\nfrom nenc_lab.real.sandbox import open_sandbox\n"
        "with open_sandbox('guest', memory_mb=512) as guest:\n"
        "    print(json.dumps([os.geteuid(), guest.call('sandbox_calls:world')['user'],\n"
        "                      guest.call('sandbox_calls:lacking', ['netem'])]))\n"
    )
    done = subprocess.run(
        [*AS_NOBODY, python, "-c", code],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": readable,
            "PYTHONDONTWRITEBYTECODE": "1",
            "MESONPY_EDITABLE_SKIP": ":".join(str(getattr(finder, "_build_path", "")) for finder in sys.meta_path),
        },
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"[{NOBODY}, 0, []]\n", "")


def test_it_has_one_processor_for_itself(clear):
    with Guest() as one, Guest() as other:
        bound = [{*map(frozenset, map(os.sched_getaffinity, processes_in(guest.folder)))} for guest in (one, other)]
        told = [frozenset(guest.about["processors"]) for guest in (one, other)]
    assert bound == [{only} for only in told]
    assert all(len(only) == 1 for only in told)
    if len(os.sched_getaffinity(0)) > 1:
        assert bound[0] != bound[1]
