"""Tests of the parts of `app` that belong to no folder of their own."""
