"""Scores a run from its folder alone. Importing this package imports none of its modules."""
