"""The loop of a run. READ THIS FIRST.

An encoder captures frames, a controller decides how many bits they may have, and a network carries them and brings back
reports of what arrived. One run is a handful of simpy processes that share one clock:

                         virtual time (virtual.py)                   real time (real/live/engine.py)
    every frame          encoder.encode -> network.send_frame        the sender program encodes and sends
    every control tick   controller.tick -> network.set_target       the sender program, or its controller in Python
    every report         network.send_report -> controller.feedback  the receiver program reports to the sender

                         both (base.py)
    the timeline         steps of the path and faults, each at its time, each an event of the run
    every few seconds    rows and events go to the recorder, all of them or none
    the end              whatever happened, what was measured until then is recorded

base.Engine is what both do. Its two subclasses differ in what moves the packets and in the clock: simpy's own, which
jumps from event to event, or the same clock held back to the wall (real/live/clock.py). Time is an int in nanoseconds
since the start of the run. Packets are never simpy events: between two events the network moves by itself.

    clock.py      simpy's environment, with times that are ints
    timeline.py   what can happen at a given time: a step of the path, a fault
"""
