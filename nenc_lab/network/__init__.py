"""When does it arrive? One table of networks: virtual (simpy's clock, packets in C) today."""
