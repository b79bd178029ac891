"""Written units: exact both ways, and errors that say what would be right."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab import units
from nenc_lab.errors import InputError
from nenc_lab.units import QueueSize

WHOLE = st.integers(0, 2**62)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50Mbps", 50_000_000),
        ("1.5Gbps", 1_500_000_000),
        ("800kbps", 800_000),
        ("5000bps", 5_000),
        ("0bps", 0),
        (" 50 Mbps ", 50_000_000),
        (".5Mbps", 500_000),
        ("0.000001Mbps", 1),
    ],
)
def test_rates(text, value):
    assert units.parse_rate(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20ms", 20000000),
        ("1.5s", 1500000000),
        ("2min", 120000000000),
        ("500us", 500000),
        ("3µs", 3000),
        ("3μs", 3000),
        ("7ns", 7),
        ("1h", 3600000000000),
        ("2.5ms", 2500000),
    ],
)
def test_times(text, value):
    assert units.parse_time(text) == value


@pytest.mark.parametrize(("text", "value"), [("1200B", 1200), ("250kB", 250_000), ("1.5MB", 1_500_000)])
def test_bytes(text, value):
    assert units.parse_bytes(text) == value


@pytest.mark.parametrize(
    ("value", "ratio"),
    [("0.5%", 0.005), ("1%", 0.01), ("100%", 1.0), ("0%", 0.0), (0.005, 0.005), (0, 0.0), (1.0, 1.0)],
)
def test_ratios(value, ratio):
    assert units.parse_ratio(value) == ratio


@pytest.mark.parametrize(
    ("text", "size", "limit"),
    [
        ("300ms", QueueSize("ms", 300), 300_000_000),
        ("1s", QueueSize("ms", 1000), 1_000_000_000),
        ("250kB", QueueSize("bytes", 250_000), 250_000),
        ("1500B", QueueSize("bytes", 1500), 1500),
        ("100packets", QueueSize("packets", 100), 100),
    ],
)
def test_queue_sizes(text, size, limit):
    assert units.parse_size(text) == size
    assert size.limit == limit


@given(WHOLE)
def test_rate_round_trip(value):
    assert units.parse_rate(units.format_rate(value)) == value


@given(WHOLE)
def test_time_round_trip(value):
    assert units.parse_time(units.format_time(value)) == value


@given(WHOLE)
def test_bytes_round_trip(value):
    assert units.parse_bytes(units.format_bytes(value)) == value


@given(st.floats(0.0, 1.0))
def test_ratio_round_trip(value):
    assert units.parse_ratio(units.format_ratio(value)) == value


@given(st.sampled_from(["ms", "bytes", "packets"]), st.integers(1, 10**9))
def test_size_round_trip(unit, value):
    assert units.parse_size(units.format_size(QueueSize(unit, value))) == QueueSize(unit, value)


def test_written_forms_are_the_ones_people_use():
    assert units.format_rate(1_500_000) == "1500kbps"
    assert units.format_rate(0) == "0bps"
    assert units.format_time(0) == "0s"
    assert units.format_time(60_000_000_000) == "60s"
    assert units.format_time(2_500_000) == "2500us"
    assert units.format_ratio(0.005) == "0.5%"
    assert units.format_bytes(1200) == "1200B"


@pytest.mark.parametrize(
    ("parse", "value", "remedy"),
    [
        (units.parse_rate, 50, "write 50Mbps"),
        (units.parse_rate, 50_000_000, "write 50Mbps"),
        (units.parse_rate, "50", "write 50Mbps"),
        (units.parse_rate, "50mbps", "(Mbps?)"),
        (units.parse_rate, "50Mbit/s", "(Mbps?)"),
        (units.parse_rate, "5 apples", "write bps, kbps, Mbps, Gbps"),
        (units.parse_rate, "-5Mbps", "negative"),
        (units.parse_rate, -5, "is not a rate such as 50Mbps"),
        (units.parse_rate, math.nan, "is not a rate such as 50Mbps"),
        (units.parse_rate, math.inf, "is not a rate such as 50Mbps"),
        (units.parse_rate, "nanMbps", "is not a rate such as 50Mbps"),
        (units.parse_rate, "infMbps", "is not a rate such as 50Mbps"),
        (units.parse_rate, True, "true is not a rate"),
        (units.parse_rate, None, "null is not a rate"),
        (units.parse_rate, [1], "is not a rate"),
        pytest.param(units.parse_rate, 10**5000, "is not a rate", id="huge"),
        (units.parse_rate, "0.3bps", "finer than 1 bit/s"),
        (units.parse_rate, "9999999999999999999Gbps", "too large"),
        (units.parse_time, 20, "write 20s"),
        (units.parse_time, "1m", "(min?)"),
        (units.parse_time, "0.1ns", "finer than 1 ns"),
        (units.parse_ratio, 1, "write 1% or, as a fraction, 1.0"),
        (units.parse_ratio, "0.5", "without quotes"),
        (units.parse_ratio, "101%", "out of range"),
        (units.parse_ratio, 1.5, "out of range"),
        (units.parse_ratio, math.nan, "is not a ratio"),
        (units.parse_ratio, True, "true is not a ratio"),
        (units.parse_size, 300, "write 300ms"),
        (units.parse_size, "0ms", "at least one packet"),
        (units.parse_size, "0.5ms", "whole milliseconds"),
        (units.parse_bytes, "1200", "write 1200B"),
    ],
)
def test_errors_say_what_would_be_right(parse, value, remedy):
    with pytest.raises(InputError) as caught:
        parse(value)
    assert remedy in str(caught.value)


@given(st.text(max_size=50))
def test_no_text_makes_a_parser_fail_otherwise(text):
    for parse in (units.parse_rate, units.parse_time, units.parse_bytes, units.parse_ratio, units.parse_size):
        with contextlib.suppress(InputError):
            assert parse(text) is not None
