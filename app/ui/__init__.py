"""The window: the only package that imports Qt. It never runs a model and never waits on its own thread."""
