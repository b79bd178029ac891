"""Reads, checks and converts capacity traces.

mahimahi  one line per delivery opportunity of 1504 bytes: its time in whole ms, never decreasing. The last line is also
          the length of the trace, after which it repeats (mahimahi's own rules, mm-link(1)).
csv       a header ``t_s,rate_mbps`` or ``t_s,rate_bps``, then one line per step: a time and the rate from then on.
          Times start at 0 and increase; the last step lasts as long as the one before it.
"""

from __future__ import annotations

import hashlib
import math
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from nenc_lab.errors import InputError, MachineError, Problem, ScenarioError
from nenc_lab.scenario.capacity import Opportunities, RateProgram
from nenc_lab.units import NS_PER_MS, NS_PER_S, shown

if TYPE_CHECKING:
    from nenc_lab.scenario.hop import Trace

Format = Literal["mahimahi", "csv"]
OPPORTUNITY_BYTES = 1504
"""Size of one delivery opportunity of a mahimahi trace: an MTU of 1500 bytes and 4 bytes of framing."""
LARGEST_TRACE = 64_000_000
_LONGEST_S = 10_000_000.0
_FASTEST_BPS = 1e15


@dataclass(frozen=True, slots=True, eq=False)
class Capacity:
    """An unscaled capacity over time.

    mahimahi: ``times_ns`` are the delivery opportunities and ``rates_bps`` is None.
    csv: ``rates_bps[i]`` applies from ``times_ns[i]`` to the next time, and the last one to ``length_ns``.
    """

    times_ns: NDArray[np.int64]
    rates_bps: NDArray[np.int64] | None
    length_ns: int

    def bits(self) -> float:
        """Returns how many bits pass in one period of the trace."""
        if self.rates_bps is None:
            return len(self.times_ns) * OPPORTUNITY_BYTES * 8.0
        return float(np.dot(self.rates_bps, np.diff(self.times_ns, append=self.length_ns)) / NS_PER_S)

    def mean_bps(self) -> float:
        """Returns the mean capacity over one period, bit/s."""
        return self.bits() / self.length_ns * NS_PER_S

    def binned_bps(self, bin_ns: int) -> NDArray[np.float64]:
        """Returns the mean rate in each bin of ``bin_ns``; the last bin ends with the trace and may be shorter."""
        edges = np.append(np.arange(0, self.length_ns, bin_ns, dtype=np.int64), self.length_ns)
        if self.rates_bps is None:
            # An opportunity at an edge counts for the bin before it; otherwise the last one would not count at all.
            passed = np.searchsorted(self.times_ns, edges, side="right") * (OPPORTUNITY_BYTES * 8.0)
            passed[0] = 0.0
        else:
            steps = self.rates_bps * (np.diff(self.times_ns, append=self.length_ns) / NS_PER_S)
            passed = np.interp(edges, np.append(self.times_ns, self.length_ns), np.append(0.0, np.cumsum(steps)))
        rates: NDArray[np.float64] = np.diff(passed) / np.diff(edges) * NS_PER_S
        return rates


@dataclass(frozen=True, slots=True)
class Imported:
    """The trace that `import_trace` wrote, and its figures."""

    file: Path
    length_s: float
    mean_bps: float
    min_bps: float
    max_bps: float


def read(path: str | Path, format: Format) -> Capacity:
    """Reads a trace of either format; an unchanged file is read only once. Raises ScenarioError with the line."""
    path = Path(path)
    try:
        stat = path.stat()
    except (OSError, ValueError) as error:
        raise _error(str(path), 0, _reason(error)) from None
    return _read_once(path, format, stat.st_size, stat.st_mtime_ns)


def digest(path: str | Path) -> str:
    """Returns the SHA-256 of a trace's content in hex. Raises ScenarioError when it cannot be read."""
    return hashlib.sha256(_bytes(Path(path))).hexdigest()


