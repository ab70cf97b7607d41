"""Which node makes an answer, and why in one sentence: pure functions over a snapshot of the nodes.

The order is made of five questions, the first that decides counts:

1. Does the prompt fit into the context of the node's model?
2. Does the node have the model that was asked for (request.model, by name or sha256)?
3. What do the settings say (nodes.prefer: automatic, local, cluster)? It is an order, not a wall: the others stay
   behind as a place to go on when the preferred ones are lost.
4. Is the node's model good enough to be trusted? A weak model that is quick is no bargain.
5. Which is predicted to finish first (app/cluster/prediction.py)? Within 10 % of the quickest, a remote node wins, for
   it spares this machine, and of those one in this machine's zone. In a crowd the better of two of the quickest,
   drawn by the request's id, is taken: several desktops must not all run to the same node.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from app.cluster.prediction import NOTHING, TYPICAL_ANSWER, Placed, Prediction, Question, fits, predict
from app.errors import ModelError, NodeError, NodeLost
from app.events import ModelInfo, NodeInfo
from app.thinking import ChatRequest

USABLE = frozenset({"ready", "busy", "loading", "stopped"})
"""States of a node that may be asked. "stopped" is this machine's node before its first use."""
TIE = 1.10
USE = "use"
"""The right to have answers made."""
CROWD = 20
"""Nodes above which not the quickest is taken but the better of two."""
NEAR = 2.0
"""Those two are drawn from the nodes that take at most that many times as long as the quickest."""
_NONE_PLACED: Mapping[str, Placed] = MappingProxyType({})
_NO_FACTORS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Choice:
    """A node that can make the answer."""

    node: NodeInfo
    model: ModelInfo | None
    """The chat model to use; None while a local node that has not been started keeps its models unknown."""
    prediction: Prediction
    fits: bool = True
    """Whether the prompt fits into the model's context, as far as that can be told before it is tokenised."""
    why: Callable[[Choice], str] = field(default=lambda _: "", compare=False, repr=False)
    """Makes the sentence: not before somebody reads it, for of a thousand nodes one is shown."""

    @property
    def reason(self) -> str:
        """Why it stands where it stands, in one sentence."""
        return self.why(self)


def rank(
    nodes: Sequence[NodeInfo],
    request: ChatRequest,
    *,
    prefer: str = "automatic",
    avoid: Collection[str] = (),
    placed: Mapping[str, Placed] = _NONE_PLACED,
    learned: Mapping[str, float] = _NO_FACTORS,
    typical: float = TYPICAL_ANSWER,
    now: float | None = None,
) -> list[Choice]:
    """Return the nodes that can answer, best first; empty when there is none.

    Args:
        nodes: Snapshot of all known nodes.
        request: What is asked; `node` pins it to one node, `model` prefers a model.
        prefer: The setting nodes.prefer.
        avoid: Ids of nodes that failed for this request; they come last, not never.
        placed: What was given to a node (by id) since it last said how busy it is.
        learned: How many times as long as predicted a node (by id) took lately.
        typical: Tokens that an answer has.
        now: On the clock of `seen_at`; None: nodes are as they said.

    Raises:
        NodeError: the node that was asked for by name is unknown, not trusted or cannot answer now; or there are nodes,
            but none in request.zones.
    """
    question = Question.of(request, typical=typical)
    seeing = any(message.images for message in request.messages)
    prefer = request.prefer or prefer

    why: Callable[[Choice], str]

    def choice(node: NodeInfo) -> Choice:
        model = pick_model(node, request.model, seeing=seeing)
        given, late = placed.get(node.id, NOTHING), learned.get(node.id, 1.0)
        predicted = predict(node, model, question, placed=given, correction=late, now=now)
        return Choice(node, model, predicted, fits(model, question), why)

    if request.node:
        node = named(nodes, request.node)
        _refuse_unusable(node)
        if not in_zones(node, request.zones):
            raise _outside(f"{_say(node, start=True)} is outside the zones", request.zones)
        if seeing and not sees(node):
            raise _blind(f"{_say(node, start=True)} has no model that sees pictures.")
        why = _asked_for
        return [choice(node)]
    able = [node for node in nodes if node.trusted and node.state in USABLE and may_use(node) and can_chat(node)]
    allowed = [node for node in able if in_zones(node, request.zones)]
    if able and not allowed:
        raise _outside("None of the nodes that could answer now is in the zones", request.zones)
    allowed = [node for node in allowed if not seeing or sees(node)]
    if able and not allowed:
        raise _blind("No node that could answer now has a model that sees pictures.")
    ranked: list[Choice] = []

    why = partial(_reason, choices=ranked, request=request, prefer=prefer, avoid=avoid)
    home = next((node.zone for node in nodes if node.local), "")
    fresh = [choice(node) for node in allowed if node.id not in avoid]
    failed = [choice(node) for node in allowed if node.id in avoid] if avoid else []
    ranked += _ordered(fresh, request, prefer, home) + _ordered(failed, request, prefer, home)
    return ranked


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


