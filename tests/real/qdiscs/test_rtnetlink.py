"""What the kernel says against what it was asked for."""

from __future__ import annotations

from nenc_lab.network.base import LossSetting
from nenc_lab.real.qdiscs.qdiscs import Bfifo, Hfsc, HfscClass, Netem, Pfifo
from nenc_lab.real.qdiscs.rtnetlink import Told, differences
from nenc_lab.real.qdiscs.tc_options import encode

LINK = HfscClass(20_000_000)


def told(options) -> Told:
    return Told(options.kind, encode(options), 0, 0, 0, 0, 0, 0, b"")


def test_the_same_is_the_same():
    netem = Netem(1000, 20_000_000, 3, loss=LossSetting("gilbert-elliott", 0.1, 0.2, 0.3, 0.4), rate_bps=8_000_000)
    for options in (netem, Hfsc(), LINK, HfscClass(0), Bfifo(9), Pfifo(5)):
        assert differences(options, told(options)) == []


def test_each_field_is_named_with_both_values():
    assert differences(LINK, told(HfscClass(10_000_000))) == ["upper_m2: wanted 2500000, got 1250000"]
    assert [text.split(":")[0] for text in differences(LINK, told(HfscClass(0)))] == ["upper_d_us", "upper_m2"]
    assert differences(LINK, told(Pfifo(5))) == ["kind: wanted hfsc, got pfifo"]


def test_what_a_kernel_left_out_is_a_difference():
    netem = Netem(1000, rate_bps=8_000_000)
    dropped = Told("netem", encode(netem)[:24], 0, 0, 0, 0, 0, 0, b"")
    assert differences(netem, dropped) == ["rate_bytes: wanted 1000000, got 0"]
    lossy = Netem(1000, loss=LossSetting("gilbert-elliott", 0.1, 0.2))
    assert "loss_model: wanted 1, got 0" in differences(lossy, told(Netem(1000)))
    assert any(text.startswith("p: wanted") for text in differences(lossy, told(Netem(1000))))


def test_a_leftover_that_was_not_asked_for_is_a_difference():
    corrupting = encode(Netem(1000)).replace(b"\x0c\x00\x04\x00" + bytes(8), b"\x0c\x00\x04\x00" + b"\x01" + bytes(7))
    assert differences(Netem(1000), Told("netem", corrupting, 0, 0, 0, 0, 0, 0, b"")) == ["corrupt: wanted 0, got 1"]
