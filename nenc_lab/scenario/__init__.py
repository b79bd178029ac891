"""What a run is asked to do: scenario files, read, checked and turned into a timeline.

Nothing is imported here, so that the package costs nothing until a scenario is loaded:

    load         load(file, overrides) -> Scenario; parse and dump for plain data; resolve for targets of a command
    schema       the models: the words of a scenario file, values in inside units
    timeline     what happens when: steps for the engine, changes and marks for the analysis
    expect       the conditions a scenario sets, compiled and judged
    backends     what the virtual network cannot do, and the real one can
    traces       capacity traces: mahimahi and CSV
    markov       the LTE capacity model behind scenarios/traces/lte-markov.csv
    jsonschema   the JSON Schema editors complete from
"""