def load(trace: Trace) -> Opportunities | RateProgram:
    """Loads a hop's trace, scaled, in the form that networks follow. Without a loop, the capacity is 0 after its end.

    Raises ScenarioError when the file is missing or invalid.
    """
    found = read(trace.file, trace.format)
    period_ns = found.length_ns if trace.loop else 0
    if found.rates_bps is None:
        return Opportunities(found.times_ns, OPPORTUNITY_BYTES * trace.scale, period_ns)
    times, rates = found.times_ns, found.rates_bps.astype(np.float64) * trace.scale
    if not trace.loop:
        times, rates = np.append(times, np.int64(found.length_ns)), np.append(rates, 0.0)
    return RateProgram(times, rates, period_ns)


def mean_rate(trace: Trace) -> float:
    """Returns a trace's scaled mean capacity, bit/s on the wire. Reads no file once the scenario is loaded."""
    mean = read(trace.file, trace.format).mean_bps() if trace.mean is None else trace.mean
    return mean * trace.scale


def import_trace(source: str | Path, target: str | Path, format: Format, bin_ns: int = 100 * NS_PER_MS) -> Imported:
    """Converts ``source``, which has ``format``, to the other format in ``target``, and returns its figures.

    ``bin_ns`` is the step of a CSV made from delivery opportunities, and of the reported minimum and maximum.
    Raises ScenarioError for an invalid source, InputError for an invalid bin, MachineError when it cannot be written.
    """
    found = read(source, format)
    if not NS_PER_MS <= bin_ns <= found.length_ns:
        length = f"{found.length_ns / NS_PER_S:g}s"
        raise InputError(f"a bin of {bin_ns / NS_PER_MS:g}ms does not fit: use 1ms to the trace's length, {length}")
    rates = found.binned_bps(bin_ns)
    text = _opportunities(found) if format == "csv" else _steps(rates, bin_ns)
    target = Path(target)
    scratch = target.with_name(target.name + ".tmp")
    try:
        scratch.write_text(text, encoding="ascii")
        scratch.replace(target)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink()
        raise MachineError(
            f"{target} cannot be written: {error.strerror}; choose another file or free the disk"
        ) from None
    return Imported(target, found.length_ns / NS_PER_S, found.mean_bps(), float(rates.min()), float(rates.max()))


def _steps(rates: NDArray[np.float64], bin_ns: int) -> str:
    lines = ["t_s,rate_bps"]
    lines += [f"{index * bin_ns / NS_PER_S:.9f},{round(rate)}" for index, rate in enumerate(rates.tolist())]
    return "\n".join(lines) + "\n"


def _opportunities(found: Capacity) -> str:
    """Returns a mahimahi trace; line k is the first millisecond by which k opportunities fit into the capacity."""
    assert found.rates_bps is not None
    bits = np.append(0.0, np.cumsum(found.rates_bps * (np.diff(found.times_ns, append=found.length_ns) / NS_PER_S)))
    times = np.append(found.times_ns, found.length_ns) / NS_PER_MS
    at_each_ms = np.interp(np.arange(math.floor(times[-1]) + 1), times, bits)
    fits = np.floor(at_each_ms / (OPPORTUNITY_BYTES * 8) + 1e-9).astype(np.int64)
    lines = np.repeat(np.arange(len(fits)), np.diff(fits, prepend=0))
    if not len(lines):
        raise InputError(
            "the capacity is too small: not even one delivery opportunity of 1504 bytes fits into the whole trace"
        )
    return "\n".join(map(str, lines.tolist())) + "\n"


