"""Tests of the library's parts, each alone."""
