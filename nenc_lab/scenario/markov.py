"""A Markov model of the capacity that an LTE link offers one user; it generates ``scenarios/traces/lte-markov.csv``.

It is a finite-state Markov channel (Wang and Moayeri 1995) with one state per capacity level. The levels are the Renard
numbers R10 from 8 to 100 Mbit/s, in steps of 26 % or 1 dB, about one step of modulation and coding. Every 100 ms the
chain makes one move, clipped at both ends:

    stay   70 %   slow fading at walking speed: a level lasts a third of a second on average
    up     13 %   one level
    down   13 %   one level
    leap    4 %   three levels, up or down with equal probability: shadowing at a corner, changes of the cell's load

Within a state the capacity varies uniformly by up to 5 % either way (fast fading, scheduling), within 8 to 100 Mbit/s.

All values are whole kbit/s, chosen by comparisons with the Mersenne Twister's ``random()``, whose sequence Python
guarantees for a seed, so that every machine generates the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

LEVELS_KBPS = (8_000, 10_000, 12_500, 16_000, 20_000, 25_000, 31_500, 40_000, 50_000, 63_000, 80_000, 100_000)
STEP_MS = 100
STAY, UP, DOWN = 0.70, 0.13, 0.13
LEAP_LEVELS = 3
SPREAD_PERCENT = 5
FIRST_LEVEL = 6
SEED = 8869
"""Seed of the shipped trace: the number of the RFC on wireless test cases."""
SECONDS = 120


def rates_kbps(seed: int = SEED, seconds: int = SECONDS) -> list[int]:
    """Returns the capacity of every 100 ms, in kbit/s."""
    chance = random.Random(seed)
    level = FIRST_LEVEL
    rates = []
    for _ in range(seconds * 1000 // STEP_MS):
        rates.append(_spread(LEVELS_KBPS[level], chance.random()))
        level = min(max(level + _move(chance.random()), 0), len(LEVELS_KBPS) - 1)
    return rates


def csv(rates: Sequence[int]) -> str:
    """Returns the text of a CSV trace with these rates in kbit/s, one per 100 ms."""
    lines = ["t_s,rate_mbps"]
    for index, rate in enumerate(rates):
        t_ms = index * STEP_MS
        lines.append(f"{t_ms // 1000}.{t_ms % 1000 // 100},{rate // 1000}.{rate % 1000:03d}")
    return "\n".join(lines) + "\n"


def write(file: Path, seed: int = SEED, seconds: int = SECONDS) -> None:
    """Writes a CSV trace from the model. Raises OSError when the file cannot be written."""
    file.write_bytes(csv(rates_kbps(seed, seconds)).encode("ascii"))


def _move(draw: float) -> int:
    if draw < STAY:
        return 0
    if draw < STAY + UP:
        return 1
    if draw < STAY + UP + DOWN:
        return -1
    middle = (1.0 + STAY + UP + DOWN) / 2
    return LEAP_LEVELS if draw < middle else -LEAP_LEVELS


def _spread(kbps: int, draw: float) -> int:
    width = kbps * SPREAD_PERCENT // 100
    spread = kbps - width + int(draw * (2 * width + 1))
    return min(max(spread, LEVELS_KBPS[0]), LEVELS_KBPS[-1])