@lru_cache(maxsize=32)
def _read_once(path: Path, format: Format, size: int, mtime_ns: int) -> Capacity:
    parse = _parse_mahimahi if format == "mahimahi" else _parse_csv
    return parse(_bytes(path), str(path))


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise _error(str(path), 0, "is a directory, not a trace")
        with path.open("rb") as stream:
            data = stream.read(LARGEST_TRACE + 1)
    except (OSError, ValueError) as error:
        raise _error(str(path), 0, _reason(error)) from None
    if len(data) > LARGEST_TRACE:
        raise _error(str(path), 0, f"is larger than {LARGEST_TRACE // 1_000_000} MB: not a trace")
    if not data.strip():
        raise _error(str(path), 0, "is empty: a trace has at least one line")
    return data


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such trace"
    return f"cannot be read: {error.strerror if isinstance(error, OSError) and error.strerror else error}"


def _parse_mahimahi(data: bytes, name: str) -> Capacity:
    lines = [line.strip() for line in data.rstrip().split(b"\n")]
    for number, line in enumerate(lines, 1):
        if not line.isdigit() or len(line) > 10:
            raise _error(
                name,
                number,
                f"{_text(line)} is not a time in whole milliseconds, such as 20: a mahimahi trace has one per line",
            )
    times = np.array([int(line) for line in lines], dtype=np.int64)
    back = np.flatnonzero(np.diff(times) < 0)
    if len(back):
        at = int(back[0]) + 1
        raise _error(
            name, at + 1, f"{times[at]} comes before {times[at - 1]} on the line above: times must not decrease"
        )
    if times[-1] == 0:
        raise _error(name, len(lines), "the trace has a length of 0 ms: its last line must be its length")
    return Capacity(_frozen(times * NS_PER_MS), None, int(times[-1]) * NS_PER_MS)


def _parse_csv(data: bytes, name: str) -> Capacity:
    lines = [line.strip() for line in data.rstrip().split(b"\n")]
    header = [_text(part.strip()).strip("'") for part in lines[0].split(b",")]
    factors = {"rate_mbps": 1e6, "rate_bps": 1.0}
    if len(header) != 2 or header[0] != "t_s" or header[1] not in factors:
        raise _error(name, 1, f"the header is {','.join(header)[:60]!r}: write t_s,rate_mbps or t_s,rate_bps")
    factor = factors[header[1]]
    times: list[int] = []
    rates: list[int] = []
    for number, line in enumerate(lines[1:], 2):
        time, rate = _csv_line(line, name, number)
        if not 0 <= time <= _LONGEST_S or not 0 <= rate * factor <= _FASTEST_BPS:
            raise _error(name, number, f"{_text(line)} is out of range: times and rates must be finite, and 0 or more")
        t_ns = round(time * NS_PER_S)
        if not times and t_ns != 0:
            raise _error(name, number, f"the first time is {time:g} s: a trace must start at 0")
        if times and t_ns <= times[-1]:
            raise _error(name, number, f"{time:g} s is not later than {times[-1] / NS_PER_S:g} s on the line above")
        times.append(t_ns)
        rates.append(round(rate * factor))
    if len(times) < 2:
        raise _error(name, len(lines), "a trace needs at least two steps: for a constant capacity write rate: instead")
    if not any(rates):
        raise _error(name, 0, "every rate is 0, so that no packet would ever pass: give at least one rate above 0")
    length = times[-1] + (times[-1] - times[-2])
    return Capacity(_frozen(np.array(times, dtype=np.int64)), _frozen(np.array(rates, dtype=np.int64)), length)


def _csv_line(line: bytes, name: str, number: int) -> tuple[float, float]:
    parts = line.split(b",")
    if len(parts) == 2 and b"_" not in line:
        try:
            return float(parts[0]), float(parts[1])
        except ValueError:
            pass
    raise _error(name, number, f"{_text(line)} is not two numbers, time and rate, such as 0.1,12.5")


def _text(line: bytes) -> str:
    return shown(line.decode("utf-8", "backslashreplace"))


def _frozen(array: NDArray[np.int64]) -> NDArray[np.int64]:
    array.flags.writeable = False  # all readers of the file share the array
    return array


def _error(name: str, line: int, message: str) -> ScenarioError:
    return ScenarioError([Problem(name, line, 1 if line else 0, "", message)])
