"""Faults made on purpose: killed processes, broken networks, hostile neighbours; the long ones by their own command."""
