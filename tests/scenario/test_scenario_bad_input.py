"""Bad input of every kind: always a ScenarioError that names the place, the key, the value and what would be right."""

import copy
import math
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenario_texts import FULL, SMALL, TRACE

from nenc_lab.analysis.expectations import check
from nenc_lab.errors import ScenarioError
from nenc_lab.scenario.load import dump, load, parse


def problems_of(tmp_path, content, overrides=()):
    file = tmp_path / "s.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ScenarioError) as caught:
        load(file, overrides, expected=check)
    assert caught.value.problems
    return caught.value.problems


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{below}'] * 9)}]\n" for below, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        ("", (0, 0), "is empty"),
        ("# only a comment\n", (0, 0), "is empty"),
        ("- 1\n", (1, 1), "is a list, not a scenario"),
        ("hello\n", (1, 1), "is 'hello', not a scenario"),
        (b"a" * 10_000_000, (0, 0), "larger than 1 MB"),
        (b"name: \xff\xfe\n", (1, 7), "byte 0xff is not UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00", (1, 1), "U+007F is not allowed"),
        ("version: 1\nname: [a\nseed: 2\n", (3, 5), "not valid YAML"),
        ("version: 1: 2\n", (1, 11), "not valid YAML"),
        ("\tversion: 1\n", (1, 1), "not valid YAML"),
        ("version: 1\n---\nversion: 1\n", (2, 1), "another document"),
        ("{a: " * 3000, (0, 0), "nested too deeply"),
        ("a: " + "[" * 60 + "]" * 60, (1, 44), "nested too deeply"),
        ("a: &a [*a]\n", (1, 4), "nested too deeply"),
        (BOMB, (1, None), "aliases"),
        ("a: *nobody\n", (1, 4), "undefined alias"),
        ("version: 1\nname: a\nversion: 1\n", (3, 1), "given twice (first on line 1)"),
        ("? [a]\n: 1\n", (1, 3), "a key must be a word"),
        (
            "a: !!python/object/apply:os.system [echo]\n",
            (1, 4),
            "the tag !!python/object/apply:os.system is not allowed",
        ),
        ("extends: nope.yaml\n", (1, 10), "'nope.yaml': no such file"),
        ("extends: 5\n", (1, 10), "5 is not the name of a file"),
        ("extends: .\n", (1, 10), "is a directory, not a file"),
        ("extends: s.yaml\n", (1, 1), "the files extend each other in a circle: s.yaml -> s.yaml"),
    ],
)
def test_the_text_itself(tmp_path, content, place, message):
    problem = problems_of(tmp_path, content)[0]
    assert problem.file.endswith("s.yaml")
    assert problem.line == place[0]
    assert place[1] is None or problem.column == place[1]
    assert message in problem.message


def test_what_is_no_readable_file(tmp_path):
    for target, message in (
        (tmp_path, "is a directory"),
        (tmp_path / "nope.yaml", "no such file"),
        (Path("/dev/zero"), "larger than 1 MB"),
    ):
        with pytest.raises(ScenarioError, match=message):
            load(target)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(SMALL)
    file.chmod(0)
    with pytest.raises(ScenarioError, match="Permission denied"):
        load(file)


def test_a_circle_of_several_files(tmp_path):
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
    problem = problems_of(tmp_path, "extends: a.yaml\n")[0]
    assert (Path(problem.file).name, problem.key) == ("b.yaml", "extends")
    assert "s.yaml -> a.yaml -> b.yaml -> a.yaml" in problem.message


