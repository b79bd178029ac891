"""The loop of a run. READ THIS FIRST.

An encoder captures frames, a controller decides how many bits they may have, and a network carries them and brings back
reports of what arrived. One run is a handful of simpy processes that share one clock:

                      virtual time (virtual.py)                  real time (real/live/engine.py)
  every frame         encoder.encode -> network.send_frame       the sender program encodes and sends
  every control tick  controller.tick -> network.set_target      the sender program, or its controller in Python
  every report        network.send_report -> controller.feedback the receiver program reports to the sender

                      both (base.py)
  the timeline        makes each step of the path and each fault at its time, and records it as an event
  every few seconds   rows and events go to the recorder, either all of them or none
  the end             what was measured is recorded, even after a failure

base.Engine has what the two have in common. Its two subclasses differ in what moves the packets and in their clock:
simpy's own clock, which jumps from event to event, or the same clock held back to wall time (real/live/clock.py). Time
is an int in nanoseconds since the start of the run. Packets are never simpy events: the network moves them by itself
between two events.

  clock.py      simpy's environment, with integer times
  timeline.py   what can happen at a given time: a step of the path, or a fault
"""
