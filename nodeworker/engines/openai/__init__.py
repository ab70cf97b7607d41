"""The engine that fronts another server on this rig which speaks /v1/chat/completions."""