def in_zones(node: NodeInfo, zones: Collection[str]) -> bool:
    """Tell whether a node may answer under a zone rule; empty `zones` means no rule, "local" in it this machine."""
    if not zones:
        return True
    # A node says itself which zone it is in; none may pass as this machine by calling its zone "local".
    return "local" in zones if node.local else node.zone != "local" and node.zone in zones


def may_use(node: NodeInfo) -> bool:
    """Tell whether this machine may ask the node for answers; one that doesn't say (an older one) is tried."""
    return not node.rights or USE in node.rights


def can_chat(node: NodeInfo) -> bool:
    """Tell whether the node has a chat model, or may have one because it is only starting and has not said yet."""
    unknown = node.local and not node.models and node.state in ("stopped", "loading")
    return unknown or any(model.role == "chat" for model in node.models)


def sees(node: NodeInfo) -> bool:
    """Tell whether the node has a chat model that sees pictures."""
    return any(model.role == "chat" and model.vision for model in node.models)


def pick_model(node: NodeInfo, wanted: str = "", *, seeing: bool = False) -> ModelInfo | None:
    """Return the node's chat model of that name or sha256, else its best: trustworthy first, then the largest.

    `seeing`: of those that see pictures.
    """
    models = [model for model in node.models if model.role == "chat" and (model.vision or not seeing)]
    matching = [model for model in models if wanted and wanted in (model.name, model.sha256)]
    return max(matching or models, key=lambda model: (model.trustworthy, model.parameters, model.bytes), default=None)


def _refuse_unusable(node: NodeInfo) -> None:
    if not node.trusted:
        raise NodeError(
            f"{node.name} is not paired with this machine.",
            code="not_paired",
            hint=f"Run `tangnet-node pair` on it, then `tangnet pair {node.name}` here.",
        )
    if not may_use(node):
        raise NodeError(
            f"{node.name} does not let this machine ask it: it may only {', '.join(sorted(node.rights))} there.",
            code="not_allowed",
            hint=f"On it: tangnet-node grant, with this machine's name and {USE}.",
        )
    if node.state not in USABLE:
        raise NodeLost(
            f"{_say(node, start=True)} is {node.state}.",
            hint="Let any node answer: automatic at the text box, or without --node.",
        )
    if not can_chat(node):
        raise ModelError(
            f"{_say(node, start=True)} has no chat model.",
            code="model_missing",
            hint="`tangnet models list` shows what there is.",
        )


def _blind(what: str) -> NodeError:
    return NodeError(what, code="unsupported", hint="Ask without the picture, or use a node whose model sees.")


def _outside(what: str, zones: Collection[str]) -> NodeError:
    said = ", ".join("this machine" if zone == "local" else zone for zone in sorted(zones))
    return NodeError(
        f"{what} where these documents may be answered ({said}).",
        code="zone_rule",
        hint="`tangnet nodes` shows the zones of nodes; the rule stands in the settings.",
    )


def _ordered(choices: list[Choice], request: ChatRequest, prefer: str, home: str) -> list[Choice]:
    groups: dict[tuple[bool, ...], list[Choice]] = {}
    for choice in choices:
        groups.setdefault(_class(choice, request, prefer), []).append(choice)
    return [choice for key in sorted(groups) for choice in _by_time(groups[key], home, request.request_id)]


