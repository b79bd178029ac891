"""The messages against the bytes that tc (iproute2 6.1) sends for the same words, and there and back."""

from __future__ import annotations

import struct

import pytest

from nenc_lab.network.base import LossSetting
from nenc_lab.real.qdiscs.attributes import attribute, walk
from nenc_lab.real.qdiscs.qdiscs import Bfifo, Cake, Codel, FqCodel, Hfsc, HfscClass, Netem, Pfifo, Pie
from nenc_lab.real.qdiscs.tc_options import U32, decode, encode, share, values
from nenc_lab.real.qdiscs.tc_words import words

MS = 1_000_000
GEMODEL = LossSetting("gilbert-elliott", 0.01, 0.3, 0.9, 0.005)

FROM_TC = [
    (
        Netem(2564, delay_ns=20 * MS, jitter_ns=3_752_000, loss=GEMODEL, duplicate=0.02, rate_bps=32_000_000_000),
        "netem limit 2564 delay 20000us 3752us loss gemodel 1% 30% 90% 0.5% duplicate 2% rate 32000000000bit",
        "b4c40400040a0000000000000000000052b81e0501e500001800058014000200295c8f02cccccc4c9999991914ae47011400060000"
        "286bee000000000000000000000000",
    ),
    (
        Netem(1000, delay_ns=8000, loss=LossSetting("bernoulli", 0.01)),
        "netem limit 1000 delay 8us loss random 1%",
        "7d000000e8030000295c8f02000000000000000000000000",
    ),
    (
        Netem(1000, delay_ns=20 * MS, rate_bps=40_000_000_000),
        "netem limit 1000 delay 20000us rate 40000000000bit",
        "b4c40400e8030000000000000000000000000000000000000c00080000f2052a0100000014000600ffffffff000000000000000000"
        "000000",
    ),
    (Hfsc(), "hfsc default 1", "0100"),
    (
        HfscClass(20_000_000),
        "hfsc ls m2 1000000000bit ul m2 20000000bit",
        "10000200000000000000000040597307100003000000000000000000a0252600",
    ),
    (
        HfscClass(0),
        "hfsc ls m2 1000000000bit ul m1 0bit d 4000s m2 8bit",
        "10000200000000000000000040597307100003000000000000286bee01000000",
    ),
    (Bfifo(750_000), "bfifo limit 750000", "b0710b00"),
    (
        Codel(5 * MS, 100 * MS, 100, ecn=True, ce_ns=10 * MS),
        "codel limit 100 target 5000us interval 100000us ce_threshold 10000us ecn",
        "080002006400000008000300a0860100080001008813000008000400010000000800050010270000",
    ),
    (
        FqCodel(5 * MS, 100 * MS, 100, ecn=True, memory_bytes=1_000_000),
        "fq_codel limit 100 flows 1024 quantum 1514 target 5000us interval 100000us memory_limit 1000000b ecn",
        "0800020064000000080005000004000008000600ea05000008000300a0860100080001008813000008000400010000000800090040"
        "420f00",
    ),
    (
        Cake(100 * MS, 1_000_000),
        "cake unlimited besteffort triple-isolate rtt 100000us memlimit 1000000b",
        "0c00020000000000000000000800030003000000080005000700000008000700a08601000800080088130000080009000000000008"
        "000a0040420f00",
    ),
]
UNTOLD = {"ack_filter"}
"""Known to be the default: tc says nothing of it."""
OURS = [
    *(options for options, _, _ in FROM_TC),
    Pfifo(50),
    Pie(15 * MS, 15 * MS, 100, ecn=False),
    Cake(MS, 10**6, "flows"),
]


@pytest.mark.parametrize(("options", "line", "sent"), FROM_TC, ids=lambda value: getattr(value, "kind", ""))
def test_tc_asks_for_the_same(options, line, sent):
    assert words(options) == line
    told, wanted = decode(options.kind, bytes.fromhex(sent)), values(options)
    names = wanted.keys() - UNTOLD
    assert {name: told[name] for name in names} == {name: wanted[name] for name in names}


@pytest.mark.parametrize("options", OURS, ids=lambda options: options.kind)
def test_there_and_back(options):
    told = decode(options.kind, encode(options))
    assert {name: told[name] for name in values(options)} == values(options)


def test_a_change_tells_neither_seed_nor_number_of_flows():
    assert "seed" not in decode("netem", encode(Netem(1, seed=5), new=False))
    queue = FqCodel(5 * MS, 100 * MS, 100, ecn=True)
    assert "flows" not in decode("fq_codel", encode(queue, new=False))
    assert "flows" not in words(queue, new=False)
    assert "seed" not in words(Netem(1, seed=5), new=False)


def test_a_netem_names_every_lasting_part_even_when_it_is_off():
    data = encode(Netem(1000))
    kinds = {kind for kind, _ in walk(data[24:])}
    # correlation, reordering, corruption, rate, ECN, latency and jitter in 64 bits: the kernel keeps what is not named
    assert {1, 3, 4, 6, 7, 10, 11} <= kinds


def test_a_table_is_sixteen_bit_numbers():
    data = encode(Netem(1000, jitter_ns=1, table=(-32768, 0, 32767)))
    assert dict(walk(data[24:]))[2] == struct.pack("=3h", -32768, 0, 32767)


def test_loss_of_the_bad_state_is_told_as_what_survives():
    told = values(Netem(1, loss=LossSetting("gilbert-elliott", 0.1, 0.2, 1.0, 0.0)))
    assert (told["h"], told["k1"]) == (0, 0)
    assert values(Netem(1, loss=LossSetting("gilbert-elliott", 0.1, 0.2, 0.0, 1.0)))["h"] == U32


def test_probabilities_reach_both_ends():
    assert (share(0.0), share(1.0)) == (0, U32)


def test_attributes_are_padded_and_broken_ones_end_the_walk():
    data = attribute(5, b"abc") + attribute(0x8006, b"")
    assert len(data) == 12
    assert list(walk(data)) == [(5, b"abc"), (6, b"")]
    assert list(walk(data[:6])) == []
    assert list(walk(struct.pack("=HH", 2, 1))) == []


def test_a_seed_and_the_four_state_model_are_seen_when_they_are_told():
    assert decode("netem", encode(Netem(1, seed=2**63)))["seed"] == 2**63
    data = bytes(24) + attribute(0x8005, attribute(1, bytes(20)))
    assert decode("netem", data)["loss_model"] == 2


@pytest.mark.parametrize(("isolation", "number"), [("flowblind", 0), ("hosts", 3), ("flows", 4), ("dual-dsthost", 6)])
def test_what_cake_is_fair_between(isolation, number):
    cake = Cake(100 * MS, 10**6, isolation)
    assert decode("cake", encode(cake))["flow_mode"] == number  # CAKE_FLOW_* of sch_cake.c
    assert f" {isolation} " in words(cake)
