"""All models of a cluster in one list; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.events import ModelInfo, NodeInfo


def models_of(here: Iterable[ModelInfo], nodes: Iterable[NodeInfo]) -> list[ModelInfo]:
    """Return each model once, with the names of the nodes that have it: by role, those that are present first.

    Args:
        here: What this machine has, or could fetch.
        nodes: All nodes; only paired ones count.
    """
    merged: dict[str, ModelInfo] = {}
    for info in here:
        _merge(merged, info, "local" if info.present else "")
    for node in nodes:
        if node.trusted and not node.local:
            for info in node.models:
                _merge(merged, replace(info, present=True), node.name)
    return sorted(merged.values(), key=lambda info: (info.role, not info.present, info.name))


def _merge(merged: dict[str, ModelInfo], info: ModelInfo, node: str) -> None:
    key = info.sha256 or f"{info.role}:{info.name}"
    known = merged.get(key)
    if known is None:
        merged[key] = replace(info, nodes=(node,) if node else ())
    else:
        nodes = known.nodes if not node or node in known.nodes else (*known.nodes, node)
        merged[key] = replace(known, nodes=nodes, present=known.present or info.present)
