"""Unit tests of nodeworker."""
