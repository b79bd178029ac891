"""What the virtual network refuses: with place and remedy wherever a scenario comes from."""

import pytest
from scenario_texts import SMALL

from nenc_lab import api, session
from nenc_lab.assembly.path import queue
from nenc_lab.assembly.settings import cross
from nenc_lab.errors import InputError, ScenarioError
from nenc_lab.network.base import QueueSetting
from nenc_lab.scenario.backends import VIRTUAL_CROSS_TRAFFIC, VIRTUAL_QUEUES, refusals, refuse
from nenc_lab.scenario.load import dump, load, parse, restore
from nenc_lab.scenario.schema import kinds

CROSS = "cross_traffic: [{name: bulk, kind: tcp-cubic}]\nexpect:"
MANAGED = ["codel", "fq-codel", "pie", "cake"]


def managed(kind):
    return SMALL.replace("kind: droptail, size: 300ms", f"kind: {kind}", 1)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "s.yaml"


@pytest.mark.parametrize("kind", MANAGED)
def test_a_managed_queue_is_of_netem_alone(file, kind):
    file.write_text(managed(kind))
    load(file)
    load(file, backend="netem")
    with pytest.raises(ScenarioError) as caught:
        load(file, backend="virtual")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.key) == (5, 54, "path.forward.queue.kind")
    assert problem.message == (
        f"the virtual network has no '{kind}': add --backend netem, which has it, or write droptail"
    )


@pytest.mark.parametrize("kind", ["tcp-reno", "tcp-cubic", "tcp-bbr"])
def test_tcp_is_of_netem_alone(file, kind):
    file.write_text(SMALL.replace("expect:", CROSS.replace("tcp-cubic", kind), 1))
    load(file, backend="netem")
    with pytest.raises(ScenarioError) as caught:
        load(file, backend="virtual")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.key) == (12, 36, "cross_traffic.bulk.kind")
    assert f"the virtual network has no '{kind}'" in problem.message


def test_every_refusal_is_told_at_once_in_the_order_of_the_file(file):
    file.write_text(managed("pie").replace("expect:", CROSS, 1).replace("{delay: 20ms}", "{queue: {kind: cake}}", 1))
    with pytest.raises(ScenarioError) as caught:
        api.load(file, backend="virtual")
    assert [problem.key for problem in caught.value.problems] == [
        "path.forward.queue.kind",
        "path.reverse.queue.kind",
        "cross_traffic.bulk.kind",
    ]


def test_an_override_is_the_place_of_what_it_sets(file):
    file.write_text(SMALL)
    with pytest.raises(ScenarioError) as caught:
        load(file, ["path.forward.queue.kind=cake"], backend="virtual")
    assert str(caught.value).startswith(
        "--set path.forward.queue.kind=cake: path.forward.queue.kind: the virtual network has no 'cake'"
    )


def test_without_its_file_the_scenario_is_the_place(file):
    file.write_text(managed("codel"))
    scenario = load(file)
    assert refusals(scenario, "netem") == []
    with pytest.raises(ScenarioError, match=r"^small: path.forward.queue.kind: the virtual network has no 'codel'"):
        refuse(scenario, "virtual")


def test_a_session_refuses_before_anything_is_written(file, tmp_path):
    file.write_text(managed("codel"))
    session.prepare(load(file))  # as `validate` does: it is a legal scenario
    with pytest.raises(ScenarioError):
        session.prepare(load(file), "virtual")
    with pytest.raises(InputError):
        session.run(load(file), out=tmp_path / "runs", argv=[])
    assert not (tmp_path / "runs").exists()


def test_what_is_not_refused_is_what_the_virtual_network_has():
    assert set(kinds("queue")) - set(VIRTUAL_QUEUES) == set(MANAGED)
    assert set(kinds("cross_traffic")) - set(VIRTUAL_CROSS_TRAFFIC) == {"tcp-reno", "tcp-cubic", "tcp-bbr"}


@pytest.mark.parametrize("kind", MANAGED)
def test_it_is_written_out_and_read_again(kind):
    data = {
        "version": 1,
        "name": "t",
        "duration": "60s",
        "path": {"forward": {"rate": "50Mbps", "queue": {"kind": kind}}},
        "flows": [{"name": "video"}],
        "cross_traffic": [{"name": "bulk", "kind": "tcp-reno"}],
    }
    scenario = parse(data)
    assert parse(dump(scenario)) == restore(dump(scenario)) == scenario


MS = 1_000_000
DEFAULTS = {
    "codel": QueueSetting("packets", 1000, "codel", {"target": 5 * MS, "interval": 100 * MS, "ecn": False}),
    "fq-codel": QueueSetting(
        "packets",
        10_240,
        "fq-codel",
        {
            "target": 5 * MS,
            "interval": 100 * MS,
            "flows": 1024,
            "quantum": 1514,
            "memory": 33_554_432,
            "ecn": True,
        },
    ),
    "pie": QueueSetting("packets", 1000, "pie", {"target": 15 * MS, "tupdate": 15 * MS, "ecn": False}),
    "cake": QueueSetting(
        "bytes", 15_503_360, "cake", {"rtt": 100 * MS, "memory": 15_503_360, "isolation": "triple-isolate"}
    ),
}
"""As net/sched/sch_*.c of Linux 6.1 sets them where tc says nothing."""


@pytest.mark.parametrize("kind", MANAGED)
def test_defaults_are_the_kernels(file, kind):
    file.write_text(managed(kind))
    assert queue(load(file).path.forward.hops[0].queue) == DEFAULTS[kind]


def test_a_queue_in_a_file_without_a_kind_stays_droptail(file):
    file.write_text(SMALL.replace("kind: droptail, ", "", 1))
    assert queue(load(file, backend="virtual").path.forward.hops[0].queue) == QueueSetting("ms", 300 * MS)


def test_another_kind_in_an_override_drops_what_only_the_old_one_knew(file):
    file.write_text(SMALL)
    made = load(file, ["path.forward.queue.kind=codel", "path.forward.queue.target=1ms"]).path.forward.hops[0].queue
    assert (made.kind, made.target, made.holds.limit) == ("codel", MS, 1000)


def test_tcp_reaches_the_network_with_its_streams(file):
    file.write_text(SMALL.replace("expect:", CROSS.replace("cubic", "bbr, streams: 4, stop: 9s, packet: 1000B"), 1))
    scenario = load(file)
    setting = cross(scenario, scenario.cross_traffic[0])
    assert (setting.kind, setting.streams, setting.rate_bps) == ("tcp-bbr", 4, 0.0)
    assert (setting.wire_bytes, setting.start_ns, setting.stop_ns) == (1042, 0, 9_000 * MS)
