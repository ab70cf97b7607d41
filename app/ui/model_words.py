"""What is said of a model on the page of models: what it is for, how large, where it is, where it would fit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.events import ModelInfo, NodeInfo
from app.model_advice import READING, Advice, Speed, fit, memory_needed, speed
from app.ui import phrases
from app.ui.core_words import in_language
from app.ui.numbers import number
from app.ui.translation import tr

ORDER = ("chat", "embed", "rerank", "transcribe", "speak", "ocr", "wake", "vad")
"""Roles as they follow each other."""
_COMMAND = re.compile(r"\s*[^.]*: tangnet models add \S+$")
MOST = 4
"""Names of machines that are told in one line."""


def role(name: str) -> str:
    """Return what models of a role are for."""
    known = {
        "chat": tr("Answers"),
        "embed": tr("Finds by meaning"),
        "rerank": tr("Orders passages"),
        "transcribe": tr("Hears"),
        "speak": tr("Speaks"),
        "ocr": tr("Reads scans"),
        "wake": tr("Wake word"),
        "vad": tr("Notices speech"),
    }
    return known.get(name, name)


def facts(model: ModelInfo) -> str:
    """Return size, quantisation, licence and context."""
    parts = [phrases.megabytes(model.bytes), model.quantisation, model.licence or tr("licence not known")]
    if model.context:
        parts.append(tr("reads {number} tokens", number=number(model.context)))
    return " · ".join(part for part in parts if part)


def machine(name: str) -> str:
    """Return the name of a machine as ModelInfo holds it, for people."""
    return tr("this machine") if name == "local" else name


def note(model: ModelInfo) -> str:
    """Return what is said of a model beside its figures; what only a terminal can do is left out."""
    return in_language(_COMMAND.sub("", model.note))


def several(names: Sequence[str]) -> str:
    """Return names in one line, the last ones as a number."""
    shown = [machine(name) for name in names[:MOST]]
    more = len(names) - MOST
    return ", ".join(shown) + (tr(" and %n more", more) if more > 0 else "")


def rate(found: Speed | None) -> str:
    """Return a speed in words; "" where none is known."""
    if found is None:
        return ""
    shown = number(found.rate, 0 if found.rate >= 10 else 1)
    if found.measured:
        return tr("{number} tokens/s, measured", number=shown)
    return tr("about {number} tokens/s, estimated", number=shown)


def where(model: ModelInfo, nodes: Sequence[NodeInfo]) -> str:
    """Return which machines have a model and how quick the quickest of them is."""
    if not model.nodes:
        return ""
    own = {"local" if node.local else node.name: node for node in nodes if node.trusted}
    speeds = [found for name in model.nodes if name in own and (found := speed(model, own[name])) and found.measured]
    quickest = rate(max(speeds, key=lambda one: one.rate)) if speeds and model.role == "chat" else ""
    on = several(model.nodes)
    return " · ".join(part for part in (on[:1].upper() + on[1:], quickest) if part)


def room(model: ModelInfo, nodes: Sequence[NodeInfo]) -> str:
    """Return on which machines a chat model fits into memory; "" where that is not known."""
    if model.role != "chat":
        return ""
    found: dict[str, list[str]] = {"fits": [], "tight": [], "no": []}
    for node in nodes:
        which = fit(model, node)
        if node.trusted and which != "unknown":
            found[which].append("local" if node.local else node.name)
    parts = []
    if found["fits"]:
        parts.append(tr("fits {machines}", machines=several(found["fits"])))
    if found["tight"]:
        parts.append(tr("tight on {machines}", machines=several(found["tight"])))
    if found["no"]:
        parts.append(tr("too large for {machines}", machines=several(found["no"])))
    need = tr("Needs about {size} of memory", size=phrases.megabytes(memory_needed(model)))
    return f"{need}: {'; '.join(parts)}." if parts else f"{need}."


def giver(model: ModelInfo, nodes: Sequence[NodeInfo]) -> NodeInfo | None:
    """Return the node that a chat model can be taken from: the one that is reached and least busy; None for none."""
    if model.role != "chat" or "local" in model.nodes:
        return None
    there = [node for node in nodes if node.trusted and not node.local and node.name in model.nodes]
    ready = [node for node in there if node.state in ("ready", "busy", "loading")]
    return min(ready, key=lambda node: node.active + node.queued, default=None)


def advised(found: Sequence[Advice]) -> list[str]:
    """Return what machines could run, a line for all that get the same advice."""
    alike: dict[tuple[object, ...], list[Advice]] = {}
    for one in found:
        speed = None if one.speed is None else (round(one.speed.rate), one.speed.measured)
        alike.setdefault((one.node.local, one.model.sha256, one.there, speed), []).append(one)
    return [_advised(group) for group in alike.values()]


def too_much(models: Sequence[ModelInfo], nodes: Sequence[NodeInfo]) -> str:
    """Return what is said where no machine is advised any model; "" where nothing can be said."""
    wanted = any(model.role == "chat" and model.trustworthy for model in models)
    if not wanted or not any(node.trusted and node.memory_total_bytes > 0 for node in nodes):
        return ""
    return tr(
        "The models that can be trusted are too large for your machines, or would write fewer than {number} tokens/s "
        "there. A stronger machine, paired as a node, would answer for this one, too.",
        number=number(READING),
    )


def _advised(group: Sequence[Advice]) -> str:
    one = group[0]
    if len(group) > 1:
        names, model = several([each.node.name for each in group]), one.model.name
        if one.there:
            text = tr("{machines} have the best model that they can run: {model}", machines=names, model=model)
        else:
            size = phrases.megabytes(one.model.bytes)
            text = tr("{machines} could each run {model}, {size}", machines=names, model=model, size=size)
        told = rate(one.speed)
        return f"{text} ({told})." if told else f"{text}."
    name, model = machine("local" if one.node.local else one.node.name), one.model.name
    if one.there:
        text = tr("{machine} has the best model that it can run: {model}", machine=name, model=model)
    else:
        size = phrases.megabytes(one.model.bytes)
        text = tr("{machine} could run {model}, {size}", machine=name, model=model, size=size)
    told = rate(one.speed)
    text = f"{text} ({told})." if told else f"{text}."
    return text[:1].upper() + text[1:] if one.node.local else text  # a node is called as its owner calls it
