"""The core loaded as a user's controller decides as the built-in one, bit for bit; the template runs and repeats."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from shared_objects import from_text, libnenc, needs_cc, template

from nenc_lab.api import run_scenario
from nenc_lab.recording.open import Run
from nenc_lab.scenario.load import parse

pytestmark = needs_cc

TABLES = ("ticks", "frames", "path", "delays", "packets", "events")
ROUGH: dict[str, Any] = {
    "version": 1,
    "name": "rough",
    "duration": "30s",
    "path": {
        "forward": {"rate": "40Mbps", "delay": "15ms", "loss": {"kind": "gilbert-elliott", "p": "0.5%", "r": "30%"}},
        "reverse": {"delay": "15ms", "jitter": {"kind": "ordered", "std": "2ms"}},
    },
    "timeline": [
        {"at": "5s", "forward": {"rate": "12Mbps"}},
        {"at": "10s", "forward": {"rate": "200Mbps"}},
        {"at": "15s", "forward": {"rate": "0bps"}},
        {"at": "17s", "forward": {"rate": "30Mbps", "delay": "80ms"}},
        {"at": "22s", "forward": {"loss": "90%"}},
        {"at": "25s", "forward": {"loss": "1%"}},
    ],
}
"""Every regime of the law: ramp, drain, stale feedback, a longer path, shedding."""


def run(out: Path, controller: dict[str, Any], path: dict[str, Any] = ROUGH, start: str = "0s") -> Run:
    flow = {"name": "video", "start": start, "controller": controller}
    scenario = parse({**path, "flows": [flow]}, "test")
    return run_scenario(scenario, out=out, argv=["test"], packets=True, plot=False)


def digests(done: Run) -> dict[str, str]:
    return {name: hashlib.sha256((done.folder / f"{name}.parquet").read_bytes()).hexdigest() for name in TABLES}


TUNED = {"gains": {"kp": 0.9, "ki": 0.2, "kd": 0.05}, "knobs": {"queue_target_ns": 15e6, "bitrate_step": 0.1}}


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize(
    ("tuning", "start"), [({}, "0s"), (TUNED, "0s"), ({"gains": {"kp": 0.9}, "tick_rate": 100}, "1500ms")]
)
def test_the_core_by_its_own_table(tmp_path: Path, isolate: bool, tuning: dict[str, Any], start: str) -> None:
    own = {"kind": "external", "library": str(libnenc()), "isolate": isolate, "abi": "v1"}
    built_in = run(tmp_path, {"kind": "nenc", **tuning}, start=start)
    assert digests(run(tmp_path, {**own, **tuning}, start=start)) == digests(built_in)
    assert len({*built_in.frame("ticks")["bounds"]}) > 5  # the law was driven through its regimes


def test_another_tuning_is_seen(tmp_path: Path) -> None:
    own = {"kind": "external", "library": str(libnenc())}
    assert digests(run(tmp_path, {**own, **TUNED}))["ticks"] != digests(run(tmp_path, own))["ticks"]


def test_the_folder_says_which_object(tmp_path: Path) -> None:
    one = from_text("const struct nenc_controller_v1 nenc_controller_v1;\n")  # its content alone matters here
    done = run(tmp_path, {"kind": "external", "library": str(template())})
    controller = done.info["scenario"]["flows"][0]["controller"]
    assert controller["library"] == str(template())
    assert controller["sha256"] == hashlib.sha256(template().read_bytes()).hexdigest()
    assert controller["sha256"] != hashlib.sha256(one.read_bytes()).hexdigest()
    assert done.info["controller"] == template().name
    assert done.info["external"] == {"video": {"interface": "v1", "name": "example", "version": "1"}}
    assert done.folder.name.startswith(f"rough-{template().stem}-1-")


def test_the_hash_is_of_the_object_s_content(tmp_path: Path) -> None:
    """The same file name, another content: another run."""
    library = tmp_path / "mine.so"
    names = []
    for version in (b"", b"x"):
        library.write_bytes(template().read_bytes() + version)  # what comes after the sections is not loaded
        names.append(run(tmp_path / "runs", {"kind": "external", "library": str(library)}).folder.name)
    assert names[0] != names[1]
    assert names[0].split("-")[:3] == names[1].split("-")[:3] == ["rough", "mine", "1"]


@pytest.mark.parametrize("isolate", [True, False])
def test_an_object_that_was_rebuilt_decides_anew(tmp_path: Path, isolate: bool) -> None:
    """And the one before it again, when it is back."""
    library = tmp_path / "mine.so"
    own = {"kind": "external", "library": str(library), "isolate": isolate, "timeout": "20s"}
    short = {**ROUGH, "duration": "1s", "timeline": []}
    rates = []
    for rate in ("7e6", "9e6", "7e6"):
        library.unlink(missing_ok=True)
        shutil.copy(from_text(STEADY % rate), library)
        rates.append(run(tmp_path / "runs", own, short).frame("ticks")["rate_bps"].to_list()[-1])
    assert rates == [7e6, 9e6, 7e6]


STEADY = """
static int memory;
static void *create(const nenc_controller_config *config, char *why, size_t why_size)
{ (void)config, (void)why, (void)why_size; return &memory; }
static void record(void *self, const nenc_sample *sample) { (void)self, (void)sample; }
static int step(void *self, int64_t now, nenc_decision *d) { (void)self, (void)now; d->rate_bps = %s; return 0; }
static void destroy(void *self) { (void)self; }
const struct nenc_controller_v1 nenc_controller_v1 = {
    NENC_CONTROLLER_ABI, sizeof(struct nenc_controller_v1), 0, 0, create, record, step, 0, destroy };
"""


def test_the_template_uses_what_the_path_carries(tmp_path: Path) -> None:
    steady = {**ROUGH, "duration": "30s", "timeline": []}
    steady["path"] = {"forward": {"rate": "40Mbps", "delay": "15ms"}, "reverse": {"delay": "15ms"}}
    done = run(tmp_path, {"kind": "external", "library": str(template())}, steady)
    flow = done.summary["flows"]["video"]
    assert flow["utilisation"] > 0.75
    assert flow["queue_delay_ms"]["p95"] < 90
    assert flow["loss"] == 0


@pytest.mark.parametrize("isolate", [True, False])
def test_the_template_decides_the_same_again(tmp_path: Path, isolate: bool) -> None:
    own = {"kind": "external", "library": str(template()), "knobs": {"rise": 0.8}}
    assert digests(run(tmp_path, own)) == digests(run(tmp_path, {**own, "isolate": isolate}))


def test_beside_the_lab_s_own_in_one_run(tmp_path: Path) -> None:
    """Two external flows and a built-in one share a path: each has a process and a state of its own."""
    kinds = [{"kind": "external", "library": str(library)} for library in (template(), libnenc())]
    flows = [{"name": f"f{number}", "controller": kind} for number, kind in enumerate([*kinds, {"kind": "nenc"}])]
    scenario = parse({**ROUGH, "duration": "20s", "timeline": [], "flows": flows}, "test")
    done = run_scenario(scenario, out=tmp_path, argv=["test"], plot=False)
    assert done.info["controller"] == f"{template().name}+libnenc.so+nenc"
    assert all(flow["goodput_mbps"] > 2 for flow in done.summary["flows"].values())
