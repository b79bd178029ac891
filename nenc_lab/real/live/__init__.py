"""The engine in real time and the programs it runs: senders, receivers, cross traffic, and what they recorded."""
