"""Runs tasks one after another, or in worker processes of this machine.

executors  the interface, and both ways to run tasks
worker     what runs in a worker process
progress   how a task reports its progress
"""

from nenc_lab.pool.executors import Died, Done, Executor, Processes, Serial, executor
from nenc_lab.pool.progress import Progress, tell

__all__ = ["Died", "Done", "Executor", "Processes", "Progress", "Serial", "executor", "tell"]
