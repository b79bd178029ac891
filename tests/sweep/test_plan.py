"""From a sweep file to runs: order, content hashes, and everything that can be wrong with a file."""

from __future__ import annotations

import pytest
from sweeps import KI, KP, data, write

from nenc_lab import session
from nenc_lab.errors import InputError, ScenarioError
from nenc_lab.recording.folder import digest, read_info
from nenc_lab.sweeps.load import load
from nenc_lab.sweeps.plan import make


def plan(**parts):
    return make(load(data(**parts)))


def test_order_is_scenario_point_seed():
    made = plan(scenarios=["step", "outage"], space={KP: [0.1, 0.2]}, seeds=[7, 8])
    assert [(run.scenario.name, run.case.values, run.scenario.seed) for run in made.runs] == [
        *(("step", (0.1,), 7), ("step", (0.1,), 8), ("step", (0.2,), 7), ("step", (0.2,), 8)),
        *(("outage", (0.1,), 7), ("outage", (0.1,), 8), ("outage", (0.2,), 7), ("outage", (0.2,), 8)),
    ]
    assert made.runs[2].scenario.flows[0].controller.gains.kp == 0.2


def test_the_hash_is_that_of_the_run_folder(tmp_path):
    (run, *_) = plan(set={"duration": "1s", "timeline": [], "expect": []}).runs
    folder = session.run(run.scenario, out=tmp_path, argv=[])
    assert run.hash[:8] == digest(read_info(folder.path))
    assert folder.path.name.endswith(run.hash[:8])


def test_hashes_are_stable_and_follow_the_content_alone(tmp_path):
    first = make(load(write(tmp_path / "a")))
    again = make(load(write(tmp_path / "b", file="other.yaml")))
    assert [run.hash for run in first.runs] == [run.hash for run in again.runs]
    assert first.hash == again.hash
    assert len({run.hash for run in first.runs}) == 8


def test_a_comment_or_another_spelling_of_a_value_changes_no_hash():
    a = plan(space={"path.forward.rate": ["50Mbps"]}).runs
    b = plan(space={"path.forward.rate": ["50000kbps"]}).runs
    assert [run.hash for run in a] == [run.hash for run in b]


def test_each_part_of_a_change_changes_its_own_hashes_only(tmp_path):
    before = {run.hash for run in make(load(write(tmp_path))).runs}
    finer = {run.hash for run in make(load(write(tmp_path, ki="[0.02, 0.04, 0.06]"))).runs}
    assert before < finer
    assert len(finer) == 12
    more = {run.hash for run in make(load(write(tmp_path, seeds="{low: 2, high: 4}"))).runs}
    assert len(before & more) == 4
    longer = {run.hash for run in make(load(write(tmp_path, duration="4s"))).runs}
    assert not before & longer


def test_no_seeds_are_the_scenarios_own(tmp_path):
    assert [run.seed for run in plan(set={"seed": 5}).runs] == [5, 5]
    assert [run.seed for run in make(load(data(), ["seed=9"])).runs] == [9, 9]


def test_a_scenario_beside_the_file_comes_first_then_those_that_ship(tmp_path):
    path = write(tmp_path)
    assert make(load(path)).runs[0].scenario.name == "tiny"
    path.write_text(path.read_text().replace("tiny.yaml", "step.yaml"))
    assert make(load(path)).runs[0].scenario.duration == 60_000_000_000


def test_a_family_is_all_its_scenarios():
    made = plan(scenarios=["rtt-sweep"], space={KP: [0.1]})
    assert [run.scenario.name for run in made.runs][:2] == ["rtt-sweep-005ms", "rtt-sweep-020ms"]
    assert len(made.runs) == 6


def test_whole_numbers_where_the_key_takes_no_others():
    fps = plan(space={"flows.video.encoder.fps": {"low": 24, "high": 60, "scale": "log", "steps": 5}})
    assert [run.case.values[0] for run in fps.runs] == [24, 30, 38, 48, 60]
    gains = plan(space={KP: {"low": 1, "high": 2, "steps": 3}})
    assert [run.case.values[0] for run in gains.runs] == [1.0, 1.5, 2.0]
    queue = plan(space={"path.forward.queue.size": {"low": "10ms", "high": "300ms", "scale": "log", "steps": 4}})
    assert [run.case.values[0] for run in queue.runs] == ["10ms", "31ms", "97ms", "300ms"]


def test_whole_groups_can_be_swept():
    made = plan(space={"path.forward.loss": ["1%", {"kind": "gilbert-elliott", "p": "1%", "r": "30%"}]})
    assert [run.scenario.path.forward.hops[0].loss.kind for run in made.runs] == ["bernoulli", "gilbert-elliott"]


