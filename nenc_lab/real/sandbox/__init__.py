"""Where things run that need a kernel of their own: namespaces of this host, or a rootless guest."""

from __future__ import annotations

from nenc_lab.real.sandbox.base import CallDied, CallTimeout, Place, PlaceLost
from nenc_lab.real.sandbox.table import KINDS, open_place

__all__ = ["KINDS", "CallDied", "CallTimeout", "Place", "PlaceLost", "open_place"]
