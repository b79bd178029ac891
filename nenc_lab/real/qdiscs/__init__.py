"""The path of a run: network namespaces joined by veth pairs, and the qdiscs that emulate each hop."""
