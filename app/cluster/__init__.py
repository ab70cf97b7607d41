"""The cluster: discovery, trust, node clients, routing, failover, and the node on this very machine."""
