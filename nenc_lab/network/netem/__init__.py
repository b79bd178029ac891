"""The real network: tbf, AQM and netem qdiscs of this kernel between network namespaces."""
