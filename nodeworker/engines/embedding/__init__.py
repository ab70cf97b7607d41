"""Engines that turn texts into vectors or scores, and how calls are merged into batches."""
