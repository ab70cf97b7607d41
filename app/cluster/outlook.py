"""How soon an answer would be there, place by place, before anybody asks: what the router reckons with, and no more.

A time is told only where it rests on a measured rate of that node; what routing guesses of a node that was never asked
orders the nodes, but is shown to nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.cluster.placing import Placing
from app.cluster.routing import USABLE, can_chat, may_use
from app.errors import NodeError
from app.events import ModelInfo, NodeInfo
from app.messages import NODE
from app.thinking import ChatMessage, ChatRequest

ONLY_LOCAL = "only-local"
PASSAGE_TOKENS = 200
"""What a passage has, nearly (app/rag/chunking.py)."""
AROUND_TOKENS = 120
"""Instructions of the prompt."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer made at one place would take now."""

    node: str = ""
    """Name of the node that would be asked, "local" for this machine; "" = none can."""
    first_ms: float | None = None
    """Until the first word; None: not known yet."""
    total_ms: float | None = None
    """Until a typical answer has ended; None: not known yet."""
    trouble: str = ""
    """Why it cannot be made there, in one sentence."""


Outlook = Mapping[str, Expected]
"""By place: automatic, local, cluster, only-local, and "node:NAME" of each paired node."""


def likely(text: str, *, passages: int, said: int = 0, max_tokens: int = 512, model: str = "") -> ChatRequest:
    """Return a request as large as that of a question will be.

    Args:
        text: What is typed so far.
        passages: Passages of documents that the model will read; 0 = none.
        said: Characters of the conversation until now that the model reads again.
        max_tokens: Longest answer.
        model: Preferred model, as in ChatRequest.
    """
    before = "." * (3 * (AROUND_TOKENS + PASSAGE_TOKENS * passages) + min(said, 3000))
    return ChatRequest((ChatMessage("user", before + text),), "outlook", max_tokens=max_tokens, model=model)


def outlook(placing: Placing, nodes: Sequence[NodeInfo], request: ChatRequest, prefer: str) -> Outlook:
    """Return what `request` would take everywhere; `prefer` is the setting nodes.prefer."""
    found = {"": _expected(placing, nodes, request, prefer)}
    for place in ("automatic", "local", "cluster"):
        found[place] = _expected(placing, nodes, replace(request, prefer=place), prefer)
    found[ONLY_LOCAL] = _expected(placing, nodes, replace(request, node="local"), prefer)
    for word, _ in choosable(nodes):
        found[word] = _expected(placing, nodes, replace(request, node=word.removeprefix(NODE)), prefer)
    return found


def choosable(nodes: Sequence[NodeInfo]) -> list[tuple[str, NodeInfo]]:
    """Return the other machines that may be chosen: paired, with the right to be asked, and a chat model.

    Each with the word for it: by its name, or by its id where several have that name.
    """
    machines = [node for node in nodes if node.trusted and not node.local]
    same = Counter(node.name.lower() for node in machines)
    same["local"] += 2  # always means this machine
    return [
        (NODE + (node.name if same[node.name.lower()] == 1 else node.id[:12]), node)
        for node in machines
        if may_use(node) and (can_chat(node) or node.state not in USABLE)
    ]


def _expected(placing: Placing, nodes: Sequence[NodeInfo], request: ChatRequest, prefer: str) -> Expected:
    try:
        order = placing.order(nodes, request, prefer=prefer)
    except NodeError as error:
        return Expected(trouble=error.message)
    if not order:
        return Expected(trouble="No node can answer now.")
    choice = order[0]
    reads, writes = _measured(choice.node, choice.model)
    name = "local" if choice.node.local else choice.node.name
    return Expected(
        name,
        choice.prediction.first_ms if reads and writes else None,
        choice.prediction.total_ms if reads and writes else None,
    )


def _measured(node: NodeInfo, model: ModelInfo | None) -> tuple[bool, bool]:
    """Return whether it is known how quickly the node reads, and writes."""
    reads = bool(node.prefill_rate or (model is not None and model.prefill_rate))
    return reads, bool(node.decode_rate or (model is not None and model.decode_rate))
