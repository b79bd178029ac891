"""A user's controller that crashes, hangs or decides nonsense, at any call: an error, a partial run, nothing left."""

from __future__ import annotations

import json
import re
import signal
from html import escape
from pathlib import Path
from time import monotonic

import pytest
from external_runs import children, descriptors, faulty, order, run
from shared_objects import ROOT, controller, from_text, needs_cc

from nenc_lab.api import open_run
from nenc_lab.errors import ControllerError, InputError
from nenc_lab.kernels import ffi

pytestmark = needs_cc

TICK_S = 1 / 60
ENDS = {
    "segv": r"killed by SIGSEGV \(Segmentation fault\)",
    "abort": r"killed by SIGABRT \(Aborted\)",
    "exit": "ended its process with exit code 7",
    "killed": r"killed by SIGKILL \(Killed\)",
    "stack": "killed by SIGSEGV",
    "hang": r"did not return within 0\.5 s",
    "closed": "closed the descriptor",
}
NONSENSE = {
    "nan": "rate_bps = nan: it must be from 5000000 to 120000000",
    "inf": "rate_bps = inf",
    "negative": "rate_bps = -1",
    "too_high": "rate_bps = 1e+12",
    "untouched": "rate_bps = nan",
    "status": "step at .*returned -5",
}


def patience(how: str) -> str:
    """Short where it is waited for; elsewhere a busy machine must not look like a hang."""
    return "500ms" if how == "hang" else "20s"


@pytest.fixture(autouse=True)
def nothing_is_left():
    before = descriptors()
    yield
    assert children() == []
    assert descriptors() == before


def failed(out: Path, where: str, how: str, nth: int) -> ControllerError:
    """The error of such a run; its folder is looked at whole."""
    with pytest.raises(ControllerError) as raised:
        run(out, faulty(), knobs=order(where, how, nth), timeout=patience(how))
    error = raised.value
    assert str(error).startswith(f"flows.video.controller: {faulty()}: {where} at ")
    done = open_run(error.folder)
    assert done.status == "partial"
    assert done.failure == str(error)
    assert not done.ok
    assert f"<p>{escape(str(error))}</p>" in done._repr_html_()
    events = done.frame("events").filter(done.frame("events")["kind"] == "controller_failed")
    assert events["flow"].to_list() == ["video"]
    assert events["text"].to_list() == [str(error)]
    assert events["t_s"].to_list() == [error.at_ns / 1e9]
    detail = json.loads(events["detail"][0])
    assert detail["library"] == str(faulty())
    assert detail["function"] == where
    assert done.info["failure"]["function"] == where
    assert done.info["summary"]["run"]["simulated_s"] == pytest.approx(error.at_ns / 1e9, abs=TICK_S)
    return error


@pytest.mark.parametrize("nth", [1, 2, 61])
@pytest.mark.parametrize("how", sorted(ENDS))
def test_the_nth_step(tmp_path: Path, how: str, nth: int) -> None:
    error = failed(tmp_path, "step", how, nth)
    assert re.search(ENDS[how], str(error)), error
    assert error.at_ns == pytest.approx((nth - 1) * TICK_S * 1e9, abs=nth)
    ticks = open_run(error.folder).frame("ticks")
    assert ticks.height == nth - 1  # every tick before, and none that was never decided
    assert (ticks["rate_bps"] == 8e6).all()


@pytest.mark.parametrize("nth", [1, 2, 61])
@pytest.mark.parametrize("how", sorted(NONSENSE))
def test_the_nth_decision(tmp_path: Path, how: str, nth: int) -> None:
    error = failed(tmp_path, "step", how, nth)
    assert re.search(NONSENSE[how].replace("+", r"\+"), str(error)), error
    assert open_run(error.folder).frame("ticks").height == nth - 1


@pytest.mark.parametrize("nth", [1, 2, 37])
@pytest.mark.parametrize("how", sorted(set(ENDS) - {"closed"}))  # that is noticed when an answer is due
def test_the_nth_report(tmp_path: Path, how: str, nth: int) -> None:
    error = failed(tmp_path, "record", how, nth)
    assert re.search(ENDS[how], str(error)), error
    # reports leave every 50 ms; 10 ms and the bytes of one bring it back
    assert error.at_ns / 1e9 == pytest.approx(0.05 * nth + 0.01, abs=0.06)


@pytest.mark.parametrize("how", sorted(ENDS))
def test_its_end(tmp_path: Path, how: str) -> None:
    with pytest.raises(ControllerError, match=ENDS[how]) as raised:
        run(tmp_path, faulty(), knobs=order("destroy", how), timeout=patience(how))
    done = open_run(raised.value.folder)
    assert done.status == "partial"
    assert done.frame("ticks").height == 180  # 3 s: all there was to record


@pytest.mark.parametrize("how", sorted(ENDS))
def test_its_beginning(tmp_path: Path, how: str) -> None:
    with pytest.raises(InputError, match=f"flows.video.controller: .*create: .*{ENDS[how]}"):
        run(tmp_path, faulty(), knobs=order("create", how), timeout=patience(how))
    assert not list(tmp_path.iterdir())  # found before anything was written


@pytest.mark.parametrize(
    ("how", "message"), [("segv", "set_gains: .*SIGSEGV"), ("status", "set_gains: refused these gains")]
)
def test_its_gains(tmp_path: Path, how: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(tmp_path, faulty(), knobs=order("set_gains", how), gains={"kp": 1.0})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", ["nan", "negative", "status"])
def test_nonsense_in_the_lab_s_own_process(tmp_path: Path, how: str) -> None:
    with pytest.raises(ControllerError, match=NONSENSE[how]) as raised:
        run(tmp_path, faulty(), knobs=order("step", how, 31), isolate=False)
    assert open_run(raised.value.folder).frame("ticks").height == 30


def test_what_it_prints_is_not_the_lab_s_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ControllerError):
        run(tmp_path, faulty(), duration="1s", knobs=order("step", "segv", 2), timeout="20s")
    out, err = capfd.readouterr()
    assert out == ""
    assert err == "a controller may print\n"


