"""What is measured of a model on this machine, and what is made of it."""
