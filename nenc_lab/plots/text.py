"""How wide a text will be, and how numbers read, without asking a renderer.

Layout happens before drawing, in plain arithmetic; a test compares these widths with what matplotlib draws.
"""

from __future__ import annotations

import math

# Advance widths of DejaVu Sans (2.37) for the characters 32..126, in 1/2048 em.
_REGULAR = (
    651, 821, 942, 1716, 1303, 1946, 1597, 563, 799, 799, 1024, 1716, 651, 739, 651, 690, 1303, 1303, 1303, 1303,
    1303, 1303, 1303, 1303, 1303, 1303, 690, 690, 1716, 1716, 1716, 1087, 2048, 1401, 1405, 1430, 1577, 1294, 1178,
    1587, 1540, 604, 604, 1343, 1141, 1767, 1532, 1612, 1235, 1612, 1423, 1300, 1251, 1499, 1401, 2025, 1403, 1251,
    1403, 799, 690, 799, 1716, 1024, 1024, 1255, 1300, 1126, 1300, 1260, 721, 1300, 1298, 569, 569, 1186, 569, 1995,
    1298, 1253, 1300, 1300, 842, 1067, 803, 1298, 1212, 1675, 1212, 1212, 1075, 1303, 690, 1303, 1716,
)  # fmt: skip
_BOLD = (
    713, 934, 1067, 1716, 1425, 2052, 1786, 627, 936, 936, 1071, 1716, 778, 850, 778, 748, 1425, 1425, 1425, 1425,
    1425, 1425, 1425, 1425, 1425, 1425, 819, 819, 1716, 1716, 1716, 1188, 2048, 1585, 1561, 1503, 1700, 1399, 1399,
    1681, 1714, 762, 762, 1587, 1305, 2038, 1714, 1741, 1501, 1741, 1577, 1475, 1397, 1663, 1585, 2259, 1579, 1483,
    1485, 936, 748, 936, 1716, 1024, 1024, 1382, 1466, 1214, 1466, 1389, 891, 1466, 1458, 702, 702, 1362, 702, 2134,
    1458, 1407, 1466, 1466, 1010, 1219, 979, 1458, 1335, 1892, 1321, 1335, 1192, 1458, 748, 1458, 1716,
)  # fmt: skip
_OTHER = {"\N{MIDDLE DOT}": 778, "\N{EN DASH}": 1024, "\N{MINUS SIGN}": 1716}
_WIDEST = 2048

MINUS = "\N{MINUS SIGN}"
ARROW = "\N{RIGHTWARDS ARROW}"
UP = "\N{UPWARDS ARROW}"
CHECK = "\N{CHECK MARK}"
CROSS = "\N{BALLOT X}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
LINE_HEIGHT = 1.2
"""Height of a line of text over its size: from the highest accent to the lowest descender."""


def width(text: str, size: float, bold: bool = False) -> float:
    """Width in inches of ``text`` at ``size`` points; characters outside ASCII count as wide ones."""
    table = _BOLD if bold else _REGULAR
    units = sum(table[ord(c) - 32] if 32 <= ord(c) <= 126 else _OTHER.get(c, _WIDEST) for c in text)
    return units / 2048.0 * size / 72.0


def height(size: float) -> float:
    """Height in inches of one line at ``size`` points."""
    return LINE_HEIGHT * size / 72.0


def shorten(text: str, size: float, room: float, bold: bool = False) -> str:
    """``text`` on one line, cut with an ellipsis so that it is at most ``room`` inches wide."""
    text = " ".join(text.split())
    if width(text, size, bold) <= room:
        return text
    while text and width(text + ELLIPSIS, size, bold) > room:
        text = text[:-1].rstrip()
    return text + ELLIPSIS if text else ""


def number(value: float) -> str:
    """A number with no more digits than its size needs: 0.12, 3.4, 56, 1234; a true minus sign."""
    if value == 0:
        return "0"
    magnitude = abs(value)
    digits = 0 if magnitude >= 99.5 else 1 if magnitude >= 9.95 else 2
    if magnitude < 0.995:
        digits = min(6, 1 - math.floor(math.log10(magnitude)))
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", MINUS)


def rate(bps: float) -> str:
    """A rate as people say it: 1 Gbit/s, 50 Mbit/s, 800 kbit/s."""
    for scale, unit in ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")):
        if abs(bps) >= scale * 0.9995:
            return f"{number(bps / scale)} {unit}"
    return f"{number(bps)} bit/s"


def duration(seconds: float) -> str:
    """A time span: 250 ms, 2.1 s, 12 min, 1.5 h."""
    if abs(seconds) < 1.0:
        return f"{number(round(seconds * 1e3, 1))} ms"
    if abs(seconds) < 600:
        return f"{number(round(seconds, 1))} s"
    if abs(seconds) < 2 * 3600:
        return f"{number(round(seconds / 60, 1))} min"
    return f"{number(round(seconds / 3600, 1))} h"


def settling(seconds: float) -> str:
    """A settling time, to a tenth of a second: 2.1 s, 3.0 s."""
    return f"{seconds:.1f} s"


def percent(ratio: float) -> str:
    """A ratio in percent: 0 %, 0.02 %, 3.4 %, 93 %."""
    value = ratio * 100.0
    if value >= 10:
        value = round(value)
    elif value >= 1:
        value = round(value, 1)
    elif value >= 0.01:
        value = round(value, 2)
    elif value > 0:
        return "< 0.01 %"
    return f"{number(value)} %"
