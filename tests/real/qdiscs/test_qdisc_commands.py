"""The printed lines: complete, in order, at their times. (That they build the same network is tested on a kernel.)"""

from __future__ import annotations

from nenc_lab.network.base import FlowSetting, JitterSetting, LinkChange, LinkSetting
from nenc_lab.real.qdiscs.commands import change_commands, commands, removal
from nenc_lab.real.qdiscs.layout import plan
from nenc_lab.real.qdiscs.schedule import Step, flatten

MS, S = 1_000_000, 1_000_000_000
LINKS = [LinkSetting("forward", 20e6, 20 * MS), LinkSetting("reverse", None, 10 * MS)]
LAYOUT = plan(LINKS, [FlowSetting(0, 0, 1200, 1.5, 5 * MS, False)])


def test_every_part_of_the_plan_has_its_line():
    lines = commands(LAYOUT)
    for node in LAYOUT.nodes:
        assert f"ip netns add nenc-{node}" in lines
    assert sum(line.startswith("ip link add") for line in lines) == len(LAYOUT.wires)
    assert sum(" neigh add " in line for line in lines) == len(LAYOUT.wires)
    assert sum(" route add " in line for line in lines) == len(LAYOUT.routes)
    assert sum(" ethtool -K " in line for line in lines) == 2 * len(LAYOUT.wires)
    assert [line for line in lines if line.startswith("tc")] == [
        "tc -n nenc-f0-rate qdisc add dev out root handle 1: hfsc default 1",
        "tc -n nenc-f0-rate class add dev out parent 1: classid 1:1 hfsc ls m2 1000000000bit ul m2 20000000bit",
        "tc -n nenc-f0-rate qdisc add dev out parent 1:1 handle 10: bfifo limit 750000",
        "tc -n nenc-f0-netem qdisc add dev out root handle 1: netem limit 2564 delay 20000us rate 32000000000bit",
        "tc -n nenc-r0-netem qdisc add dev out root handle 1: netem limit 1251000 delay 10000us rate 32000000000bit",
    ]


def test_what_is_added_is_removed():
    added = {line.split()[-1] for line in commands(LAYOUT) if line.startswith("ip netns add")}
    assert {line.split()[-1] for line in removal(LAYOUT)} == added


def test_changes_come_at_their_times_and_touch_only_what_changes():
    changes = [
        (2 * S, LinkChange(0, rate_bps=0.0)),
        (3 * S, LinkChange(0, rate_bps=5e6)),
        (4 * S, LinkChange(1, delay_ns=30 * MS)),
    ]
    bottleneck = "tc -n nenc-f0-rate class change dev out parent 1: classid 1:1 hfsc ls m2 1000000000bit"
    assert change_commands(LAYOUT, flatten(LINKS, changes, 5 * S)) == [
        (2 * S, f"{bottleneck} ul m1 0bit d 4000s m2 8bit"),
        (3 * S, f"{bottleneck} ul m2 5000000bit"),
        (3 * S, "tc -n nenc-f0-rate qdisc change dev out parent 1:1 handle 10: bfifo limit 187500"),
        (
            4 * S,
            "tc -n nenc-r0-netem qdisc change dev out root handle 1: "
            "netem limit 3751000 delay 30000us rate 32000000000bit",
        ),
    ]


def test_a_change_to_the_same_is_no_line():
    assert change_commands(LAYOUT, [Step(0, LinkChange(0, rate_bps=20e6, delay_ns=20 * MS))]) == []


def test_a_jitter_table_is_written_before_it_is_named():
    change = LinkChange(0, jitter=JitterSetting("reorder", 5 * MS, 15 * MS))
    (_, table), (_, line) = change_commands(LAYOUT, [Step(0, change)])
    name = line.split(" distribution ")[1].split()[0]
    assert table.startswith('echo "')
    assert table.endswith(f'" > "$TC_LIB_DIR/{name}.dist"')
    assert len(table.split('"')[1].split()) == 4096
