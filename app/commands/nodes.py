"""`tangnet nodes`: which nodes there are and how they do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from app.commands.context import Context
from app.events import NodeInfo

DISCOVERY_SECONDS = 2.5


def node_json(node: NodeInfo, now: float, prediction_error: float | None = None) -> dict[str, Any]:
    """Return what --json prints of a node; `age_ms` is the time since its last word, null if it never said one.

    `prediction_error`: how far the predicted times to its first token were off lately, 0 to 1; null before the first.
    """
    return {
        "name": node.name,
        "id": node.id,
        "address": node.address,
        "zone": node.zone,
        "labels": list(node.labels),
        "trusted": node.trusted,
        "state": node.state,
        "models": [
            {"name": model.name, "role": model.role, "sha256": model.sha256, "trustworthy": model.trustworthy}
            for model in node.models
        ],
        "load": {
            "active": node.active,
            "queued": node.queued,
            "slots": node.slots,
            "decode_rate": node.decode_rate,
            "prefill_rate": node.prefill_rate,
            "memory_used_bytes": node.memory_used_bytes,
            "memory_total_bytes": node.memory_total_bytes,
            "cpu_percent": node.cpu_percent,
            "temperature_c": node.temperature_c,
            "throttled": node.throttled,
            "under_voltage": node.under_voltage,
            "power_watts": node.power_watts,
            "predicted_wait_ms": node.predicted_wait_ms,
            "kv_cells": node.kv_cells,
            "free_kv_cells": node.free_kv_cells,
            "latency_ms": node.latency_ms,
        },
        "age_ms": round((now - node.seen_at) * 1000) if node.seen_at else None,
        "local": node.local,
        "pairing": node.pairing,
        "simulated": node.simulated,
        "hardware": node.hardware,
        "rights": sorted(node.rights),
        "prediction_error": None if prediction_error is None else round(prediction_error, 3),
    }


async def run(context: Context) -> int:
    """List nodes, with --watch until interrupted; return the exit status."""
    async with context.runtime() as runtime:
        context.output.progress("Looking for nodes")
        nodes = await runtime.cluster.discovered(DISCOVERY_SECONDS)
        _print(context, nodes, runtime.cluster.prediction_error)
        if context.arguments.watch:
            shown = nodes
            async for nodes in runtime.cluster.watch():
                if nodes != shown:
                    shown = nodes
                    _print(context, nodes, runtime.cluster.prediction_error)
    return 0


def _print(context: Context, nodes: tuple[NodeInfo, ...], error_of: Callable[[str], float | None]) -> None:
    now = time.monotonic()
    for node in nodes:
        error = error_of(node.id)
        if context.output.json:
            context.output.line(node_json(node, now, error))
            continue
        trust = "this machine" if node.local else "trusted" if node.trusted else "not paired"
        models = ", ".join(model.name for model in node.models if model.role == "chat")
        where = "" if node.local else f" at {node.address}"
        said = [f"{node.name}{where}: {node.state}", trust, node.zone and f"zone {node.zone}", *node.labels, models]
        said.append("" if error is None else f"predictions off by {error:.0%}")
        context.output.text(", ".join(filter(None, said)))
    if context.arguments.watch and not context.output.json:
        context.output.text("")
