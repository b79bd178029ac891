"""What holds when in a scenario: compiled once, and read by both networks, the engines, the analysis and the plots.

    compiled   START HERE: `compile` makes a `Timeline` of a scenario
    steps      the entries of the scenario's timeline, one per hop that changes, in order of time
    hop        one hop over time: its capacity with ramps and traces, and everything else that may change
    pieces     a value that stays what it is until the next change
    faults     when each fault begins and ends, and what the events table says of it
    crossing   which hops a flow or cross traffic crosses
    delays     what packets take without queues, by the time at which they arrive
    shares     what each flow's fair share of the path is at an instant
    changes    what a flow has to react to, and the instants at which histograms are cut

Times are int64 nanoseconds from the start of the run, rates bit/s on the wire unless a name says otherwise.
"""

from nenc_lab.scenario.timeline.changes import KINDS, Change
from nenc_lab.scenario.timeline.compiled import Timeline, compile
from nenc_lab.scenario.timeline.crossing import WAYS, Way
from nenc_lab.scenario.timeline.faults import FaultStep
from nenc_lab.scenario.timeline.steps import Step

__all__ = ["KINDS", "WAYS", "Change", "FaultStep", "Step", "Timeline", "Way", "compile"]
