"""Makes ``python -m nenc_lab`` run the command ``nenc-lab``."""

from __future__ import annotations

import sys

from nenc_lab.cli import main

if __name__ == "__main__":
    sys.exit(main())
