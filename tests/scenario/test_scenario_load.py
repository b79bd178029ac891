"""Reading scenarios: values in inside units, YAML 1.2, extends, and dump as the inverse of parse."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from scenario_texts import FULL, SMALL, TRACE

from nenc_lab.errors import InputError, ScenarioError
from nenc_lab.scenario import timeline
from nenc_lab.scenario.load import dump, load, parse, resolve, restore
from nenc_lab.units import QueueSize, format_rate


@pytest.fixture
def full(tmp_path):
    (tmp_path / "trace.csv").write_text(TRACE)
    (tmp_path / "full.yaml").write_text(FULL)
    return load(tmp_path / "full.yaml")


def scenario_from(tmp_path, text, overrides=()):
    (tmp_path / "s.yaml").write_text(text)
    return load(tmp_path / "s.yaml", overrides)


def test_values_are_in_inside_units(full, tmp_path):
    wifi, radio, cable, home, modem, router = full.path.forward.hops
    assert (full.duration, full.seed, full.name) == (60_000_000_000, 7, "full-1.0")
    assert (wifi.rate, wifi.delay, wifi.ecn, wifi.loss_at) == (100_000_000, 2_500_000, 5_000_000, "entry")
    assert wifi.queue.size == QueueSize("bytes", 250_000)
    assert (wifi.loss.kind, wifi.loss.p, wifi.loss.r) == ("gilbert-elliott", 0.01, 0.3)
    assert (wifi.loss.loss_bad, wifi.loss.loss_good) == (0.9, 0.001)
    assert (wifi.jitter.kind, wifi.jitter.std, wifi.jitter.max) == ("ordered", 5_000_000, 15_000_000)
    assert radio.trace.file == str((tmp_path / "trace.csv").resolve())
    assert (radio.loss.kind, radio.loss.p, radio.jitter.max) == ("bernoulli", 0.005, 2_000_000)
    assert (cable.queue.kind, cable.queue.holds, cable.queue.ecn) == ("codel", QueueSize("packets", 500), True)
    assert (home.queue.quantum, home.queue.flows, home.queue.memory, home.queue.ecn) == (300, 64, 4_000_000, False)
    assert (modem.queue.target, modem.queue.tupdate, modem.queue.limit) == (20_000_000, 30_000_000, 200)
    assert (router.queue.rtt, router.queue.isolation) == (50_000_000, "dual-srchost")
    assert router.queue.holds == QueueSize("bytes", 1_000_000)
    assert (full.path.reverse.hops[0].name, full.path.reverse.hops[0].rate) == ("link", 20_000_000)
    assert (full.timeline[1].ramp.over, full.timeline[1].reverse.duplicate) == (5_000_000_000, 0.01)
    video, second, filmed = full.flows
    assert (video.rate.start, video.packet, video.hops.forward) == (6_000_000, 1000, ("wifi", "radio"))
    assert (video.encoder.lines, video.encoder.key_interval) == (4320, 2_000_000_000)
    assert (video.controller.gains.kp, video.controller.knobs) == (0.5, {"slew": 0.05})
    assert (second.encoder.kind, second.encoder.lines, second.stop) == ("null", 1080, None)
    assert (filmed.encoder.kind, filmed.encoder.vbv, filmed.encoder.qp.max) == ("vaapi", 300_000_000, 45)
    assert (filmed.encoder.source.complexity, filmed.encoder.source.cut) == (0.75, 5_000_000_000)
    burst, bulk, web = full.cross_traffic
    assert (web.mean_bps, burst.on, burst.streams) == (2_000_000.0, None, 0)
    assert (bulk.kind, bulk.streams, bulk.packet, bulk.rate, bulk.mean_bps) == ("tcp-cubic", 2, 1400, None, 0.0)
    assert (full.faults[0].lasts, full.faults[1].lines, full.faults[2].lasts) == (5_000_000_000, 1440, None)


def test_defaults_are_those_of_the_design(tmp_path):
    flow = scenario_from(tmp_path, SMALL).flows[0]
    assert (flow.rate.min, flow.rate.max, flow.rate.start) == (5_000_000, 120_000_000, 5_000_000)
    assert (flow.packet, flow.deadline, flow.feedback.interval) == (1200, 400_000_000, 50_000_000)
    assert (flow.encoder.resolution, flow.encoder.fps, flow.controller.kind) == ("2160p", 60, "nenc")
    assert (flow.pacer.factor, flow.pacer.burst) == (1.5, 5_000_000)


def test_every_member_of_a_union_answers_alike(full):
    for hop in full.path.forward.hops + full.path.reverse.hops:
        assert 0.0 <= hop.loss.p <= hop.loss.r <= 1.0
        assert 0.0 <= hop.loss.mean <= 1.0
        assert 0 <= hop.jitter.std <= hop.jitter.max
        assert hop.queue.holds.value > 0
    gilbert = full.path.forward.hops[0].loss
    assert gilbert.mean == pytest.approx(0.9 * 0.01 / 0.31 + 0.001 * 0.30 / 0.31)


def test_parse_undoes_dump(full, tmp_path):
    assert parse(dump(full)) == full
    assert parse(json.loads(json.dumps(dump(full)))) == full
    small = scenario_from(tmp_path, SMALL)
    assert parse(dump(small)) == small
    assert dump(parse(dump(small))) == dump(small)


def test_dump_is_plain_and_writes_units(full):
    data = dump(full)
    assert data["duration"] == "60s"
    assert data["path"]["forward"]["hops"][0]["rate"] == "100Mbps"
    assert data["path"]["reverse"]["rate"] == "20Mbps", "a direction of one hop is written flat"
    assert len(data["path"]["forward"]["hops"][1]["trace"]["sha256"]) == 64
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_a_scenario_cannot_be_changed(full):
    with pytest.raises(Exception, match="frozen"):
        full.seed = 3


def test_a_trace_that_changed_is_noticed(full, tmp_path):
    data = dump(full)
    (tmp_path / "trace.csv").write_text(TRACE + "3,5\n")
    with pytest.raises(ScenarioError, match=r"path.forward.hops.radio.trace.sha256.* has changed"):
        parse(data)


def test_a_run_can_be_read_when_its_trace_is_gone(full, tmp_path):
    data = json.loads(json.dumps(dump(full)))
    before = timeline.compile(full).changes("video")
    (tmp_path / "trace.csv").unlink()
    restored = restore(data)
    assert restored == full
    assert timeline.compile(restored).changes("video") == before
    with pytest.raises(ScenarioError, match="no such file"):
        parse(data)


def test_the_mean_of_a_trace_is_the_files_own(full, tmp_path):
    data = dump(full)
    trace = data["path"]["forward"]["hops"][1]["trace"]
    assert trace["mean"] == format_rate(round((10e6 + 20.5e6) / 3))
    trace["mean"] = "1bps"
    assert parse(data) == full


def test_yaml_is_1_2(tmp_path):
    text = (
        SMALL.replace("name: small", "name: on").replace("name: video", "name: yes").replace("flows.video", "flows.yes")
    )
    scenario = scenario_from(tmp_path, text + "description: 2001-01-01\nseed: 0o17\n")
    assert (scenario.name, scenario.flows[0].name) == ("on", "yes")
    assert (scenario.description, scenario.seed) == ("2001-01-01", 15)
    with pytest.raises(ScenarioError, match="ecn: 'yes' is not true or false"):
        scenario_from(tmp_path, SMALL.replace("- name: video", "- name: video\n    ecn: yes"))


def test_aliases_are_written_out(tmp_path):
    text = SMALL.replace("forward: {rate", "forward: &way {rate", 1).replace("reverse: {delay: 20ms}", "reverse: *way")
    scenario = scenario_from(tmp_path, text)
    assert scenario.path.reverse == scenario.path.forward


def test_no_loss_has_several_spellings(tmp_path):
    for text in ("none", "0%", "0", "0.0", "{kind: none}"):
        scenario = scenario_from(tmp_path, SMALL.replace("delay: 20ms, queue", f"loss: {text}, delay: 20ms, queue"))
        assert scenario.path.forward.hops[0].loss.kind == "none"


class TestExtends:
    def extend(self, tmp_path, text, base=SMALL):
        (tmp_path / "base.yaml").write_text(base)
        return scenario_from(tmp_path, f"extends: base.yaml\n{text}")

    def test_groups_merge_and_values_replace(self, tmp_path):
        scenario = self.extend(tmp_path, "name: child\npath: {forward: {delay: 5ms}}\n")
        hop = scenario.path.forward.hops[0]
        assert (scenario.name, hop.delay, hop.rate) == ("child", 5_000_000, 50_000_000)

    def test_named_items_merge_by_name_and_new_ones_are_added(self, tmp_path):
        scenario = self.extend(tmp_path, "flows: [{name: extra}, {name: video, rate: {max: 80Mbps}}]\n")
        assert [flow.name for flow in scenario.flows] == ["video", "extra"]
        assert scenario.flows[0].rate.max == 80_000_000

    def test_other_lists_replace(self, tmp_path):
        scenario = self.extend(tmp_path, "timeline: [{at: 1s, forward: {rate: 3Mbps}}]\nexpect: []\n")
        assert len(scenario.timeline) == 1
        assert scenario.expect == ()

    def test_null_takes_out(self, tmp_path):
        assert self.extend(tmp_path, "timeline: null\nexpect: null").timeline == ()

    def test_another_kind_drops_the_keys_of_the_old_one(self, tmp_path):
        base = SMALL.replace(
            "- name: video", "- {name: video, encoder: {key_ratio: 5, fps: 30}, controller: {gains: {kp: 1}}}"
        )
        scenario = self.extend(
            tmp_path, "flows: [{name: video, encoder: {kind: null}, controller: {kind: classic}}]", base
        )
        flow = scenario.flows[0]
        assert (flow.encoder.kind, flow.encoder.fps) == ("null", 30)
        assert (flow.controller.kind, flow.controller.gains) == ("classic", None)

    def test_the_same_kind_keeps_them(self, tmp_path):
        base = SMALL.replace("- name: video", "- {name: video, controller: {gains: {kp: 1}}}")
        scenario = self.extend(tmp_path, "flows: [{name: video, controller: {kind: nenc, gains: {ki: 2}}}]", base)
        assert (scenario.flows[0].controller.gains.kp, scenario.flows[0].controller.gains.ki) == (1.0, 2.0)

    def test_files_are_beside_the_file_that_names_them(self, tmp_path):
        deep = tmp_path / "deep"
        deep.mkdir()
        (deep / "gains.yaml").write_text("kp: 0.25\n")
        (deep / "trace.csv").write_text(TRACE)
        text = SMALL.split("timeline:")[0].replace("rate: 50Mbps", "trace: {file: trace.csv, format: csv}")
        (deep / "base.yaml").write_text(text + "flows: [{name: video, controller: {gains: gains.yaml}}]\n")
        scenario = scenario_from(tmp_path, "extends: deep/base.yaml\n")
        assert scenario.flows[0].controller.gains.kp == 0.25
        assert Path(scenario.path.forward.hops[0].trace.file) == (deep / "trace.csv").resolve()

    def test_a_fault_is_placed_in_the_file_that_has_it(self, tmp_path):
        with pytest.raises(ScenarioError) as caught:
            self.extend(tmp_path, "seed: -1\n", SMALL.replace("50Mbps, delay", "50, delay"))
        places = {(Path(problem.file).name, problem.line, problem.key) for problem in caught.value.problems}
        assert places == {("s.yaml", 2, "seed"), ("base.yaml", 5, "path.forward.rate")}


class TestResolve:
    def test_a_directory_is_its_scenarios(self, tmp_path):
        for name in (
            "b.yaml",
            "a.yaml",
            "base.yaml",
            "_gains.yaml",
            "deep/c.yaml",
            "deep/base.yaml",
            ".hidden/d.yaml",
            "note.txt",
        ):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(SMALL)
        found = resolve([str(tmp_path), str(tmp_path / "a.yaml")])
        assert [str(path.relative_to(tmp_path)) for path in found] == ["a.yaml", "b.yaml", "deep/c.yaml"]

    def test_names_of_shipped_scenarios(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert [path.name for path in resolve(["step"])] == ["step.yaml"]
        assert [path.stem for path in resolve(["rtt-sweep/050ms"])] == ["050ms"]
        assert len(resolve(["rtt-sweep"])) == 6
        assert load("step").name == "step"

    def test_unknown_targets(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InputError, match=r"stpe: no such file .*did you mean 'step'"):
            resolve(["stpe"])
        with pytest.raises(InputError, match="no scenario in this directory"):
            resolve([str(tmp_path)])
        for target in ("", " ", "\0", "../step", "/", "x" * 5000):
            with pytest.raises(InputError):
                resolve([target] if target != "/" else ["/nonexistent"])


def test_importing_costs_nothing():
    heavy = ("pydantic", "ruamel.yaml", "numpy")
    code = f"import sys, nenc_lab.scenario.load; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
