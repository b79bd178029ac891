"""The real network: serialising, queue and netem qdiscs of this kernel between network namespaces."""
