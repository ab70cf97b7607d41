"""Which answers a node is making or has made lately, by caller and request id: none of them is made twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from nodeworker.errors import Duplicate

MOST_IDS = 512
"""Remembered of one caller; its own older ones are forgotten, never another's."""
MOST_CALLERS = 256


class Asked:
    """One request; `begun` is set when its answer begins: what was refused before may be asked for again."""

    begun = False


class Requests:
    """Ids of running and of recent answers. Use it in one thread; what it remembers is bounded."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, OrderedDict[str, bool]] = OrderedDict()
        """By caller, the one heard of longest ago first: each id, and whether its answer is still being made."""

    @contextmanager
    def once(self, caller: str, id: str) -> Iterator[Asked]:
        """Hold an id while its answer is made, and remember it if the answer had begun.

        Raises:
            Duplicate: this caller's answer of that id is being made, or was made.
        """
        ids = self._known.setdefault(caller, OrderedDict())
        self._known.move_to_end(caller)
        if id in ids:
            doing = "is making" if ids[id] else "has made"
            raise Duplicate(f"This node {doing} the answer {id[:40]!r} already.", "Ask under another id.")
        ids[id] = True
        asked = Asked()
        try:
            yield asked
        finally:
            if asked.begun:
                ids[id] = False
                ids.move_to_end(id)
            else:
                del ids[id]
            self._forget(ids)

    def _forget(self, ids: OrderedDict[str, bool]) -> None:
        for id in _ended(ids)[: max(0, len(ids) - MOST_IDS)]:
            del ids[id]
        if len(self._known) > MOST_CALLERS:
            idle = [caller for caller, known in self._known.items() if not any(known.values())]
            for caller in idle[: len(self._known) - MOST_CALLERS]:
                del self._known[caller]


def _ended(ids: OrderedDict[str, bool]) -> list[str]:
    return [id for id, running in ids.items() if not running] if len(ids) > MOST_IDS else []
