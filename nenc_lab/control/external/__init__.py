"""Users' own controllers, from shared objects.

controller   checks and completes the decisions, and names failures
link         what the two ways to call the user's code have in common
isolated     calls it in a process of its own (the default)
in_process   calls it in the lab's process (``isolate: false``)
symbols      finds out whether a shared object itself defines a symbol
"""
