"""The simulated engine: takes the time that a model would, and says so."""
