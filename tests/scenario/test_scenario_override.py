"""``--set``: keys by name and number, made where the file left them out, and errors that name the override."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenario_texts import FULL, SMALL, TRACE

from nenc_lab.errors import ScenarioError
from nenc_lab.scenario.load import dump, load, parse


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("override")
    (folder / "trace.csv").write_text(TRACE)
    (folder / "full.yaml").write_text(FULL)
    (folder / "small.yaml").write_text(SMALL)
    return folder


def small(files, *overrides):
    return load(files / "small.yaml", overrides)


def error(files, *overrides):
    with pytest.raises(ScenarioError) as caught:
        small(files, *overrides)
    return caught.value.problems


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("seed=5", "seed", 5),
        ("duration=2min", "duration", 120_000_000_000),
        ("path.forward.rate=60Mbps", "path.forward.hops.0.rate", 60_000_000),
        ("path.reverse.loss=2%", "path.reverse.hops.0.loss.p", 0.02),
        ("path.forward.loss={kind: bernoulli, p: 3%}", "path.forward.hops.0.loss.p", 0.03),
        ("path.forward.queue.size=250kB", "path.forward.hops.0.queue.size.value", 250_000),
        ("flows.video.rate.max=80Mbps", "flows.0.rate.max", 80_000_000),
        ("flows.video.controller.gains.kp=0.5", "flows.0.controller.gains.kp", 0.5),
        ("flows.video.controller.knobs.slew=0.1", "flows.0.controller.knobs", {"slew": 0.1}),
        ("flows.video.encoder.kind=null", "flows.0.encoder.kind", "null"),
        ("flows.0.deadline=100ms", "flows.0.deadline", 100_000_000),
        ("flows[-1].deadline=100ms", "flows.0.deadline", 100_000_000),
        ("timeline.1.at=30s", "timeline.1.at", 30_000_000_000),
        ("timeline[1].forward.rate=5Mbps", "timeline.1.forward.rate", 5_000_000),
        ("timeline[0].reverse.delay=5ms", "timeline.0.reverse.delay", 5_000_000),
        ("timeline=[]", "timeline", ()),
        ("timeline=null", "timeline", ()),
        ("expect=[run.packets > 0]", "expect", ("run.packets > 0",)),
        ("description=a: b", "description", "a: b"),
        ("cross_traffic=[{name: x, kind: cbr, rate: 1Mbps}]", "cross_traffic.0.rate", 1_000_000),
        (" seed = 0x10 ", "seed", 16),
    ],
)
def test_what_can_be_set(files, override, path, value):
    if override == "description=a: b":
        override = "description='a: b'"
    here = small(files, override)
    for step in path.split("."):
        here = here[int(step)] if step.isdigit() else getattr(here, step)
    assert here == value


def test_later_overrides_win_and_build_on_earlier_ones(files):
    scenario = small(
        files, "cross_traffic=[{name: x, kind: cbr, rate: 1Mbps}]", "cross_traffic.x.rate=2Mbps", "seed=2", "seed=3"
    )
    assert (scenario.cross_traffic[0].rate, scenario.seed) == (2_000_000, 3)


def test_named_hops(files):
    scenario = load(files / "full.yaml", ["path.forward.hops.radio.delay=1ms", "path.forward.hops.radio.trace.scale=2"])
    assert (scenario.path.forward.hops[1].delay, scenario.path.forward.hops[1].trace.scale) == (1_000_000, 2.0)


def test_another_kind_drops_what_it_does_not_know(files):
    scenario = load(files / "full.yaml", ["flows.video.encoder.kind=null", "flows.video.controller.kind=classic"])
    assert (scenario.flows[0].encoder.fps, scenario.flows[0].encoder.resolution) == (120, "4320p")
    assert (scenario.flows[0].controller.gains, scenario.flows[0].controller.tick_rate) == (None, 120)
    same = load(files / "full.yaml", ["flows.video.controller.kind=nenc"])
    assert same.flows[0].controller.gains.kp == 0.5


@pytest.mark.parametrize(
    ("override", "key", "message"),
    [
        ("seed", "", "is not of the form a.b=value"),
        ("=5", "", "is not of the form a.b=value"),
        ("flows..rate=5", "", "is not of the form a.b=value"),
        ("seed=", "seed", "has no value"),
        ("seed=[1", "seed", "not valid YAML"),
        ("sede=5", "sede", "did you mean 'seed'?"),
        ("flows.vdeo.rate.max=1Mbps", "flows.vdeo", "did you mean 'video'?"),
        ("flows.video.rate.mx=1Mbps", "flows.video.rate.mx", "did you mean 'max'?"),
        ("flows.video.rate.max=50", "flows.video.rate.max", "write 50Mbps"),
        ("flows.video.rte.max=50Mbps", "flows.video.rte", "did you mean 'rate'?"),
        ("duration.x=1", "duration.x", "single value"),
        ("path.forward.delay.x=1", "path.forward.delay.x", "single value"),
        ("timeline.5.at=1s", "timeline.5", "no item '5'"),
        ("cross_traffic.x.rate=1Mbps", "cross_traffic", "this list is empty"),
        ("path.forward.hops.radio.rate=1Mbps", "path.forward.hops", "this list is empty"),
        ("flows.video.encoder.kind=h264", "flows.video.encoder.kind", "is not one of model, null, x264, vaapi, nvenc"),
        ("flows.video.encoder.fps=12", "flows.video.encoder.fps", "at least 24"),
        ("path.forward.loss.p=1%", "path.forward.loss", "has no kind"),
        ("flows.video.stop=99s", "flows.video.stop", "past the end"),
        ("flows=[{name: a, rte: 1}]", "flows.a.rte", "did you mean 'rate'?"),
    ],
)
def test_errors_name_the_override_and_the_key(files, override, key, message):
    problem = error(files, override)[0]
    assert problem.file == f"--set {override}"
    assert problem.line == 0
    assert problem.key == key
    assert message in problem.message


def test_every_bad_override_is_reported(files):
    assert [problem.key for problem in error(files, "sede=5", "flows.vdeo.stop=1s")] == ["sede", "flows.vdeo"]


def test_a_missing_gains_file_is_looked_for_in_the_working_directory(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gains.yaml").write_text("kp: 3\n")
    assert small(files, "flows.video.controller.gains=gains.yaml").flows[0].controller.gains.kp == 3.0


LEAVES = st.sampled_from(
    [
        ("duration", "61s"),
        ("path.reverse.delay", "7ms"),
        ("path.forward.hops.wifi.rate", "77Mbps"),
        ("path.forward.hops.wifi.loss.p", "7%"),
        ("timeline.2.at", "31s"),
        ("flows.video.encoder.fps", 90),
        ("flows.video.controller.gains.kd", 0.25),
        ("flows.second.rate.max", "33Mbps"),
        ("cross_traffic.web.on", "700ms"),
        ("faults.0.lasts", "1s"),
    ]
)


@settings(deadline=None, max_examples=30)
@given(st.lists(LEAVES, max_size=5))
def test_an_override_is_the_same_as_writing_it(files, chosen):
    """Setting dotted keys and changing the same places of the plain data give one scenario."""
    data = copy.deepcopy(dump(load(files / "full.yaml")))
    for key, value in chosen:
        *groups, last = key.split(".")
        here = data
        for part in groups:
            if isinstance(here, list):
                here = here[int(part)] if part.isdigit() else next(item for item in here if item["name"] == part)
            else:
                here = here.setdefault(part, {})
        here[last] = value
    assert load(files / "full.yaml", [f"{key}={value}" for key, value in chosen]) == parse(data)
