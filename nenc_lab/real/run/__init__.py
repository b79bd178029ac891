"""One run on the real network: requested outside, done inside a sandbox.

outside     start.py -- checks.py      refuses what the real network cannot do before anything starts
                |    `-- memory.py     how much memory the sandbox's kernel needs
                |
            sandbox.call(run_inside)
                |
inside      inside.py                  the run folder, and the streams that are kept
                `-- build.py           path, calibration, programs and engine, one after another
                     |-- needs.py      what calibration must show that the machine can do
                     |-- delays.py     the path's delay without queues, over the run
                     `-- cross.py      the programs of cross traffic

plan.py holds what all of them need to know of the scenario. dry_run.py prints it as commands and touches nothing.
"""
