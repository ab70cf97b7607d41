"""Setting up: what tangnet.py does before the program can start. Standard library only."""
