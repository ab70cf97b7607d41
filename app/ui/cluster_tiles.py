"""What the map says of each node: pure. A mark for its state, a few words, tokens a second now and lately."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui import node_words
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import NodeInfo, WorkInfo

Trail = tuple[float | None, ...]
WORK_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """One node on the map."""

    name: str
    words: str
    """State, troubles, what it does."""
    mark: str
    """full, busy, pause, warn, cross or ring: the shape that says the state without colour."""
    colour: str
    """Of the mark: a name out of `tokens.Colours`."""
    figure: str = ""
    """Tokens a second now."""
    trail: Trail = ()
    """The same lately, oldest first; None where nothing is known."""
    stale: bool = False
    """Everything here is of an earlier time."""


def tile(node: NodeInfo, trail: Trail = (), now: float | None = None) -> Tile:
    """Return what the map says of `node`; `trail` is its tokens a second lately, `now` is time.monotonic()."""
    lost = node.trusted and not node.local and not node_words.answers(node)
    rate = trail[-1] if trail else None
    words = [node_words.state(node), *node_words.troubles(node)]
    if node.resting:
        words[0] = tr("rests")
    doing = doing_words(node)
    if doing and not lost:
        words = [*words[1:], doing]
    figure = tr("{rate} tokens/s", rate=f"{rate:.0f}") if rate is not None and rate >= 0.5 and not lost else ""
    if lost and node.seen_at:
        words = [tr("not reached, {age}", age=age(node, now))]
    return Tile(
        node_words.title(node),
        " · ".join(words),
        _mark(node),
        node_words.dot(node),
        figure,
        tuple(None if value is None else round(value, 1) for value in trail),
        lost,
    )


def age(node: NodeInfo, now: float | None = None) -> str:
    """Return how long ago a node was last heard of, such as "4 min ago"; "" if never."""
    if not node.seen_at:
        return ""
    seconds = max(0.0, (time.monotonic() if now is None else now) - node.seen_at)
    if seconds < 60:
        return tr("a moment ago")
    if seconds < 3600:
        return tr("{n} min ago", n=int(seconds // 60))
    if seconds < 48 * 3600:
        return tr("{n} h ago", n=int(seconds // 3600))
    return tr("{n} days ago", n=int(seconds // 86400))


def doing_words(node: NodeInfo) -> str:
    """Return in a few words what a node does now and for whom; "" when it does nothing, or does not say."""
    if not node.work or not node_words.answers(node):
        return ""
    mine = sum(work.own for work in node.work)
    others = len(node.work) - mine
    if mine and others:
        return tr("works for you and for others")
    if mine:
        return tr("works for you")
    names = sorted({work.who for work in node.work if work.who})
    return tr("works for {name}", name=names[0]) if len(names) == 1 else tr("works for others")


def work_lines(works: Sequence[WorkInfo]) -> list[str]:
    """Return one line for each thing that a node does: what, for whom, since when and how far."""
    lines = []
    for work in works[:WORK_SHOWN]:
        whom = tr("for you") if work.own else tr("for {name}", name=work.who) if work.who else tr("for another machine")
        parts = [f"{_deed(work)} {whom}"]
        if work.waiting:
            parts.append(tr("waits"))
        elif work.tokens:
            parts.append(tr("{n} tokens", n=work.tokens))
        parts.append(tr("{n} s", n=round(work.seconds)))
        if work.background:
            parts.append(tr("in the background"))
        lines.append(" · ".join(parts))
    rest = len(works) - len(lines)
    return [*lines, tr("and {n} more", n=rest)] if rest > 0 else lines


def _deed(work: WorkInfo) -> str:
    return {
        "chat": tr("an answer"),
        "embed": tr("documents to index"),
        "transcribe": tr("listening"),
        "rerank": tr("ordering of passages"),
        "speak": tr("reading aloud"),
        "ocr": tr("reading of a scan"),
    }.get(work.role, tr("work"))


def _mark(node: NodeInfo) -> str:
    if node.state == "unreachable" or (node.trusted and node.state == "unpaired"):
        return "cross"
    if not (node.trusted or node.local) or node.state == "stopped":
        return "ring"
    if node.state == "draining":
        return "pause"
    if node_words.troubles(node):
        return "warn"
    return "busy" if node.active or node.state in ("busy", "loading") else "full"
