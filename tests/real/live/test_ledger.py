"""What became of each packet, from made-up records of both ends."""

from __future__ import annotations

import numpy as np
import pytest

from nenc_lab.kernels import dtype
from nenc_lab.real.live.ledger import Ledger
from nenc_lab.scenario.timeline.delays import base_delay
from nenc_lab.scenario.timeline.pieces import Pieces

MS = 1_000_000
BASE = 20 * MS
FIRST = 1000
PER_FRAME = 4


def ledger(marks: tuple[int, ...] = ()) -> Ledger:
    return Ledger(FIRST, lambda received_ns: np.full(len(received_ns), BASE), marks, 0)


def rows(struct: str, count: int, **fields: object) -> np.ndarray:
    made = np.zeros(count, dtype(struct))
    for name, values in fields.items():
        made[name] = values
    return made


def sent(count: int, gap_ns: int = MS) -> np.ndarray:
    number = np.arange(count)
    return rows(
        "nenc_sent_record",
        count,
        sequence=FIRST + number,
        sent_ns=number * gap_ns,
        frame=number // PER_FRAME,
        media_bytes=1188,
    )


def captured(frames: int) -> np.ndarray:
    number = np.arange(frames)
    return rows(
        "nenc_captured_record",
        frames,
        frame=number,
        capture_ns=number * PER_FRAME * MS,
        ready_ns=number * PER_FRAME * MS,
        first_sequence=FIRST + number * PER_FRAME,
        bytes=PER_FRAME * 1188,
        packets=PER_FRAME,
        rung=1080,
    )


def arrivals(numbers: list[int], late_ns: int = 0, verdict: int = 0) -> np.ndarray:
    number = np.array(numbers)
    return rows(
        "nenc_arrival_record",
        len(numbers),
        sequence=FIRST + number,
        received_ns=number * MS + BASE + late_ns,
        media_bytes=1188,
        wire_bytes=1242,
        verdict=verdict,
    )


def ticks(times_ns: list[int], packets: int) -> np.ndarray:
    made = rows("nenc_tick_record", len(times_ns), sent_packets=packets, sent_bytes=packets * 1188)
    made["state"]["now_ns"] = times_ns
    return made


NO_REPORTS = rows("nenc_report_record", 0)


def test_a_frame_is_whole_lost_in_part_or_under_way():
    book = ledger()
    here = [n for n in range(12) if n != 5]  # of three frames the middle one lost a packet; the fourth is under way
    book.feed(sent(16), captured(4), ticks([], 0), arrivals(here), NO_REPORTS)
    frames, packets = book.take_frames(11 * MS + BASE + 200 * MS, all_=False, packets=True)
    assert frames["frame"].tolist() == [0, 1, 2]
    assert frames["lost"].tolist() == [0, 1, 0]
    assert frames["pending"].tolist() == [0, 0, 0]
    assert frames["received_ns"].tolist() == [3 * MS + BASE, 7 * MS + BASE, 11 * MS + BASE]
    assert frames["sent_ns"].tolist() == [3 * MS, 7 * MS, 11 * MS]
    assert packets["fate"].tolist() == [2 if n == 5 else 0 for n in range(12)]
    left, _ = book.take_frames(11 * MS + BASE + 200 * MS, all_=True, packets=False)
    assert left["frame"].tolist() == [3]
    assert left["pending"].tolist() == [PER_FRAME]
    assert left["received_ns"].tolist() == [-1]


def test_a_gap_is_no_loss_before_a_packet_may_have_been_overtaken():
    book = ledger()
    book.feed(sent(8), captured(2), ticks([], 0), arrivals([0, 1, 3, 4, 5, 6, 7]), NO_REPORTS)
    early, _ = book.take_frames(7 * MS + BASE + 100 * MS, all_=False, packets=False)
    assert len(early) == 0
    book.feed(sent(0), captured(0), ticks([], 0), arrivals([2], late_ns=50 * MS), NO_REPORTS)
    frames, _ = book.take_frames(7 * MS + BASE + 100 * MS, all_=False, packets=False)
    assert frames["lost"].tolist() == [0, 0]


