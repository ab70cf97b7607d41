"""The assistant: window, command line, documents, conversations, choice of node. It never runs a model."""

__version__ = "0.1.0"
