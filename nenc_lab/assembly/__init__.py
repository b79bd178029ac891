"""What a run needs on every network: the settings of its parts, from the scenario, and the folder it is recorded in."""
