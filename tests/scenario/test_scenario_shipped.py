"""The scenarios that ship: all of the issue's, valid, each with conditions; and the JSON Schema for editors."""

import copy
import json

import jsonschema
import pytest
from ruamel.yaml import YAML
from scenario_texts import FULL

from nenc_lab.scenario.find import shipped_names, shipped_root
from nenc_lab.scenario.jsonschema import schema
from nenc_lab.scenario.load import dump, load, parse, resolve

ROOT = shipped_root()
FILES = resolve([str(ROOT)])
FAMILIES = {
    "loss-sweep": ["00.0pct", "00.5pct", "01.0pct", "02.0pct", "05.0pct", "10.0pct", "20.0pct"],
    "rtt-sweep": ["005ms", "020ms", "050ms", "100ms", "200ms", "500ms"],
}
SINGLE = {
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
}

FILMED = {"vaapi", "gpu-loss"}
"""With a real encoder: smaller, slower, its own rates."""


def raw(file):
    return YAML(typ="safe", pure=True).load(file)


def test_all_of_them_are_there():
    members = {f"{family}/{member}" for family, several in FAMILIES.items() for member in several}
    assert set(shipped_names()) == SINGLE | members | set(FAMILIES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_each_is_valid_and_sets_conditions(file):
    scenario = load(file)
    assert scenario.expect
    assert scenario.description
    assert parse(dump(scenario)) == scenario
    relative = file.relative_to(ROOT).with_name(file.name.removesuffix(".yaml"))
    assert scenario.name == "-".join(relative.parts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_usual_setting(file):
    """40 ms, 300 ms droptail, 5-120 Mbit/s, start 5 Mbit/s, 60 fps unless the issue says otherwise."""
    scenario = load(file)
    if scenario.name in FILMED:
        return
    forward, reverse = scenario.path.forward.hops[0], scenario.path.reverse.hops[0]
    if not scenario.name.startswith("rtt-"):
        assert forward.delay == reverse.delay == 20_000_000
    assert forward.queue.size.limit == 300_000_000
    assert not reverse.bottleneck
    for flow in scenario.flows:
        assert (flow.rate.min, flow.rate.max, flow.rate.start) == (5_000_000, 120_000_000, 5_000_000)
        assert flow.encoder.fps == 60


@pytest.mark.parametrize("member", FAMILIES["rtt-sweep"])
def test_round_trips_are_those_of_the_name(member):
    path = load(f"rtt-sweep/{member}").path
    assert path.forward.hops[0].delay + path.reverse.hops[0].delay == int(member[:3]) * 1_000_000


@pytest.mark.parametrize("member", FAMILIES["loss-sweep"])
def test_losses_are_those_of_the_name(member):
    assert load(f"loss-sweep/{member}").path.forward.hops[0].loss.p == pytest.approx(float(member[:4]) / 100)


class TestJsonSchema:
    validator = jsonschema.Draft202012Validator(schema())

    def test_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(schema())

    @pytest.mark.parametrize("file", [*FILES, *ROOT.rglob("base.yaml")], ids=lambda file: str(file.relative_to(ROOT)))
    def test_accepts_what_ships(self, file):
        self.validator.validate(raw(file))
        self.validator.validate(dump(load(file)))

    def test_accepts_every_word(self):
        self.validator.validate(raw(FULL))

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("duratoin",), "60s"),
            (("duration",), 60),
            (("duration",), "60"),
            (("version",), 2),
            (("path", "forward", "hops", 0, "rat"), "1Mbps"),
            (("path", "forward", "hops", 0, "rate"), "1mbps"),
            (("path", "reverse", "name"), "x"),
            (("path", "reverse", "loss"), "101%"),
            (("path", "reverse", "loss"), {"kind": "bernoulli"}),
            (("path", "reverse", "loss"), {"kind": "bernoulli", "p": "1%", "r": "1%"}),
            (("timeline", 0, "ramp"), 5),
            (("flows", 0, "encoder", "fps"), 12),
            (("flows", 0, "encoder", "kind"), "x265"),
            (("flows", 2, "encoder", "qp"), {"minimum": 3}),
            (("flows", 2, "encoder", "codec"), "av1"),
            (("flows", 0, "controller", "gains"), {"kq": 1}),
            (("flows",), []),
            (("cross_traffic", 0, "on"), "1s"),
            (("faults", 0, "kind"), "gpu"),
            (("expect", 0), "flows.video.loss"),
        ],
    )
    def test_refuses_mistakes(self, path, value):
        data = copy.deepcopy(raw(FULL))
        here = data
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = value
        assert not self.validator.is_valid(data)

    def test_extends_allows_leaving_out(self):
        assert self.validator.is_valid({"extends": "base.yaml", "path": {"reverse": {"delay": "1ms"}}})
        assert not self.validator.is_valid({"path": {"reverse": {"delay": "1ms"}}})
        assert not self.validator.is_valid({"extends": "base.yaml", "sede": 1})

    def test_defaults_are_written_as_in_a_file(self):
        parts = schema()["$defs"]
        assert parts["Flow"]["properties"]["deadline"]["default"] == "400ms"
        assert parts["RateRange"]["properties"]["max"]["default"] == "120Mbps"
        assert parts["DroptailQueue"]["properties"]["size"]["default"] == "300ms"

    def test_every_key_is_explained(self):
        made = schema()
        keys = [*made["properties"].items()]
        for part in made["$defs"].values():
            keys += part.get("properties", {}).items()
        plain = [(name, value) for name, value in keys if name != "kind" and "$ref" not in value]
        assert len(plain) > 60
        assert [name for name, value in plain if not value.get("description")] == []

    def test_the_one_beside_the_scenarios_is_current(self):
        """Texts that another version of pydantic words differently do not count; keys, values and units do."""
        assert words(json.loads((ROOT / "scenario.schema.json").read_text())) == words(schema())

    @pytest.mark.parametrize("file", [*FILES, *ROOT.rglob("base.yaml")], ids=lambda file: str(file.relative_to(ROOT)))
    def test_each_file_names_it(self, file):
        first = file.read_text().splitlines()[0]
        assert (file.parent / first.partition("$schema=")[2]).resolve() == (ROOT / "scenario.schema.json").resolve()


def words(value, path=""):
    """What a schema says about keys and values, without its wording."""
    found = set()
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("enum", "const", "pattern", "default", "required", "$ref"):
                found.add((path, key, json.dumps(item, sort_keys=True)))
            elif key not in ("description", "title", "examples"):
                found |= words(item, f"{path}/{key}")
    elif isinstance(value, list):
        for item in value:
            found |= words(item, f"{path}/*")
    return found