@pytest.mark.parametrize(
    ("old", "new", "place", "key", "message"),
    [
        ("rate: 50Mbps, delay", "rate: 50, delay", (5, 19), "path.forward.rate", "50 has no unit: write 50Mbps"),
        ("rate: 50Mbps, delay", "rate: -50Mbps, delay", (5, 19), "path.forward.rate", "'-50Mbps' is negative"),
        ("rate: 50Mbps, delay", "rate: .nan, delay", (5, 19), "path.forward.rate", "nan is not a rate such as 50Mbps"),
        ("rate: 50Mbps, delay", "rate: .inf, delay", (5, 19), "path.forward.rate", "inf is not a rate such as 50Mbps"),
        ("rate: 50Mbps, delay", "rate: , delay", (5, 18), "path.forward.rate", "has no value"),
        ("rate: 50Mbps, delay", "rat: 50Mbps, delay", (5, 13), "path.forward.rat", "did you mean 'rate'?"),
        ("size: 300ms", "size: 300ms, limit: 3", (5, 77), "path.forward.queue.limit", "unknown key 'limit'"),
        ("kind: droptail", "kind: codel", (5, 61), "path.forward.queue.size", "unknown key 'size'"),
        (
            "kind: droptail, size: 300ms",
            "kind: red",
            (5, 54),
            "path.forward.queue.kind",
            "'red' is not one of droptail, codel, fq-codel, pie, cake",
        ),
        (
            "kind: droptail, size: 300ms",
            "kind: codel, limit: 300ms",
            (5, 68),
            "path.forward.queue.limit",
            "'300ms' is not a number of packets, such as 1000packets",
        ),
        (
            "kind: droptail, size: 300ms",
            "kind: pie, limit: 0packets",
            (5, 66),
            "path.forward.queue.limit",
            "holds at least one packet",
        ),
        (
            "kind: droptail, size: 300ms",
            "kind: codel, target: 5",
            (5, 69),
            "path.forward.queue.target",
            "5 has no unit",
        ),
        (
            "kind: droptail, size: 300ms",
            "kind: codel, interval: 100ns",
            (5, 71),
            "path.forward.queue.interval",
            "interval of codel is 1us to 1000s",
        ),
        (
            "kind: droptail, size: 300ms",
            "kind: fq-codel, flows: 0",
            (5, 71),
            "path.forward.queue.flows",
            "must be at least 1",
        ),
        (
            "kind: droptail, size: 300ms",
            "kind: fq-codel, quantum: 100B",
            (5, 73),
            "path.forward.queue.quantum",
            "quantum of fq-codel is 256B to 1MB",
        ),
        (
            "kind: droptail, size: 300ms",
            "kind: cake, isolation: flow",
            (5, 71),
            "path.forward.queue.isolation",
            "did you mean 'flows'?",
        ),
        (
            "kind: droptail, size: 300ms",
            "kind: cake, interval: 5ms",
            (5, 60),
            "path.forward.queue.interval",
            "path.forward.queue has kind, rtt, isolation, memory",
        ),
        (
            "{rate: 1Gbps}",
            "{queue: {kind: pie}}",
            (8, 39),
            "timeline.0.forward.queue.kind",
            "stays droptail for the whole run and cannot become pie: write queue: {kind: droptail, ...}",
        ),
        ("kind: droptail", "kind: dropt", (5, 54), "path.forward.queue.kind", "did you mean 'droptail'?"),
        ("kind: droptail, size: 300ms", "size: 100B", (5, 54), "path.forward.queue.size", "1242B on the wire"),
        ("duration: 60s", "duratoin: 60s", (3, 1), "duratoin", "did you mean 'duration'?"),
        ("duration: 60s", "duration: 0s", (3, 11), "duration", "must be above zero"),
        ("name: small", "name: a/b", (2, 7), "name", "'a/b' is not a usable name"),
        ("name: small", "name: .", (2, 7), "name", "'.' is not a usable name"),
        ("version: 1", "version: 2", (1, 10), "version", "2 is not one of 1"),
        ("version: 1", "version: '1'", (1, 10), "version", "write 1 without quotes"),
        ("at: 40s", "at: 60s", (9, 10), "timeline.1.at", "60s is past the end (60s)"),
        ("at: 40s, ", "", (9, 5), "timeline.1.at", "is missing: write at: 20s"),
        ("{rate: 1Gbps}", "{hop: radio}", (8, 24), "timeline.0.forward", "nothing changes here"),
        (
            "{rate: 1Gbps}",
            "{hop: radio, rate: 1bps}",
            (8, 30),
            "timeline.0.forward.hop",
            "no hop is called 'radio'; the scenario has link",
        ),
        ("- name: video", "- name: video\n  - name: video", (12, 11), "flows.video.name", "already used by flows[0]"),
        ("- name: video", "- name: video\n    stop: 61s", (12, 11), "flows.video.stop", "61s is past the end"),
        (
            "- name: video",
            "- name: video\n    start: 2s\n    stop: 1s",
            (13, 11),
            "flows.video.stop",
            "not after its start",
        ),
        (
            "- name: video",
            "- name: video\n    rate: {min: 6Mbps}",
            (12, 11),
            "flows.video.rate",
            "start 5Mbps (the default)",
        ),
        ("- name: video", "- name: video\n    encoder: {fps: 12}", (12, 20), "flows.video.encoder.fps", "at least 24"),
        (
            "- name: video",
            "- name: video\n    encoder: {kind: x265}",
            (12, 21),
            "flows.video.encoder.kind",
            "'x265' is not one of model, null, x264, vaapi, nvenc",
        ),
        (
            "- name: video",
            "- name: video\n    encoder: {kind: x264, qp: {min: 30, max: 20}}",
            (12, 37),
            "flows.video.encoder.qp.min",
            "30 is above max 20",
        ),
        (
            "- name: video",
            "- name: video\n    encoder: {kind: x264, source: clip.y4m}",
            (12, 35),
            "flows.video.encoder.source.file",
            "no such file",
        ),
        (
            "- name: video",
            "- name: video\n    encoder: {kind: x264, source: {width: 640, height: 360}}",
            (12, 43),
            "flows.video.encoder.source.width",
            "applies to a file",
        ),
        (
            "- name: video",
            "- name: video\n    encoder: {profile: x264.yaml}",
            (12, 24),
            "flows.video.encoder.profile",
            "no such file",
        ),
        (
            "- name: video",
            "- name: video\n    hops: {forward: [a]}",
            (12, 22),
            "flows.video.hops.forward.0",
            "no hop is called 'a'",
        ),
        (
            "- name: video",
            "- name: video\n    controller: {gains: g.yaml}",
            (12, 25),
            "flows.video.controller.gains",
            "no such file",
        ),
        ("flows:\n  - name: video", "flows: []", (10, 8), "flows", "is empty: give at least 1"),
        (
            "expect:",
            "faults: [{at: 1s, flow: vido, kind: key_frame}]\nexpect:",
            (12, 25),
            "faults.0.flow",
            "did you mean 'video'?",
        ),
        (
            "expect:",
            "cross_traffic: [{name: x, kind: tcp-vegas}]\nexpect:",
            (12, 33),
            "cross_traffic.x.kind",
            "'tcp-vegas' is not one of cbr, onoff, tcp-reno, tcp-cubic, tcp-bbr",
        ),
        (
            "expect:",
            "cross_traffic: [{name: x, kind: tcp-bbr, rate: 5Mbps}]\nexpect:",
            (12, 42),
            "cross_traffic.x.rate",
            "unknown key 'rate'",
        ),
        (
            "expect:",
            "cross_traffic: [{name: x, kind: tcp-bbr, streams: 65}]\nexpect:",
            (12, 51),
            "cross_traffic.x.streams",
            "must be at most 64",
        ),
        (
            "expect:",
            "cross_traffic: [{name: x, kind: tcp-bbr, packet: 99B}]\nexpect:",
            (12, 50),
            "cross_traffic.x.packet",
            "99B is too small for TCP: give at least 100B",
        ),
        (
            "expect:",
            "cross_traffic: [{name: x, kind: cbr}]\nexpect:",
            (12, 17),
            "cross_traffic.x.rate",
            "is missing",
        ),
        (
            "expect:",
            "cross_traffic: [{name: video, kind: cbr, rate: 1bps}]\nexpect:",
            (12, 24),
            "cross_traffic.video.name",
            "is already used",
        ),
        ("utilisation", "utilization", (13, 5), "expect.0", "did you mean 'utilisation'?"),
        ("flows.video.util", "flows.vdeo.util", (13, 5), "expect.0", "did you mean 'video'?"),
        ("changes[*]", "changes[3]", (14, 5), "expect.1", "there is no changes[3]: video has 3, [0] to [2]"),
    ],
)
def test_place_key_value_and_remedy(tmp_path, old, new, place, key, message):
    text = SMALL.replace(old, new, 1)
    assert text != SMALL
    found = problems_of(tmp_path, text)
    problem = next(problem for problem in found if problem.key == key)
    assert (problem.line, problem.column) == place
    assert message in problem.message


