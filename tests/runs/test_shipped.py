"""Every scenario that ships is run and meets what it says must come out."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import pytest

from nenc_lab.api import load, open_run, run_scenario
from nenc_lab.scenario.load import resolve

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FILES = [path for path in resolve([str(SCENARIOS)]) if "sweeps" not in path.parts]
MUST_BE_THERE = {
    *(
        "step",
        "fluctuation",
        "rtt-step",
        "blackout",
        "starved",
        "outage",
        "sharing",
        "burst-loss",
        "lte",
        "rung-switch",
        "vaapi",
        "gpu-loss",
    ),
    *(f"loss-sweep/{loss}pct" for loss in ("00.0", "00.5", "01.0", "02.0", "05.0", "10.0", "20.0")),
    *(f"rtt-sweep/{rtt}ms" for rtt in ("005", "020", "050", "100", "200", "500")),
}


def name_of(path: Path) -> str:
    return str(path.relative_to(SCENARIOS).with_suffix(""))


def run_file(path: str, out: str) -> str:
    return str(run_scenario(load(path), out=out, argv=["test"], plot=False).folder)


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Future[str]]:
    """All of them, on two processes; by name."""
    out = str(tmp_path_factory.mktemp("shipped"))
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        return {name_of(path): pool.submit(run_file, str(path), out) for path in FILES}


def test_nothing_is_missing() -> None:
    assert {name_of(path) for path in FILES} >= MUST_BE_THERE


@pytest.mark.parametrize("name", [name_of(path) for path in FILES])
def test_meets_its_expectations(name: str, shipped: dict[str, Future[str]]) -> None:
    done = open_run(shipped[name].result())
    assert done.status == "complete"
    assert done.expectations, "a scenario that expects nothing shows nothing"
    unmet = [f"{verdict['text']}: {verdict['observed']}" for verdict in done.expectations if not verdict["passed"]]
    assert not unmet