def test_a_loss_is_known_while_packets_keep_coming():
    book = ledger()
    numbers = [n for n in range(400) if n != 5]
    book.feed(sent(400), captured(100), ticks([], 0), arrivals(numbers), NO_REPORTS)
    frames, _ = book.take_frames(399 * MS + BASE, all_=False, packets=False)
    assert len(frames) == 100
    assert np.flatnonzero(frames["lost"]).tolist() == [1]
    assert frames["pending"].sum() == 0


def test_at_the_end_what_was_overtaken_is_lost_and_what_was_not_is_under_way():
    book = ledger()
    book.feed(sent(16), captured(4), ticks([], 0), arrivals([n for n in range(14) if n != 9]), NO_REPORTS)
    frames, _ = book.take_frames(15 * MS + BASE, all_=True, packets=False)
    assert frames["lost"].tolist() == [0, 0, 1, 0]
    assert frames["pending"].tolist() == [0, 0, 0, 2]


def test_ticks_count_what_had_arrived_by_then_and_no_more():
    book = ledger()
    reports = rows("nenc_report_record", 2, sent_ns=[10 * MS, 30 * MS], wire_bytes=[100, 120])
    book.feed(
        sent(8),
        captured(2),
        ticks([BASE - 1, BASE + 2 * MS, BASE + 7 * MS], 8),
        arrivals([0, 1, 2, 4, 5, 6, 7]),
        reports,
    )
    states, counters, _ = book.take_ticks(BASE + 5 * MS)
    assert states["now_ns"].tolist() == [BASE - 1, BASE + 2 * MS]
    assert counters["received_packets"].tolist() == [0, 3]
    assert counters["lost_packets"].tolist() == [0, 0]
    assert counters["report_wire_bytes"].tolist() == [100, 100]
    _, counters, _ = book.take_ticks(BASE + 50 * MS)
    assert counters["received_packets"].tolist() == [7]
    assert counters["received_wire_bytes"].tolist() == [7 * 1242]
    assert counters["lost_packets"].tolist() == [1]


def test_duplicates_and_foreign_packets_count_for_nothing():
    book = ledger()
    feed = np.concatenate([arrivals([0, 1, 2, 3]), arrivals([1, 2], late_ns=MS, verdict=1), arrivals([3], verdict=3)])
    book.feed(sent(4), captured(1), ticks([BASE + 9 * MS], 4), feed, NO_REPORTS)
    _, counters, delays = book.take_ticks(BASE + 10 * MS)
    assert counters["received_packets"].tolist() == [4]
    assert int(delays["packets"].sum()) == 4


def test_waits_are_cut_at_the_marks():
    book = ledger(marks=(BASE + 4 * MS,))
    late = arrivals([5, 6, 7], late_ns=30 * MS)
    book.feed(sent(8), captured(2), ticks([], 0), np.concatenate([arrivals([0, 1, 2, 3]), late]), NO_REPORTS)
    _, _, delays = book.take_ticks(BASE + 60 * MS)
    assert sorted(set(delays["until_ns"].tolist())) == [BASE + 4 * MS, BASE + 60 * MS]
    first = delays[delays["until_ns"] == BASE + 4 * MS]
    assert first["packets"].sum() == 4
    assert first["delay_ns"].max() == 0
    second = delays[delays["until_ns"] == BASE + 60 * MS]
    assert second["packets"].sum() == 3
    assert np.all(np.abs(second["delay_ns"] - 30 * MS) <= 0.01 * 30 * MS)


def test_an_arrival_may_be_on_record_before_its_sending():
    book = ledger()
    book.feed(sent(4), captured(1), ticks([], 0), arrivals([0, 1, 2, 3, 4]), NO_REPORTS)
    more = sent(8)[4:]
    book.feed(more, captured(2)[1:], ticks([BASE + 9 * MS], 8), arrivals([5, 6, 7]), NO_REPORTS)
    _, counters, _ = book.take_ticks(BASE + 10 * MS)
    assert counters["received_packets"].tolist() == [8]


