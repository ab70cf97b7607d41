"""`tangnet models push`, `keep` and `drop`: models on the nodes of the network."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from app.cluster import keeping
from app.commands.context import Context
from app.commands.output import size
from app.errors import UsageError
from app.events import DeploymentInfo, ModelInfo, NodeInfo
from app.runtime import Runtime

DISCOVERY_SECONDS = 2.5


async def push(context: Context) -> int:
    """`tangnet models push MODEL NODE…`."""
    from app.cluster.deployment import chosen

    arguments = context.arguments
    if not (arguments.nodes or arguments.all or arguments.label or arguments.zone):
        raise UsageError("To which nodes?", code="usage", hint="Name them, or use --all, --label L or --zone Z.")
    async with context.runtime() as runtime:
        context.output.progress("Looking for nodes")
        nodes = await runtime.cluster.discovered(DISCOVERY_SECONDS)
        targets = chosen(nodes, names=arguments.nodes, every=arguments.all, label=arguments.label, zone=arguments.zone)
        model = await _model(context, runtime, arguments.name)
        return await _follow(context, runtime, model.sha256, targets, arguments.rate)


async def keep(context: Context) -> int:
    """`tangnet models keep MODEL --on RULE`, and `--list`."""
    arguments, output = context.arguments, context.output
    if arguments.list or not arguments.name:
        return await _rules(context)
    if not arguments.on:
        raise UsageError("On which nodes?", code="usage", hint=f"--on RULE. {keeping.SYNTAX}")
    keeping.Rule.parse(arguments.on)
    async with context.runtime() as runtime:
        model = await _model(context, runtime, arguments.name)
        rule = keeping.Keep(model.name, model.sha256, arguments.on, arguments.rate)
        await asyncio.to_thread(keeping.put, runtime.home, rule)
        output.progress("Looking for nodes")
        nodes = await runtime.cluster.discovered(DISCOVERY_SECONDS)
        if output.json:
            output.line({"event": "keep", **_rule_json(rule, nodes)})
        else:
            output.text(f"{model.name} is kept on: {arguments.on}. That holds for {_names(rule, nodes)} now.")
            if closed := keeping.forbidden(rule, nodes):
                names = ", ".join(node.name for node in closed)
                output.text(f"It would hold for {names}, too, if this machine might administer there:")
                output.text("  tangnet-node grant NAME-OF-THIS-MACHINE administer")
        lacking = await runtime.cluster.lacking(rule)
        return await _follow(context, runtime, model.sha256, lacking, arguments.rate) if lacking else 0


async def drop(context: Context) -> int:
    """`tangnet models drop MODEL`."""
    arguments, output = context.arguments, context.output
    async with context.runtime() as runtime:
        rule = await asyncio.to_thread(keeping.drop, runtime.home, arguments.name)
        removed: list[DeploymentInfo] = []
        if arguments.remove:
            output.progress("Looking for nodes")
            nodes = await runtime.cluster.discovered(DISCOVERY_SECONDS)
            removed = await runtime.cluster.undeploy(rule.sha256, keeping.wanting(rule, nodes))
    if output.json:
        output.line({"event": "drop", "model": rule.model, "sha256": rule.sha256, "on": rule.on})
    else:
        output.text(f"{rule.model} is no longer kept on: {rule.on}.")
    for info in removed:
        _say(context, info)
    return 1 if any(info.state == "failed" for info in removed) else 0


def deployment_json(info: DeploymentInfo) -> dict[str, Any]:
    """Return what --json prints of a model on a node."""
    return {
        "event": "deployment",
        "node": info.node,
        "id": info.node_id,
        "model": info.model,
        "sha256": info.sha256,
        "state": info.state,
        "done": info.done,
        "total": info.total,
        "bytes_per_second": round(info.bytes_per_second),
        "message": info.message,
        "fetched": info.fetched,
        "served": info.served,
        "peers": info.peers,
        "dropped": list(info.dropped),
    }


async def _model(context: Context, runtime: Runtime, wanted: str) -> ModelInfo:
    """A model that this machine has; one of the catalogue is added first."""
    from app.cluster.deployment import here

    for second in (False, True):
        models = await runtime.cluster.models(catalogue=True)
        low = wanted.strip().lower()
        found = next((model for model in models if low in (model.name.lower(), model.sha256)), None)
        if found is not None and "local" in found.nodes:
            return found
        if found is None or second or not found.bytes:
            break
        async for step in runtime.cluster.add_model(found.name):
            context.output.progress(f"{found.name}: {step.step} {size(step.done)} of {size(step.total)}")
    raise here([model.name for model in models if "local" in model.nodes], wanted)


async def _follow(context: Context, runtime: Runtime, sha256: str, targets: Sequence[NodeInfo], rate: float) -> int:
    """Deploy and show how far each node is; the exit status is 1 unless all have it."""
    latest: dict[str, DeploymentInfo] = {}
    async for info in runtime.cluster.deploy(sha256, targets, rate=rate):
        before = latest.get(info.node_id)
        latest[info.node_id] = info
        if context.output.json:
            context.output.line(deployment_json(info))
            continue
        if info.ended or (before is not None and info.dropped != before.dropped):
            _say(context, info)
        context.output.progress(_line(latest))
    ready = {info.node_id for info in latest.values() if info.state == "ready"}
    left = [node for node in targets if node.id not in ready]
    for node in left:
        last = latest.get(node.id)
        if not context.output.json and last is not None and not last.ended:
            _say(context, last)
    return 1 if left else 0


def _say(context: Context, info: DeploymentInfo) -> None:
    if context.output.json:
        context.output.line(deployment_json(info))
        return
    details = f" ({size(info.total)})" if info.state == "ready" else f": {info.message}" if info.message else ""
    liars = f"; wrong pieces came from {', '.join(info.dropped)}" if info.dropped else ""
    context.output.text(f"{info.node}: {info.state}{details}{liars}")


def _line(latest: dict[str, DeploymentInfo]) -> str:
    own = latest.get("local")
    nodes = [info for id, info in latest.items() if id != "local"]
    if own is not None and own.state == "hashing":
        return f"hashing {size(own.done)} of {size(own.total)}"
    ready = sum(info.state == "ready" for info in nodes)
    total = sum(info.total for info in nodes)
    share = f"{sum(info.done for info in nodes) / total:.0%}" if total else "0%"
    speed = sum(info.bytes_per_second for info in nodes)
    return f"{ready} of {len(nodes)} nodes ready, {share} of all bytes, {size(int(speed))}/s"


async def _rules(context: Context) -> int:
    output = context.output
    async with context.runtime() as runtime:
        rules = await asyncio.to_thread(keeping.load, runtime.home)
        nodes = await runtime.cluster.discovered(DISCOVERY_SECONDS) if rules else ()
    for rule in rules:
        if output.json:
            output.line({"event": "keep", **_rule_json(rule, nodes)})
        else:
            have = [node.name for node in nodes if not node.local and keeping.has(node, rule.sha256)]
            closed = ", ".join(node.name for node in keeping.forbidden(rule, nodes))
            output.text(
                f"{rule.model} on {rule.on}: {_names(rule, nodes)}; there: {', '.join(have) or 'nowhere'}"
                + (f"; may not administer: {closed}" if closed else "")
            )
    if not rules and not output.json:
        output.text('No model is kept anywhere. tangnet models keep MODEL --on "memory >= 6 GB"')
    return 0


def _names(rule: keeping.Keep, nodes: Sequence[NodeInfo]) -> str:
    return ", ".join(node.name for node in keeping.wanting(rule, nodes)) or "no node"


def _rule_json(rule: keeping.Keep, nodes: Sequence[NodeInfo]) -> dict[str, Any]:
    return {
        "model": rule.model,
        "sha256": rule.sha256,
        "on": rule.on,
        "rate": rule.rate,
        "nodes": [node.name for node in keeping.wanting(rule, nodes)],
        "present": [node.name for node in nodes if not node.local and keeping.has(node, rule.sha256)],
    }
