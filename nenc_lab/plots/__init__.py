"""Figures from run folders: ``info(run)`` computes the picture as plain data, ``draw(info, figure)`` paints it."""
