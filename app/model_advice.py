"""Which models a machine has the memory for, how quickly they would answer there, and what to put where. Pure.

Speeds are measured ones, or estimates from another model measured on the same machine: each token reads all
weights once, so that the speed falls as the file grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.events import ModelInfo, NodeInfo

Fit = Literal["fits", "tight", "no", "unknown"]
GROWTH, BESIDE = 1.6, 100_000_000
"""Memory of a loaded chat model: that many times its file, for its cache, and that many bytes. Seen: 98 MB -> 222 MB,
491 MB -> 658 MB, 1,117 MB -> 1,870 MB."""
LEFT, LEFT_SHARE = 1_000_000_000, 0.4
"""Bytes of memory that the system and other programs need, or that share of a small one."""
READING = 4.0
"""Tokens/s below which a reader waits for the words."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens/s of a model on a machine."""

    rate: float
    measured: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """The best chat model for a machine."""

    node: NodeInfo
    model: ModelInfo
    speed: Speed | None
    there: bool
    """The machine has it already."""


def memory_needed(model: ModelInfo) -> int:
    """Return about how many bytes of memory a model takes while it is loaded."""
    return round(model.bytes * GROWTH) + BESIDE


def fit(model: ModelInfo, node: NodeInfo) -> Fit:
    """Tell whether a machine has the memory for a model; "tight": not much else may run there."""
    if node.memory_total_bytes <= 0:
        return "unknown"
    needed = memory_needed(model)
    room = node.memory_total_bytes - min(LEFT, node.memory_total_bytes * LEFT_SHARE)
    if needed <= room / 2:
        return "fits"
    return "tight" if needed <= room else "no"


def speed(model: ModelInfo, node: NodeInfo) -> Speed | None:
    """Return how quickly a chat model writes on a machine; None: nothing was measured there."""
    known = [one for one in node.models if one.role == "chat" and one.decode_rate > 0 and one.bytes > 0]
    for one in known:
        if one.sha256 == model.sha256:
            return Speed(one.decode_rate, measured=True)
    if not known or model.bytes <= 0:
        return None
    nearest = min(known, key=lambda one: abs(one.bytes - model.bytes))
    return Speed(nearest.decode_rate * nearest.bytes / model.bytes, measured=False)


def advice(nodes: Iterable[NodeInfo], models: Sequence[ModelInfo]) -> list[Advice]:
    """Return the best trustworthy chat model for each own machine whose memory is known, this machine first."""
    found = []
    for node in nodes:
        if not node.trusted:
            continue
        candidates = []
        for model in models:
            if model.role == "chat" and model.trustworthy and fit(model, node) in ("fits", "tight"):
                likely = speed(model, node)
                if likely is None or likely.rate >= READING:
                    candidates.append((model.parameters or model.bytes, model, likely))
        if candidates:
            _, best, likely = max(candidates, key=lambda one: one[0])
            name = "local" if node.local else node.name
            found.append(Advice(node, best, likely, name in best.nodes))
    return sorted(found, key=lambda one: not one.node.local)
