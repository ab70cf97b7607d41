"""The models on this machine: what is known, fetched, checked, and refused."""
