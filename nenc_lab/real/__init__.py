"""The real network: a sandbox to run in, qdiscs for the path, and senders and receivers with real packets."""
