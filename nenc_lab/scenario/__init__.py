"""Reads scenario files, checks them and compiles them into a timeline.

Nothing is imported here, so that importing the package costs nothing until a scenario is loaded:

    load         load(file, overrides) -> Scenario; parse and dump for plain data; resolve for a command's targets
    schema       the models: the keys of a scenario file, with values in internal units
    timeline     capacity, delay, loss, shares and faults over time, for networks, engines, analysis and plots
    expect       compiles and evaluates the conditions that a scenario sets
    backends     the features that only the real network has
    traces       capacity traces: mahimahi and CSV
    markov       the LTE capacity model behind scenarios/traces/lte-markov.csv
    jsonschema   the JSON Schema, for completion in editors
"""
