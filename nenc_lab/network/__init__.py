"""Networks that carry packets: the interface, and the virtual network (clock in simpy, packets in C)."""
