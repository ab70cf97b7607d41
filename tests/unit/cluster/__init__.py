"""Tests: unit, the cluster."""
