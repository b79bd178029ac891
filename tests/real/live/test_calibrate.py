"""What is measured before a run, over a made-up path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nenc_lab.errors import MachineError
from nenc_lab.kernels import dtype
from nenc_lab.network.base import LinkChange, LossSetting
from nenc_lab.real.live import calibrate
from nenc_lab.real.live.calibrate import Needs
from nenc_lab.real.live.probe import Seen
from nenc_lab.real.qdiscs.path import POLL_ROW

WIRE, MEDIA = 1242, 1188
HALF = LossSetting("bernoulli", p=0.5)
NEEDS = Needs(
    load_bps=10e6,
    rates_bps={0: 4e6},
    losses={0: HALF},
    base_rtt_ns=30_000_000,
    base_owd_ns=20_000_000,
    packet_bytes=1200,
    wire_bytes=WIRE,
    media_share=MEDIA / WIRE,
    settle_s=0.0,
)


class Path:
    """One link, and a machine that sends no faster than ``machine_bps`` and loses ``lost`` of what arrives."""

    def __init__(self, machine_bps: float = 1e9, lost: float = 0.0, rate_bps: float = 4e6) -> None:
        self.machine_bps, self.lost, self.rate_bps = machine_bps, lost, rate_bps
        self.loss = HALF
        self.drops = 0

    def apply(self, change: LinkChange) -> None:
        self.rate_bps = self.rate_bps if change.rate_bps is None else change.rate_bps
        self.loss = change.loss or self.loss

    def poll(self) -> np.ndarray:
        rows = np.zeros(1, POLL_ROW)
        rows["drops_loss"] = self.drops
        return rows

    def probe(self, ends, folder, media_bps, seconds, packet_bytes, settle_s) -> Seen:
        bps = min(media_bps * WIRE / MEDIA, self.machine_bps)
        number = np.arange(int(seconds * bps / 8 / WIRE))
        sent = np.zeros(len(number), dtype("nenc_sent_record"))
        sent["sequence"], sent["sent_ns"], sent["media_bytes"] = number, number * (WIRE * 8e9 / bps), MEDIA
        carried = min(bps, self.rate_bps)
        through = number[: int(len(number) * carried / bps)]
        here = through[:: round(1 / (1 - self.loss.p))]
        self.drops += len(number) - len(here)
        here = here[: round(len(here) * (1 - self.lost))]
        arrivals = np.zeros(len(here), dtype("nenc_arrival_record"))
        arrivals["sequence"], arrivals["wire_bytes"] = here, WIRE
        arrivals["received_ns"] = 20_000_000 + here * (WIRE * 8e9 / max(1.0, carried))
        counters = [np.zeros(1, dtype("nenc_live_counters"))[0] for _ in range(2)]
        counters[0]["packets"], counters[1]["packets"] = len(sent), len(here)
        samples = np.zeros(0, dtype("nenc_sample"))
        return Seen(sent, arrivals, samples, counters[0], counters[1], 0)


@pytest.fixture
def measured(monkeypatch):
    def measure(path: Path, needs: Needs = NEEDS) -> calibrate.Calibration:
        monkeypatch.setattr(calibrate, "probe", path.probe)
        return calibrate.calibrate(path, None, "", needs)  # type: ignore[arg-type]

    return measure


def test_the_scenarios_loss_does_not_count_against_the_bottleneck(measured):
    path = Path()
    found = measured(path)
    assert found.rate_mbps == pytest.approx(4.0, rel=0.01)
    assert found.rate_kept > calibrate.RATE_KEPT
    assert found.complaints() == []
    assert (path.loss, path.rate_bps) == (HALF, 4e6)  # as it was


def test_a_run_may_begin_in_an_outage(measured):
    path = Path(rate_bps=0.0)
    found = measured(path, replace(NEEDS, rates_bps={0: 0.0}))
    assert found.base_owd_ms == pytest.approx(20.0)
    assert path.rate_bps == 0.0


def test_a_sender_too_slow_is_told_what_it_reaches(measured):
    with pytest.raises(MachineError, match=r"needs 10 Mbit/s .*reached 8 Mbit/s"):
        measured(Path(machine_bps=8e6))


def test_what_the_receiver_does_not_get_was_not_reached_either(measured):
    with pytest.raises(MachineError, match=r"needs 10 Mbit/s .*reached 9 Mbit/s"):
        measured(Path(lost=0.1))


def test_a_little_loss_of_the_machine_is_said(measured):
    (text,) = measured(Path(lost=0.01)).complaints()
    assert text.startswith("this machine itself loses 1.")
