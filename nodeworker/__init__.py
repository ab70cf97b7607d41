"""The node: everything that runs a model, behind one gRPC contract. Imports nothing of `app` and no Qt."""

__version__ = "0.1.0"
