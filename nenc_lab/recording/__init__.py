"""What a run leaves behind: its folder (``folder``), where it came from (``provenance``), its tables (``recorder``,
``tables``), and how to read it again (``open``). Importing this package imports none of them.
"""
