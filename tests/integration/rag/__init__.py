"""Tests of the library with a real LanceDB, real files and real processes."""
