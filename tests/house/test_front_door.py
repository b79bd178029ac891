"""What a notebook imports: `nenc_lab.load`, `run`, `open_run` and what they raise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nenc_lab

SHORT = ["duration=2s", "timeline=[]", "expect=[]"]


def test_a_loaded_scenario_runs_again_and_again(tmp_path):
    scenario = nenc_lab.load("step", overrides=SHORT, seed=4)
    assert isinstance(scenario, nenc_lab.Scenario)
    heard = []
    runs = nenc_lab.run(scenario, repeat=3, out=tmp_path, plot=False, progress=heard.append)
    assert [run.info["seed"] for run in runs] == [4, 5, 6]
    assert all(isinstance(run, nenc_lab.Run) and run.ok and run.figure is None for run in runs)
    assert heard == sorted(heard)
    assert heard[-1] > 2 * scenario.duration
    again = nenc_lab.open_run(runs[0].folder)
    assert (again.status, again.summary) == ("complete", runs[0].summary)


def test_a_run_shows_itself(tmp_path):
    run = nenc_lab.run("step", overrides=SHORT, out=tmp_path)
    page = run._repr_html_()
    assert run.figure is not None
    for words in ("data:image/png;base64,", run.headline, "utilisation", "queue_delay_ms.p95", "settling_s"):
        assert words in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"place": "cloud"}, "place is 'cloud': write one of auto, host, guest"),
        ({"repeat": 0}, "repeat is 0"),
        ({"repeat": "x"}, "repeat is 'x': write a whole number"),
        ({"repeat": 2, "seed": 2**63 - 1}, "the last seed would be 9223372036854775808"),
        ({"backend": "ns3"}, "backend 'ns3' is unknown"),
    ],
)
def test_what_it_refuses(tmp_path, words, said):
    with pytest.raises(nenc_lab.InputError, match=said):
        nenc_lab.run("step", out=tmp_path / "runs", **words)
    assert not (tmp_path / "runs").exists()


def test_a_loaded_scenario_takes_no_choices(tmp_path):
    with pytest.raises(nenc_lab.InputError, match="loaded already"):
        nenc_lab.run(nenc_lab.load("step"), seed=3, out=tmp_path)


def test_a_run_imports_no_pandas(tmp_path: Path):
    """Pyarrow imports it, where it is installed, in many of its conversions."""
    (tmp_path / "pandas.py").write_text("import os\nos._exit(77)\n")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from nenc_lab.cli import main; sys.exit(main())"
    words = ["run", "step", "--packets", *(word for text in SHORT for word in ("--set", text)), "--out", "runs"]
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path), *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "runs").glob("*/convergence.png"))) == 1


def test_the_front_door_has_every_name_that_a_notebook_needs():
    from nenc_lab import api

    names = set(nenc_lab.__all__) - {"__version__"}
    assert names <= set(api.__all__)
    assert all(getattr(api, name) is getattr(nenc_lab, name) for name in names)
    assert dir(api) == sorted(api.__all__)
