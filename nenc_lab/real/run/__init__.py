"""One run on the real network: asked for outside, done inside a sandbox.

    outside     start.py -- checks.py      what the real network cannot do is refused before anything starts
                   |    `-- memory.py      how much memory the sandbox's kernel needs
                   |
                sandbox.call(run_inside)
                   |
    inside      inside.py                  the run folder, the streams that are kept
                   `-- build.py            path, calibration, programs and engine, one after another
                         |-- needs.py      what calibration has to show that the machine can do
                         |-- delays.py     the path's delay without queues, over the run
                         `-- cross.py      the programs of cross traffic

plan.py is what all of them know of the scenario; dry_run.py prints it as commands and touches nothing.
"""
