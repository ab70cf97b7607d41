"""How this machine and this node are now: sensors, heartbeat, Prometheus text."""