def _class(choice: Choice, request: ChatRequest, prefer: str) -> tuple[bool, ...]:
    wanted = not has_wanted(choice.model, request.model)
    against = {"local": not choice.node.local, "cluster": choice.node.local}.get(prefer, False)
    return not choice.fits, wanted, against, not (choice.model and choice.model.trustworthy)


def has_wanted(model: ModelInfo | None, wanted: str) -> bool:
    """Tell whether `model` is the one asked for by name or sha256; any will do when none was asked for."""
    return not wanted or (model is not None and wanted in (model.name, model.sha256))


def _by_time(choices: list[Choice], home: str, request_id: str) -> list[Choice]:
    ordered = sorted(choices, key=lambda choice: (choice.prediction.total_ms, choice.node.local, choice.node.id))
    if len(ordered) > CROWD:
        limit = ordered[0].prediction.total_ms * NEAR
        near = sum(choice.prediction.total_ms <= limit for choice in ordered)
        drawn = sorted(random.Random(request_id).sample(range(near), min(2, near)))
        first = drawn[_of_equals([ordered[place] for place in drawn], home)]
    else:
        first = _of_equals(ordered, home)
    ordered.insert(0, ordered.pop(first))
    return ordered


def _of_equals(ordered: Sequence[Choice], home: str) -> int:
    """Return the place of the one to take of those that are as good as the first: a remote one, from this zone."""
    limit = ordered[0].prediction.total_ms * TIE
    tied = [place for place, one in enumerate(ordered) if one.prediction.total_ms <= limit and not one.node.local]
    near_by = [place for place in tied if home and ordered[place].node.zone == home]
    return next(iter(near_by or tied), 0)


def _asked_for(choice: Choice) -> str:
    return f"You asked for {_say(choice.node)}."


def _reason(
    choice: Choice, choices: Sequence[Choice], request: ChatRequest, prefer: str, avoid: Collection[str]
) -> str:
    name = _say(choice.node, start=True)
    rivals = [other for other in choices if other is not choice and other.node.id not in avoid]
    if not rivals:
        return f"{name} is the only one that can answer now."
    rival = rivals[0]
    mine, theirs = _class(choice, request, prefer), _class(rival, request, prefer)
    differs = next((place for place, (my, their) in enumerate(zip(mine, theirs, strict=True)) if my != their), None)
    if differs is not None and mine[differs]:
        return f"{name} stands in where better ones failed."
    if differs == 0:
        return f"{name} has room for the whole prompt, {_say(rival.node)} has not."
    if differs == 1:
        return f"{name} has the model {request.model}."
    if differs == 2:
        whom = "this machine" if choice.node.local else "the cluster"
        return f"{name} comes first because the settings prefer {whom}."
    if differs == 3 and choice.model:
        weak = f"that of {_say(rival.node)} is too weak to be trusted"
        return f"{name} has the better model ({choice.model.name}); {weak}."
    times = f"about {_seconds(choice)}{_parts(choice)}, {_say(rival.node)} about {_seconds(rival)}"
    if choice.prediction.total_ms <= rival.prediction.total_ms:
        return f"{name} is quickest: {times}."
    if choice is choices[0] and rival.node.local:
        return f"{name} is about as quick and spares this machine: {times}."
    if choice is choices[0]:
        return f"{name} is one of the quickest: {times}."
    return f"{name} comes next: {times}."


def _seconds(choice: Choice) -> str:
    return _spoken(choice.prediction.total_ms)


def _spoken(milliseconds: float) -> str:
    seconds = milliseconds / 1000.0
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _parts(choice: Choice) -> str:
    """What takes long before the first word, and what is saved: " (0.8 s queue, 900 tokens remembered)"."""
    found = choice.prediction
    told = (
        (found.start_ms, f"{_spoken(found.start_ms)} to start"),
        (found.wait_ms, f"{_spoken(found.wait_ms)} queue"),
        (found.read_ms, f"{_spoken(found.read_ms)} to read"),
    )
    parts = [what for part, what in told if part >= 100.0]
    if found.cached_tokens:
        parts.append(f"{found.cached_tokens} tokens remembered")
    return f" ({', '.join(parts)})" if parts else ""


def _say(node: NodeInfo, *, start: bool = False) -> str:
    if node.local:
        return "This machine" if start else "this machine"
    return node.name
