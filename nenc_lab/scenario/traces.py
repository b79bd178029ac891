"""Capacity traces: reading, checking and converting them.

mahimahi  one line per delivery opportunity of 1504 bytes: its time in whole ms, never decreasing; the last line is the
          length of the trace, after which it begins again (mahimahi's own rules, mm-link(1)).
csv       a header ``t_s,rate_mbps`` or ``t_s,rate_bps``, then one line per step: from that time on, this rate. Times
          begin at 0 and increase; the last step lasts as long as the one before it.
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
"""What one line of a mahimahi trace lets through: an MTU of 1500 and 4 bytes of framing."""
LARGEST_TRACE = 64_000_000
_LONGEST_S = 10_000_000.0
_FASTEST_BPS = 1e15


@dataclass(frozen=True, slots=True, eq=False)
class Capacity:
    """A capacity over time, unscaled.

    mahimahi: ``times_ns`` are the delivery opportunities and ``rates_bps`` is None.
    csv: ``rates_bps[i]`` holds from ``times_ns[i]`` to the next time, the last one to ``length_ns``.
    """

    times_ns: NDArray[np.int64]
    rates_bps: NDArray[np.int64] | None
    length_ns: int

    def bits(self) -> float:
        """What passes in one round of the trace."""
        if self.rates_bps is None:
            return len(self.times_ns) * OPPORTUNITY_BYTES * 8.0
        return float(np.dot(self.rates_bps, np.diff(self.times_ns, append=self.length_ns)) / NS_PER_S)

    def mean_bps(self) -> float:
        """Mean over one round."""
        return self.bits() / self.length_ns * NS_PER_S

    def binned_bps(self, bin_ns: int) -> NDArray[np.float64]:
        """Mean rate in each bin of ``bin_ns``; the last bin ends with the trace and may be shorter."""
        edges = np.append(np.arange(0, self.length_ns, bin_ns, dtype=np.int64), self.length_ns)
        if self.rates_bps is None:
            # an opportunity at t belongs to what passed up to t, so that the one at the very end counts
            passed = np.searchsorted(self.times_ns, edges, side="right") * (OPPORTUNITY_BYTES * 8.0)
            passed[0] = 0.0
        else:
            steps = self.rates_bps * (np.diff(self.times_ns, append=self.length_ns) / NS_PER_S)
            passed = np.interp(edges, np.append(self.times_ns, self.length_ns), np.append(0.0, np.cumsum(steps)))
        rates: NDArray[np.float64] = np.diff(passed) / np.diff(edges) * NS_PER_S
        return rates


@dataclass(frozen=True, slots=True)
class Imported:
    """What `import_trace` wrote."""

    file: Path
    length_s: float
    mean_bps: float
    min_bps: float
    max_bps: float


def read(path: str | Path, format: Format) -> Capacity:
    """A trace of either format; a file that did not change is read once. Raises ScenarioError naming the line."""
    path = Path(path)
    try:
        stat = path.stat()
    except (OSError, ValueError) as error:
        raise _error(str(path), 0, _reason(error)) from None
    return _read_once(path, format, stat.st_size, stat.st_mtime_ns)


def digest(path: str | Path) -> str:
    """SHA-256 of a trace's content, hexadecimal. Raises ScenarioError when it cannot be read."""
    return hashlib.sha256(_bytes(Path(path))).hexdigest()


def load(trace: Trace) -> Opportunities | RateProgram:
    """A hop's trace as a network follows it, scaled; without a loop its capacity is 0 from its end on.

    Raises ScenarioError.
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
    """Mean capacity over one round of a hop's trace, scaled, bit/s on the wire. Needs no file once it was loaded."""
    mean = read(trace.file, trace.format).mean_bps() if trace.mean is None else trace.mean
    return mean * trace.scale


def import_trace(source: str | Path, target: str | Path, format: Format, bin_ns: int = 100 * NS_PER_MS) -> Imported:
    """Convert ``source``, which is of ``format``, to the other format in ``target``, and say what it holds.

    ``bin_ns`` is the step of a CSV made from delivery opportunities, and of the reported minimum and maximum.
    Raises ScenarioError for a bad source, InputError for a bad bin, MachineError for an unwritable ``target``.
    """
    found = read(source, format)
    if not NS_PER_MS <= bin_ns <= found.length_ns:
        length = f"{found.length_ns / NS_PER_S:g}s"
        raise InputError(f"a bin of {bin_ns / NS_PER_MS:g}ms does not fit: from 1ms to the whole trace, {length}")
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
    """Line k is the first millisecond by which k opportunities fit into what passed."""
    assert found.rates_bps is not None
    bits = np.append(0.0, np.cumsum(found.rates_bps * (np.diff(found.times_ns, append=found.length_ns) / NS_PER_S)))
    times = np.append(found.times_ns, found.length_ns) / NS_PER_MS
    at_each_ms = np.interp(np.arange(math.floor(times[-1]) + 1), times, bits)
    fits = np.floor(at_each_ms / (OPPORTUNITY_BYTES * 8) + 1e-9).astype(np.int64)
    lines = np.repeat(np.arange(len(fits)), np.diff(fits, prepend=0))
    if not len(lines):
        raise InputError(
            "the capacity is too small: not one delivery opportunity of 1504 bytes fits into the whole trace"
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
        raise _error(str(path), 0, f"is larger than {LARGEST_TRACE // 1_000_000} MB: that is no trace")
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
                f"{_text(line)} is not a time in whole milliseconds, such as 20; every line of a mahimahi trace is one",
            )
    times = np.array([int(line) for line in lines], dtype=np.int64)
    back = np.flatnonzero(np.diff(times) < 0)
    if len(back):
        at = int(back[0]) + 1
        raise _error(name, at + 1, f"{times[at]} comes before {times[at - 1]} in the line above: times never decrease")
    if times[-1] == 0:
        raise _error(name, len(lines), "the trace ends after 0 ms: its last line is its length")
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
            raise _error(name, number, f"{_text(line)} is out of range: times and rates are 0 or more, finite")
        t_ns = round(time * NS_PER_S)
        if not times and t_ns != 0:
            raise _error(name, number, f"the first time is {time:g} s: a trace begins at 0")
        if times and t_ns <= times[-1]:
            raise _error(
                name, number, f"{time:g} s does not come after the {times[-1] / NS_PER_S:g} s of the line above"
            )
        times.append(t_ns)
        rates.append(round(rate * factor))
    if len(times) < 2:
        raise _error(name, len(lines), "a trace has at least two steps: for a constant capacity write rate: instead")
    if not any(rates):
        raise _error(name, 0, "every rate is 0: nothing would ever pass")
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
    array.flags.writeable = False  # it is shared by everybody who reads the same file
    return array


def _error(name: str, line: int, message: str) -> ScenarioError:
    return ScenarioError([Problem(name, line, 1 if line else 0, "", message)])