def test_a_flood_of_problems_is_cut(tmp_path):
    found = problems_of(tmp_path, SMALL + "".join(f"k{number}: 1\n" for number in range(3000)))
    assert len(found) == 51
    assert "has more problems" in found[-1].message


def test_several_problems_at_once(tmp_path):
    text = (
        SMALL.replace("50Mbps, delay", "50, delay").replace("duration", "duratoin").replace("name: small", "name: a b")
    )
    keys = [problem.key for problem in problems_of(tmp_path, text)]
    assert keys == ["duration", "name", "duratoin", "path.forward.rate"]


def test_cross_checks_are_reported_together(tmp_path):
    text = SMALL.replace("at: 40s", "at: 80s").replace("- name: video", "- name: video\n    stop: 90s")
    assert [problem.key for problem in problems_of(tmp_path, text)] == ["timeline.1.at", "flows.video.stop"]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (None, 0, "no such file"),
        ("", 0, "is empty"),
        ("1\n2\nhello\n", 3, "'hello' is not a time in whole milliseconds"),
        ("5\n3\n", 2, "3 comes before 5"),
        ("1\n-2\n", 2, "'-2' is not a time"),
        ("0\n0\n", 2, "has a length of 0 ms"),
        (b"\xff\x00\n", 1, "is not a time"),
    ],
)
def test_bad_traces(tmp_path, content, line, message):
    if content is not None:
        (tmp_path / "t.up").write_bytes(content if isinstance(content, bytes) else content.encode())
    text = SMALL.split("timeline:")[0].replace("rate: 50Mbps", "trace: {file: t.up, format: mahimahi}")
    (problem,) = problems_of(tmp_path, text + "flows: [{name: video}]\n")
    assert message in problem.message
    if content is None:
        assert (problem.line, problem.key) == (5, "path.forward.trace.file")
    else:
        assert (Path(problem.file).name, problem.line) == ("t.up", line)


