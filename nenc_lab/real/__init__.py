"""Runs with real packets over the qdiscs of a real Linux kernel. README.md describes them.

run/        one run: checked and requested outside, built and done inside a sandbox
live/       the engine in real time, and the sender and receiver programs
qdiscs/     the path: network namespaces, their qdiscs, and the commands that make the same by hand
sandbox/    processes that are root, with a network of their own, and leave nothing behind
"""
