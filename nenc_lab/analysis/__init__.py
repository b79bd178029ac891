"""Computes the figures of a run from its folder. Importing this package imports none of its modules."""
