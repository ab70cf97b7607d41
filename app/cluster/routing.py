"""Which node makes an answer, and why in one sentence: pure functions over a snapshot of the nodes.

The order is made of four questions, the first that decides counts:

1. Does the node have the model that was asked for (request.model, by name or sha256)?
2. What do the settings say (nodes.prefer: automatic, local, cluster)? It is an order, not a wall: the others stay
   behind as a place to go on when the preferred ones are lost.
3. Is the node's model good enough to be trusted? A weak model that is quick is no bargain.
4. Which is predicted to finish first? Within 10 % of the quickest, a remote node wins: it spares this machine.

The prediction is queue + start + prefill + decode of a typical answer, from measured rates where there are some.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.errors import ModelError, NodeError, NodeLost
from app.events import ModelInfo, NodeInfo
from app.thinking import ChatRequest

USABLE = frozenset({"ready", "busy", "loading", "stopped"})
"""States of a node that may be asked. "stopped" is this machine's node before its first use."""
TIE = 1.10
TYPICAL_ANSWER = 128
"""Tokens; a shorter limit in the request takes its place."""
CHARACTERS_A_TOKEN = 3.5
START_MS = 3000.0
"""A local node that does not run yet: interpreter, engine library, model."""
LOAD_BYTES_PER_MS = 150_000.0
"""Reading a model from an SD card, conservatively."""
CPU_BYTES_PER_SECOND = 2.0e9
"""Memory traffic that decoding gets on an unmeasured CPU: a Raspberry Pi 5 manages more."""
ACCELERATOR_BYTES_PER_SECOND = 60.0e9
PREFILL_FACTOR = 3.0
"""An unmeasured node reads this many times faster than it writes (a Pi: 35–45 against 12)."""
UNKNOWN_MODEL_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Choice:
    """A node that can make the answer. Times are predictions in milliseconds from now."""

    node: NodeInfo
    model: ModelInfo | None
    """The chat model to use; None while a local node that has not been started keeps its models unknown."""
    reason: str
    predicted_first_ms: float
    predicted_total_ms: float


def rank(
    nodes: Sequence[NodeInfo], request: ChatRequest, *, prefer: str = "automatic", avoid: Collection[str] = ()
) -> list[Choice]:
    """Return the nodes that can answer, best first; empty when there is none.

    Args:
        nodes: Snapshot of all known nodes.
        request: What is asked; `node` pins it to one node, `model` prefers a model.
        prefer: The setting nodes.prefer.
        avoid: Ids of nodes that failed for this request; they come last, not never.

    Raises:
        NodeError: the node that was asked for by name is unknown, not trusted or cannot answer now.
    """
    if request.node:
        node = named(nodes, request.node)
        _refuse_unusable(node)
        return [_choice(node, request, f"You asked for {_say(node)}.")]
    able = [node for node in nodes if node.trusted and node.state in USABLE and can_chat(node)]
    choices = _ordered([_choice(node, request, "") for node in able], request, prefer)
    kept = [choice for choice in choices if choice.node.id not in avoid]
    kept += [choice for choice in choices if choice.node.id in avoid]
    return [
        Choice(
            choice.node,
            choice.model,
            _reason(choice, kept, request, prefer, avoid),
            choice.predicted_first_ms,
            choice.predicted_total_ms,
        )
        for choice in kept
    ]


