"""Draws figures of runs: ``info(run)`` computes a figure as plain data, ``draw(info, figure)`` draws it."""
