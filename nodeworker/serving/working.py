"""What a node does now and for whom, as one caller may know it: never what a call is about."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from nodeworker.load.tally import Call
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving import wire

MOST_WORK = 16


def work_for(caller: str, calls: Iterable[Call], *, names: bool) -> list[pb.Work]:
    """Return the oldest calls for the machine with the id `caller`; `names`: it may know whose those of others are."""
    return [
        pb.Work(
            role=wire.role_of(call.role),
            own=call.whose[0] == caller,
            who=call.whose[1] if names else "",
            seconds=call.seconds,
            tokens=call.made,
            waiting=not call.began and call.role == "chat",
            background=call.background,
        )
        for call in islice(calls, MOST_WORK)
    ]