def test_records_that_came_too_fast_shift_no_other():
    book = ledger()
    known = np.delete(sent(12), [4, 5, 6, 7])  # they were overwritten before they were read
    book.feed(known, captured(3), ticks([], 0), arrivals(list(range(12))), NO_REPORTS)
    _, _, delays = book.take_ticks(BASE + 50 * MS)
    assert int(delays["packets"].sum()) == 8
    assert delays["delay_ns"].max() == 0
    frames, _ = book.take_frames(50 * MS, all_=True, packets=False)
    assert frames["sent_ns"].tolist() == [3 * MS, -1, 11 * MS]
    assert frames["lost"].tolist() == [0, 0, 0]


def test_a_frame_is_ready_when_its_own_packets_are_known():
    book = ledger()
    known = np.delete(sent(12), [4, 5, 6, 7])
    book.feed(known, captured(3), ticks([], 0), arrivals([0, 1, 2, 3, 8, 9]), NO_REPORTS)
    frames, _ = book.take_frames(13 * MS, all_=False, packets=False)
    assert frames["sent_ns"].tolist() == [3 * MS, -1]  # by their count the third would have been the second
    book.feed(sent(0), captured(0), ticks([], 0), arrivals([10, 11]), NO_REPORTS)
    frames, _ = book.take_frames(14 * MS, all_=False, packets=False)
    assert frames["sent_ns"].tolist() == [11 * MS]


def test_nothing_counts_behind_an_end_that_came_early():
    book = ledger()
    book.end_ns = 9 * MS
    book.feed(sent(16), captured(4), ticks([], 0), arrivals([]), NO_REPORTS)
    frames, _ = book.take_frames(9 * MS, all_=True, packets=False)
    assert frames["frame"].tolist() == [0, 1, 2]
    assert frames["sent_ns"].tolist() == [3 * MS, 7 * MS, -1]
    assert book.packets == 10


@pytest.mark.parametrize("new_ns", [20 * MS, 120 * MS])
def test_what_waits_before_a_delay_line_gets_its_new_delay(new_ns: int):
    old_ns, at_ns = 60 * MS, 1000 * MS
    base = base_delay(0, [Pieces(old_ns, (at_ns,), (new_ns,))])
    entered = np.arange(900, 1200) * MS
    delay = np.where(entered < at_ns, old_ns, new_ns)
    received = np.maximum.accumulate(entered + delay)  # in order: none overtakes another
    piled = (entered >= at_ns) & (received < at_ns + old_ns)  # behind the last one with the old delay
    assert [base.at(t_ns) for t_ns in received[~piled].tolist()] == delay[~piled].tolist()


def test_delays_of_several_hops_add_up_from_the_hop_that_changes():
    base = base_delay(1, [Pieces(10, (500,), (12,)), Pieces(20, (100,), (30,)), Pieces(40)])
    assert [base.at(t_ns) for t_ns in (0, 160, 170, 100_000)] == [71, 71, 81, 83]


def test_rows_taken_in_parts_are_the_rows_taken_at_once():
    numbers = [n for n in range(400) if n % 7]
    when = list(range(0, 500 * MS, 16 * MS))
    whole, parts = ledger(), ledger()
    whole.feed(sent(400), captured(100), ticks(when, 400), arrivals(numbers), NO_REPORTS)
    expected = whole.take_ticks(500 * MS)[1]
    expected_frames = whole.take_frames(800 * MS, all_=False, packets=False)[0]
    got, got_frames = [], []
    for begin in range(0, 400, 100):
        mine = [n for n in numbers if begin <= n < begin + 100]
        now = (begin + 100) * MS + BASE
        some = [t for t in when if begin * MS <= t < (begin + 100) * MS or (begin == 300 and t >= 400 * MS)]
        parts.feed(
            sent(400)[begin : begin + 100],
            captured(100)[begin // 4 : begin // 4 + 25],
            ticks(some, 400),
            arrivals(mine),
            NO_REPORTS,
        )
        got.append(parts.take_ticks(now - BASE - MS if begin < 300 else 500 * MS)[1])
        got_frames.append(parts.take_frames(now, all_=False, packets=False)[0])
    got_frames.append(parts.take_frames(800 * MS, all_=False, packets=False)[0])
    assert np.array_equal(np.concatenate(got)["received_packets"], expected["received_packets"])
    assert np.array_equal(np.concatenate(got)["lost_packets"], expected["lost_packets"])
    assert np.array_equal(np.concatenate(got_frames), expected_frames)