def test_a_controller_that_nobody_closed_is_gone_with_its_error() -> None:
    """Failed once, it stays failed, and closing it is no second error."""
    made = controller(faulty(), knobs=order("step", "segv"))
    with pytest.raises(ControllerError):
        made.tick(0, ffi.new("nenc_state *"))
    assert children() == []
    made.close()
    made.close()


def test_two_hundred_lives_leak_nothing() -> None:
    before = descriptors()
    for _ in range(200):
        controller(faulty()).close()
    assert descriptors() == before
    assert children() == []


FORKING = """
#include <signal.h>
#include <unistd.h>
static int memory, steps;
static void *create(const nenc_controller_config *config, char *why, size_t why_size)
{ (void)config, (void)why, (void)why_size; return &memory; }
static void record(void *self, const nenc_sample *sample) { (void)self, (void)sample; }
static int step(void *self, int64_t now, nenc_decision *d)
{
    (void)self, (void)now;
    d->rate_bps = 8e6;
    if (++steps != 5) return 0;
    %s
    return 0;
}
static void destroy(void *self) { (void)self; }
const struct nenc_controller_v1 nenc_controller_v1 = {
    NENC_CONTROLLER_ABI, sizeof(struct nenc_controller_v1), 0, 0, create, record, step, 0, destroy };
"""
BOTH_RETURN = "if (fork() == 0) { usleep(20000); d->rate_bps = -1; }"
CHILD_STAYS = "if (fork() == 0) { for (;;) pause(); } raise(SIGSEGV);"
EXEC_STAYS = 'if (fork() == 0) { execlp("sleep", "sleep", "60", (char *)0); } usleep(200000); raise(SIGSEGV);'


def test_a_step_that_returns_in_two_processes_decides_once(tmp_path: Path) -> None:
    done = run(tmp_path, from_text(FORKING % BOTH_RETURN), duration="60s", timeout="20s")
    assert done.status == "complete"
    assert (done.frame("ticks")["rate_bps"] == 8e6).all()


@pytest.mark.parametrize("what", [CHILD_STAYS, EXEC_STAYS], ids=["fork", "exec"])
def test_a_crash_is_one_while_a_child_holds_on(tmp_path: Path, what: str) -> None:
    began = monotonic()
    with pytest.raises(ControllerError, match="killed by SIGSEGV"):
        run(tmp_path, from_text(FORKING % what), timeout="20s")
    assert monotonic() - began < 10


def test_a_decision_that_was_checked_does_not_change() -> None:
    """It is in memory that the user's process does not share."""
    made = controller(faulty())
    assert made._link.decision != ffi.addressof(made._link._page, "decision")
    made.tick(0, ffi.new("nenc_state *"))
    made._link._page.decision.rate_bps = -1.0
    assert made._link.decision.rate_bps == 8e6
    made.close()


@pytest.mark.parametrize(("field", "value", "lowest"), [("encode_bps", "0.5", "1"), ("fps", "0.001", "0.01")])
def test_the_lowest_values_are_those_of_the_header(field: str, value: str, lowest: str) -> None:
    made = controller(from_text(FORKING % f"d->{field} = {value};"), timeout_ns=20_000_000_000)
    state = ffi.new("nenc_state *")
    for tick in range(4):
        made.tick(tick * 16_666_667, state)
    with pytest.raises(ControllerError, match=f"{field} = {value}: it must be from {lowest} to"):
        made.tick(4 * 16_666_667, state)
    made.close()
    header = (ROOT / "kernels_c" / "include" / "nenc" / "controller.h").read_text(encoding="utf-8")
    assert re.search(rf"double {field}; .*, at least {lowest}, at most", header)


@pytest.fixture
def no_longer_than_20_s():
    """For what would wait for ever: pytest itself does not end it."""

    def ring(number: int, frame: object) -> None:
        raise TimeoutError("still waiting")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("no_longer_than_20_s")
def test_one_that_hangs_outside_its_process_group(tmp_path: Path) -> None:
    hang = "setpgid(0, getpgid(getppid())); for (;;) pause();"
    with pytest.raises(ControllerError, match=ENDS["hang"]):
        run(tmp_path, from_text(FORKING % hang), timeout=patience("hang"))


TIMER = """
struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
sigaction(SIGALRM, &action, NULL);
setitimer(ITIMER_REAL, &(struct itimerval){{0, 200}, {0, 200}}, NULL);
"""


def test_a_timer_of_its_own_ends_nothing(tmp_path: Path) -> None:
    head = "#include <sys/time.h>\n#include <signal.h>\nstatic void on_alarm(int number) { (void)number; }\n"
    done = run(tmp_path, from_text("#define _GNU_SOURCE\n" + head + FORKING % TIMER), duration="60s", timeout="20s")
    assert done.status == "complete"


@pytest.mark.parametrize("how", ["segv", "exit", "hang", "nothing"])
def test_a_lab_that_was_started_with_sigchld_ignored(tmp_path: Path, how: str) -> None:
    library = faulty()  # its compiler's end is waited for
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        if how == "nothing":
            assert run(tmp_path, library, timeout=patience(how)).status == "complete"
            return
        with pytest.raises(ControllerError, match=ENDS["hang"] if how == "hang" else "SIGCHLD ignored"):
            run(tmp_path, library, knobs=order("step", how, 3), timeout=patience(how))
    finally:
        signal.signal(signal.SIGCHLD, before)
