"""Engines in processes of their own: the process, its frames, its end."""
