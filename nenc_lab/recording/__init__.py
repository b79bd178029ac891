"""Records runs: the run's folder (``folder``), its origin (``provenance``), its tables (``recorder``, ``tables``), and
reading it again (``open``). Importing this package imports none of them.
"""
