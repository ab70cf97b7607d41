"""Listening without writing anything down: how likely speech and a wake word are, window by window."""