@pytest.mark.parametrize(
    ("change", "line", "text"),
    [
        (("seeds:", "seed:"), 7, "seed: unknown key 'seed' (did you mean 'seeds'?); a sweep has version, name"),
        (("version: 1", "version: 2"), 1, "version: 2 is not one of 1"),
        (("tiny.yaml", "tinny.yaml"), 3, "'tinny.yaml': no such file"),
        (("gains.kp", "gains.kpp"), 5, "unknown key 'kpp' (did you mean 'kp'?); flows.video.controller.gains has kp"),
        (("flows.video.controller.gains.kp", "flows.vidio.fps"), 5, "no item 'vidio' in flows (did you mean 'video'?)"),
        (("[0.1, 0.4]", "[0.1, fast]"), 5, "gains.kp: 'fast' is not a number"),
        (("[0.1, 0.4]", "[0.1, 999]"), 5, "gains.kp: 999 is out of range: it must be at most 100"),
        (("[0.1, 0.4]", "[0.1, 0.1]"), 5, "the value 0.1 is given twice"),
        (("[0.1, 0.4]", "[]"), 5, "is empty: give a list of values"),
        (("[0.1, 0.4]", "0.1"), 5, "0.1 is not a list of values, such as [0.1, 0.2], or a range"),
        (("[0.1, 0.4]", "[0.1, ~]"), 5, "has no value"),
        (("[0.1, 0.4]", "{low: 1, high: 2}"), 5, "steps: is missing: a grid needs to know how many"),
        (("[0.1, 0.4]", "{low: 2, high: 1, steps: 3}"), 5, "high: 1 is not above low, 2"),
        (("[0.1, 0.4]", "{low: 0, high: 1, scale: log, steps: 3}"), 5, "low: 0: a log scale begins above zero"),
        (("[0.1, 0.4]", "{low: 1Mbps, high: 20ms, steps: 3}"), 5, "high: '20ms' is a time, low, '1Mbps', is a rate"),
        (
            ("[0.1, 0.4]", "{low: 1, hihg: 2, steps: 3}"),
            5,
            "unknown key 'hihg' (did you mean 'high'?); a range has low",
        ),
        (("[0.1, 0.4]", "{low: 1, high: .nan, steps: 3}"), 5, "high: nan is not a finite number"),
        (("[0.1, 0.4]", "{low: 1, high: 2, steps: 3, scale: logg}"), 5, "not one of linear, log (did you mean 'log'?)"),
        (("[0.1, 0.4]", "{low: 1, high: 2, steps: 1}"), 5, "1 is out of range: it must be at least 2"),
        (("[1, 2]", "[1, -2]"), 7, "seeds.1: -2 is not a seed"),
        (("[1, 2]", "[1, 1]"), 7, "seeds.1: the seed 1 is given twice"),
        (("[1, 2]", "many"), 7, "'many' is not a list such as [1, 2, 3]"),
        (("[1, 2]", "{low: 5, high: 2}"), 7, "seeds.high: 5 to 2 is not 1 to 100000 seeds"),
        (("[1, 2]", "[1]\nsample: {kind: random}"), 8, "sample.points: is missing: write points: 100"),
        (("[1, 2]", "[1]\nsample: {points: 5}"), 8, "a grid has as many points as its steps make"),
        (("[1, 2]", "[1]\nsample: {kind: sobl}"), 8, "not one of grid, random, sobol (did you mean 'sobol'?)"),
        (("[1, 2]", "[1]\nset: {flows.video.rate.mx: 5Mbps}"), 8, "unknown key 'mx' (did you mean 'max'?)"),
        (("seeds:", "  seed: [1]\nseeds:"), 7, "space.seed: seeds have a key of their own"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, change, line, text):
    path = write(tmp_path)
    before = path.read_text()
    assert change[0] in before
    path.write_text(before.replace(*change))
    with pytest.raises(ScenarioError) as caught:
        make(load(path))
    (problem, *_) = caught.value.problems
    assert text in str(caught.value)
    assert (problem.file, problem.line) == (str(path), line)
    assert problem.column > 0


def test_every_problem_is_said_and_each_once(tmp_path):
    path = write(tmp_path, ki="{low: 0.01, high: 1, scale: log, steps: 20}")
    path.write_text(path.read_text().replace("gains.kp", "gains.kpp").replace("gains.ki", "gains.kii"))
    with pytest.raises(ScenarioError) as caught:
        make(load(path))
    assert [problem.key.rpartition(".")[2] for problem in caught.value.problems] == ["kpp", "kii"]


def test_a_fault_of_values_together_names_them(tmp_path):
    with pytest.raises(ScenarioError, match=r"min 5Mbps is above max 1Mbps \(with flows.video.rate.max=1Mbps\)"):
        plan(space={"flows.video.rate.max": ["80Mbps", "1Mbps"]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("[1, 2]", "is a list, not a sweep"),
        ("version: 1\nflows: []\n", "is a scenario, not a sweep"),
        ("version: 1\n", "space: is missing: write space: {flows"),
        ("version: 1\nscenarios: [step]\nspace: {}\n", "name at least one key"),
        ("version: 1\nscenarios: [step\n", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_sweep(tmp_path, text, said):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert said in str(caught.value)


def test_a_name_that_is_none_says_what_there_is():
    with pytest.raises(InputError, match=r"no sweep of that name.*sweeps/gains"):
        load("sweeps/gain")


def test_swept_and_set_at_once_is_refused():
    with pytest.raises(ScenarioError, match="is in set as well"):
        load(data(set={KP: 0.5}))
    with pytest.raises(ScenarioError, match="is swept: it has many values already"):
        load(data(), [f"{KP}=0.5"])


def test_namesakes_are_refused(tmp_path):
    path = write(tmp_path)
    (tmp_path / "twin.yaml").write_text((tmp_path / "tiny.yaml").read_text())
    path.write_text(path.read_text().replace("[tiny.yaml]", "[tiny.yaml, twin.yaml]"))
    with pytest.raises(ScenarioError, match=r"twin\.yaml: name: is called 'tiny', like .*tiny\.yaml"):
        make(load(path))


def test_too_many_points_are_refused_before_they_are_made():
    huge = {key: {"low": 1, "high": 2, "steps": 9999} for key in (KP, KI)}
    with pytest.raises(InputError, match="99980001 points"):
        plan(space=huge)
