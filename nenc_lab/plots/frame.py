"""Where a panel lies on the page and how its data units map to inches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nenc_lab.plots.place import Box
from nenc_lab.plots.scales import Scale


@dataclass(frozen=True, slots=True)
class Frame:
    """The rectangle of a panel with its axes."""

    box: Box
    start: float
    end: float
    scale: Scale

    def x(self, value: Any) -> Any:
        """Inches from the left edge of the page."""
        part = (np.asarray(value, dtype=np.float64) - self.start) / (self.end - self.start)
        return self.box.left + part * (self.box.right - self.box.left)

    def y(self, value: Any) -> Any:
        """Inches from the lower edge of the page; values off the scale land on its ends."""
        part = np.clip(self.scale.fraction(value), 0.0, 1.0)
        return self.box.bottom + part * (self.box.top - self.box.bottom)

    def fractions(self, width: float, height: float) -> tuple[float, float, float, float]:
        """left, bottom, width, height as parts of a page of ``width`` x ``height`` inches."""
        box = self.box
        return box.left / width, box.bottom / height, (box.right - box.left) / width, (box.top - box.bottom) / height
