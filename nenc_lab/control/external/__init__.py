"""Controllers of the user's own, from a shared object.

controller   checks and completes the decisions, names failures
link         what the two ways to the user's code have in common
isolated     the way into a process of its own (the default)
in_process   the way into the lab's process (``isolate: false``)
symbols      whether a shared object itself defines a symbol
"""
