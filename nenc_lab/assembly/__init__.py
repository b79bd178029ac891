"""What runs on every network share: the settings of their parts, made from the scenario, and the recording of a run."""
