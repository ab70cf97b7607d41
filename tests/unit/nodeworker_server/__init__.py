"""Tests: the serving half of the node."""