def named(nodes: Sequence[NodeInfo], wanted: str) -> NodeInfo:
    """Return the node of that name or id prefix ("local": this machine). Raises NodeError when it isn't exactly one."""
    low = wanted.strip().lower()
    found = [node for node in nodes if (node.local if low == "local" else not node.local and node.name.lower() == low)]
    found = [node for node in found if node.trusted] or found
    if not found and len(low) >= 4:
        found = [node for node in nodes if not node.local and node.id.startswith(low)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(node.id[:8] for node in found)
        raise NodeError(f"Several nodes are called {wanted}.", code="node_ambiguous", hint=f"Use an id instead: {ids}.")
    known = ", ".join(node.name for node in nodes if node.trusted)
    raise NodeError(f"There is no node called {wanted}.", code="node_unknown", hint=f"Known nodes: {known or 'none'}.")


def can_chat(node: NodeInfo) -> bool:
    """Tell whether the node has a chat model, or may have one because it is only starting and has not said yet."""
    unknown = node.local and not node.models and node.state in ("stopped", "loading")
    return unknown or any(model.role == "chat" for model in node.models)


def pick_model(node: NodeInfo, wanted: str = "") -> ModelInfo | None:
    """Return the node's chat model of that name or sha256, else its best: trustworthy first, then the largest."""
    models = [model for model in node.models if model.role == "chat"]
    matching = [model for model in models if wanted and wanted in (model.name, model.sha256)]
    return max(matching or models, key=lambda model: (model.trustworthy, model.parameters, model.bytes), default=None)


def _refuse_unusable(node: NodeInfo) -> None:
    if not node.trusted:
        raise NodeError(
            f"{node.name} is not paired with this machine.",
            code="not_paired",
            hint=f"Run `tangnet-node pair` on it, then `tangnet pair {node.name}` here.",
        )
    if node.state not in USABLE:
        raise NodeLost(f"{_say(node, start=True)} is {node.state}.", hint="Leave out --node to use another one.")
    if not can_chat(node):
        raise ModelError(
            f"{_say(node, start=True)} has no chat model.",
            code="model_missing",
            hint="`tangnet models list` shows what there is.",
        )


def _choice(node: NodeInfo, request: ChatRequest, reason: str) -> Choice:
    model = pick_model(node, request.model)
    decode, prefill = _rates(node, model)
    prompt = sum(len(message.content) + 8 for message in request.messages) / CHARACTERS_A_TOKEN
    answer = min(request.max_tokens or TYPICAL_ANSWER, TYPICAL_ANSWER)
    decode_ms = 1000.0 * answer / decode
    first = _start_ms(node, model) + _queue_ms(node, decode_ms) + 1000.0 * prompt / prefill
    return Choice(node, model, reason, first, first + decode_ms)


def _rates(node: NodeInfo, model: ModelInfo | None) -> tuple[float, float]:
    weight = float(model.bytes) if model and model.bytes else float(UNKNOWN_MODEL_BYTES)
    traffic = ACCELERATOR_BYTES_PER_SECOND if node.accelerator else CPU_BYTES_PER_SECOND
    measured = model.decode_rate if model else 0.0
    decode = node.decode_rate or measured or min(traffic / weight, 100.0)
    prefill = node.prefill_rate or (model.prefill_rate if model else 0.0) or decode * PREFILL_FACTOR
    return max(decode, 0.01), max(prefill, 0.01)


def _start_ms(node: NodeInfo, model: ModelInfo | None) -> float:
    load = (model.bytes if model else UNKNOWN_MODEL_BYTES) / LOAD_BYTES_PER_MS
    if node.state == "stopped" or not node.models:
        return START_MS + load
    chat = next((engine for engine in node.engines if engine.role == "chat"), None)
    if chat is None or chat.state == "ready":
        return 0.0
    return load * (1.0 - chat.progress) if chat.state == "loading" else load


def _queue_ms(node: NodeInfo, decode_ms: float) -> float:
    slots = max(node.slots, 1)
    ahead = node.queued + max(node.active - slots + 1, 0)
    return decode_ms * ahead / slots


def _ordered(choices: list[Choice], request: ChatRequest, prefer: str) -> list[Choice]:
    groups: dict[tuple[bool, bool, bool], list[Choice]] = {}
    for choice in choices:
        groups.setdefault(_class(choice, request, prefer), []).append(choice)
    return [choice for key in sorted(groups) for choice in _by_time(groups[key])]


def _class(choice: Choice, request: ChatRequest, prefer: str) -> tuple[bool, bool, bool]:
    wanted = not has_wanted(choice.model, request.model)
    against = {"local": not choice.node.local, "cluster": choice.node.local}.get(prefer, False)
    return wanted, against, not (choice.model and choice.model.trustworthy)


def has_wanted(model: ModelInfo | None, wanted: str) -> bool:
    """Tell whether `model` is the one asked for by name or sha256; any will do when none was asked for."""
    return not wanted or (model is not None and wanted in (model.name, model.sha256))


def _by_time(choices: list[Choice]) -> list[Choice]:
    # Taking the best one by one keeps "within 10 % of the quickest" an order even though it is not transitive.
    left = sorted(choices, key=lambda choice: (choice.predicted_total_ms, choice.node.local, choice.node.id))
    ordered = []
    while left:
        limit = left[0].predicted_total_ms * TIE
        best = next((c for c in left if c.predicted_total_ms <= limit and not c.node.local), left[0])
        left.remove(best)
        ordered.append(best)
    return ordered


def _reason(
    choice: Choice, choices: Sequence[Choice], request: ChatRequest, prefer: str, avoid: Collection[str]
) -> str:
    name = _say(choice.node, start=True)
    rivals = [other for other in choices if other is not choice and other.node.id not in avoid]
    if not rivals:
        return f"{name} is the only one that can answer now."
    rival = rivals[0]
    mine, theirs = _class(choice, request, prefer), _class(rival, request, prefer)
    if mine[0] < theirs[0]:
        return f"{name} has the model {request.model}."
    if mine[1] < theirs[1]:
        return (
            f"{name} comes first because the settings prefer {'this machine' if choice.node.local else 'the cluster'}."
        )
    if mine[2] < theirs[2] and choice.model:
        weak = f"that of {_say(rival.node)} is too weak to be trusted"
        return f"{name} has the better model ({choice.model.name}); {weak}."
    if mine != theirs:
        return f"{name} stands in where better ones failed."
    times = f"about {_seconds(choice)}, {_say(rival.node)} about {_seconds(rival)}"
    if choice.predicted_total_ms <= rival.predicted_total_ms:
        return f"{name} is quickest: {times}."
    if rival.node.local and choice.predicted_total_ms <= rival.predicted_total_ms * TIE:
        return f"{name} is about as quick and spares this machine: {times}."
    return f"{name} comes next: {times}."


def _seconds(choice: Choice) -> str:
    seconds = choice.predicted_total_ms / 1000.0
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _say(node: NodeInfo, *, start: bool = False) -> str:
    if node.local:
        return "This machine" if start else "this machine"
    return node.name
