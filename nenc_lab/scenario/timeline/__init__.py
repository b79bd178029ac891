"""Compiles a scenario's timeline once, for both networks, the engines, the analysis and the plots.

    compiled   START HERE: `compile` turns a scenario into a `Timeline`
    steps      the entries of the scenario's timeline, one per hop that changes, in order of time
    hop        one hop over time: its capacity with ramps and traces, and its other keys
    pieces     a piecewise-constant value over time
    faults     when each fault begins and ends, and its texts in the events table
    crossing   the hops that a flow or cross traffic crosses
    delays     the delay of packets without queueing, by time of arrival
    shares     each flow's fair share of the path at a given time
    changes    the changes that a flow has to react to, and the times at which histograms are split

Times are int64 nanoseconds from the start of the run; rates are bit/s on the wire unless a name says otherwise.
"""

from nenc_lab.scenario.timeline.changes import KINDS, Change
from nenc_lab.scenario.timeline.compiled import Timeline, compile
from nenc_lab.scenario.timeline.crossing import WAYS, Way
from nenc_lab.scenario.timeline.faults import FaultStep
from nenc_lab.scenario.timeline.steps import Step

__all__ = ["KINDS", "WAYS", "Change", "FaultStep", "Step", "Timeline", "Way", "compile"]