def test_a_rate_and_a_trace_do_not_go_together(tmp_path):
    (tmp_path / "t.csv").write_text(TRACE)
    trace = "trace: {file: t.csv, format: csv}"
    (problem,) = problems_of(tmp_path, SMALL.replace("rate: 50Mbps, delay", f"rate: 50Mbps, {trace}, delay", 1))
    assert (problem.key, problem.line) == ("path.forward.trace", 5)
    keys = [
        problem.key for problem in problems_of(tmp_path, SMALL.replace("rate: 50Mbps, delay", f"{trace}, delay", 1))
    ]
    assert keys == ["timeline.0.forward.rate", "timeline.1.forward.rate"]


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    (folder / "trace.csv").write_text(TRACE)
    (folder / "full.yaml").write_text(FULL)
    return dump(load(folder / "full.yaml"))


def places_in(value, path=()):
    """Every place in plain data."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places_in(item, (*path, key))


def put(data, path, value):
    changed = copy.deepcopy(data)
    here = changed
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return changed


def get(data, path):
    for step in path:
        data = data[step]
    return data


WRONG = (
    [],
    {},
    [[]],
    {"x": 1},
    "what is this",
    "",
    -1,
    10**400,
    math.nan,
    True,
    None,
    "-5Mbps",
    "nanms",
    object(),
)


def refusal(read, *arguments):
    """The problems ``read`` raises, none when it accepts; whatever else it raises is a failure."""
    try:
        read(*arguments)
    except ScenarioError as error:
        return error.problems
    return []


def test_wrong_values_everywhere(full):
    """At every place of a scenario that says everything: accepted, or a ScenarioError that says something."""
    refused = 0
    for path in places_in(full):
        for wrong in WRONG if path else ():
            found = refusal(parse, put(full, path, wrong))
            refused += bool(found)
            assert all(problem.message and problem.file == "<data>" for problem in found)
            if found and path[-1] != "name" and wrong != {}:  # both may be legal here, and break who refers to it
                assert any(problem.key.startswith(str(path[0])) for problem in found), (path, wrong)
    assert refused > 1000


def test_unknown_keys_at_every_level(full):
    groups = [path for path in places_in(full) if isinstance(get(full, path), dict) and path[-1:] != ("knobs",)]
    assert len(groups) > 30
    for path in groups:
        with pytest.raises(ScenarioError) as caught:
            parse(put(full, (*path, "nmae"), 1))
        (problem,) = caught.value.problems
        assert problem.key.endswith("nmae")
        assert "unknown key 'nmae'" in problem.message


def test_a_missing_key_anywhere_is_named_or_has_a_default(full):
    missing = 0
    for path in places_in(full):
        if path and not isinstance(path[-1], int):
            changed = copy.deepcopy(full)
            del get(changed, path[:-1])[path[-1]]
            missing += any("is missing" in problem.message for problem in refusal(parse, changed))
    assert missing > 15


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_garbage(tmp_path, data):
    problems_of(tmp_path, data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(SMALL) - 1), st.sampled_from([*"{}[]:,-&*!|>'\"%@`#?\t\n\0 ", "é", "9"]))
def test_one_wrong_character(tmp_path, position, character):
    (tmp_path / "s.yaml").write_text(SMALL[:position] + character + SMALL[position + 1 :])
    assert all(problem.message for problem in refusal(load, tmp_path / "s.yaml"))
