"""The engine in real time and its programs: senders, receivers, cross traffic, and what they recorded."""
