"""The models of several nodes as one list; pure."""

from __future__ import annotations

from dataclasses import replace

from app.events import ModelInfo


def merge(merged: dict[str, ModelInfo], info: ModelInfo, node: str) -> None:
    """Add a model of `node` ("" = of none) to `merged`, where the same model of another node may stand already."""
    key = info.sha256 or f"{info.role}:{info.name}"
    known = merged.get(key)
    if known is None:
        merged[key] = replace(info, nodes=(node,) if node else ())
    else:
        nodes = known.nodes if not node or node in known.nodes else (*known.nodes, node)
        merged[key] = replace(known, nodes=nodes, present=known.present or info.present)
