"""What every sandbox does with a call, however that ends."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from sandboxes import descriptors

from nenc_lab.errors import InternalError, Interrupted, ScenarioError
from nenc_lab.real.sandbox import CallDied, CallTimeout

CAP_NET_ADMIN = 12


def test_inside_it_is_root_in_a_world_of_its_own(sandbox):
    inside = sandbox.call("sandbox_calls:world")
    assert inside["user"] == 0
    assert inside["capable"] >> CAP_NET_ADMIN & 1
    assert inside["interfaces"] == ["lo"]
    assert (inside["run"], inside["shm"]) == ([], [])
    assert inside["descriptors"] == [0, 1, 2, 3]  # 3: the way out for what it tells


def test_cwd_environment_and_imports_are_the_labs(sandbox):
    inside = sandbox.call("sandbox_calls:world")
    assert inside["cwd"] == os.getcwd()
    assert inside["path"] == sys.path
    mine = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    assert mine.items() - inside["environment"].items() == set()


def test_lo_is_up(sandbox):
    assert sandbox.call("sandbox_calls:lo_answers") == "x"


@pytest.mark.iproute2
def test_nothing_of_one_call_is_seen_by_the_next(sandbox):
    assert "litter" in sandbox.call("sandbox_calls:litter")
    after = sandbox.call("sandbox_calls:world")
    assert (after["interfaces"], after["run"], after["shm"]) == (["lo"], [], [])


def test_it_says_what_it_is(sandbox):
    about = sandbox.about
    assert about["kernel"] == sandbox.call("sandbox_calls:world")["kernel"]
    assert about["hz"] in (100, 250, 300, 1000)
    assert 0 < about["boot_s"] < 60
    assert about["memory_mb"] > 300


@pytest.mark.parametrize(
    "value",
    [None, 0, -1.5e300, "ü\0\r\n\x04\x11\x13", [[]], {"a": [True, None]}, pytest.param("x" * 100_000, id="long")],
)
def test_json_goes_there_and_back(sandbox, value):
    assert sandbox.call("sandbox_calls:echo", value) == value


def test_what_it_tells_is_heard_in_order_and_before_the_result(sandbox):
    heard = []
    assert sandbox.call("sandbox_calls:tells", 2000, on_message=heard.append) == 2000
    assert [word["number"] for word in heard] == list(range(2000))
    assert heard[0]["text"] == "ü\0\n"


def test_fifty_megabytes_of_any_bytes_come_out(sandbox):
    pieces = []
    sandbox.call("sandbox_calls:prints", 50, on_output=pieces.append)
    said = b"".join(pieces)
    assert len(said) == 50 << 20
    for value in (0, 3, 10, 13, 17, 19, 127, 255):  # what a terminal would take for itself
        assert said.count(bytes([value])) == 50 * 4096


def test_calls_of_every_size_follow_each_other(sandbox):
    # a line of a terminal holds 4095 bytes in the kernel: one that is filled must not fall silent
    for size in (100, 1900, 2100, 3900, 4000, 4050, 4096, 4150, 5000, 9000, 20000, 10):
        assert sandbox.call("sandbox_calls:length", "x" * size, timeout_s=20) == size


def test_large_arguments_and_results(sandbox):
    assert sandbox.call("sandbox_calls:length", "ü" * 10_000_000) == 10_000_000
    text = sandbox.call("sandbox_calls:letters", 20_000_000)
    assert hashlib.sha256(text.encode()).digest() == hashlib.sha256(b"a" * 20_000_000).digest()
    assert not [path for path in Path(sandbox.folder).iterdir() if path.name.startswith("arguments")]


def test_prints_go_to_stderr(sandbox, capfd):
    sandbox.call("sandbox_calls:says", "grüße")
    out, err = capfd.readouterr()
    assert (out, err.count("grüße\n")) == ("", 3)


def test_an_exception_crosses_with_its_attributes_and_its_trace(sandbox):
    with pytest.raises(ValueError, match="a") as caught:
        sandbox.call("sandbox_calls:fails", "value")
    assert caught.value.args == ("a", 2)
    assert caught.value.folder == Path("somewhere")
    assert "in fails" in "".join(caught.value.__notes__)
    with pytest.raises(ScenarioError, match="is wrong") as caught:
        sandbox.call("sandbox_calls:fails", "scenario")
    assert caught.value.problems[0].line == 3


def test_an_exception_that_cannot_cross_is_told(sandbox):
    with pytest.raises(InternalError, match=r"(?s)cannot be transferred.*Odd: 1 and 2"):
        sandbox.call("sandbox_calls:fails", "odd")


def test_a_function_that_does_not_exist(sandbox):
    with pytest.raises(AttributeError, match="nowhere"):
        sandbox.call("sandbox_calls:nowhere")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        sandbox.call("no_such_module:nowhere")


@pytest.mark.parametrize(
    ("how", "code", "name"), [(0, 0, None), (3, 3, None), ("SIGSEGV", None, "SIGSEGV"), ("SIGKILL", None, "SIGKILL")]
)
def test_a_process_that_ends_without_a_word(sandbox, how, code, name):
    heard = []
    with pytest.raises(CallDied) as caught:
        sandbox.call("sandbox_calls:ends", how, on_message=heard.append)
    assert (caught.value.exit_code, caught.value.signal) == (code, name)
    assert heard == ["ending"]
    assert sandbox.call("sandbox_calls:echo", 1) == 1


def test_sys_exit_crosses(sandbox):
    with pytest.raises(SystemExit) as caught:
        sandbox.call("sandbox_calls:fails", "exit")
    assert caught.value.code == 5


def test_what_takes_too_long_is_killed(sandbox):
    began = time.monotonic()
    with pytest.raises(CallTimeout, match=r"sandbox_calls:waits took longer than 0\.5 s"):
        sandbox.call("sandbox_calls:waits", "for ever", timeout_s=0.5)
    assert time.monotonic() - began < 5
    assert sandbox.call("sandbox_calls:echo", 1) == 1


def test_what_a_call_has_started_ends_with_it(sandbox):
    assert sandbox.call("sandbox_calls:leaves_processes") >= 3
    assert sandbox.call("sandbox_calls:left_over") == 0


def test_files_are_the_labs(sandbox, tmp_path):
    path = tmp_path / "made inside"
    assert sandbox.call("sandbox_calls:writes", str(path)) == 10_240_000
    assert path.read_bytes() == bytes(range(256)) * 40000
    assert path.stat().st_uid == os.geteuid()


def interrupt_when_waiting(words, number=signal.SIGINT):
    """Hears words; at "waiting" and each "ignored" the signal comes, a moment later."""

    def hear(word):
        words.append(word)
        threading.Timer(0.2, os.kill, (os.getpid(), number)).start()

    return hear


def test_ctrl_c_goes_to_the_call_which_may_still_have_a_result(sandbox):
    assert sandbox.call("sandbox_calls:waits", "result", on_message=interrupt_when_waiting([])) == "stopped"
    assert isinstance(sandbox.interrupted, KeyboardInterrupt)
    assert sandbox.call("sandbox_calls:echo", 1) == 1
    assert sandbox.interrupted is None


def test_ctrl_c_comes_back_with_what_the_call_knows(sandbox):
    with pytest.raises(Interrupted) as caught:
        sandbox.call("sandbox_calls:waits", "raise", on_message=interrupt_when_waiting([]))
    assert (caught.value.folders, caught.value.number) == ((Path("partial"),), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_sigterm_comes_back_as_what_the_lab_makes_of_it(sandbox):
    def handler(number, frame):
        raise Interrupted(number=number)

    before = signal.signal(signal.SIGTERM, handler)
    try:
        with pytest.raises(Interrupted) as caught:
            sandbox.call("sandbox_calls:waits", "raise", on_message=interrupt_when_waiting([], signal.SIGTERM))
        assert (caught.value.folders, caught.value.number) == ((Path("partial"),), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_second_ctrl_c_kills(sandbox):
    words = []
    with pytest.raises(KeyboardInterrupt):
        sandbox.call("sandbox_calls:waits", "for ever", on_message=interrupt_when_waiting(words))
    assert words[:2] == ["waiting", "ignored"]
    assert sandbox.call("sandbox_calls:echo", 1) == 1


def test_a_listener_that_fails_ends_the_call(sandbox):
    def hear(word):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        sandbox.call("sandbox_calls:waits", "raise", on_message=hear)
    assert sandbox.call("sandbox_calls:echo", 1) == 1


def test_one_call_at_a_time(sandbox):
    def hear(word):
        sandbox.call("sandbox_calls:echo", 1)

    with pytest.raises(InternalError, match="during another call"):
        sandbox.call("sandbox_calls:waits", "raise", on_message=hear)


def test_calls_from_another_thread(sandbox):
    found = []
    thread = threading.Thread(target=lambda: found.append(sandbox.call("sandbox_calls:echo", "thread")))
    thread.start()
    thread.join(30)
    assert found == ["thread"]


def test_thirty_calls_leave_no_descriptor(sandbox):
    sandbox.call("sandbox_calls:echo", 1)
    before = descriptors()
    for number in range(30):
        assert sandbox.call("sandbox_calls:echo", number) == number
    assert descriptors() == before
