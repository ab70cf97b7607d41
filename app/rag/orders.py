"""What a user orders of the queue: cancel, try again. Runs in the store's thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.rag.records import Change, Record, now
from app.rag.scanning import look
from app.rag.store import Store
from app.rag.versions import RULES

CANCELLED = "Adding it was cancelled."


def cancel(store: Store, paths: Sequence[str]) -> list[str]:
    """Take files out of the queue, and all below folders; returns them.

    A file without an earlier version is listed as cancelled: a watch does not add it again before it changes. One with
    an earlier version keeps that.
    """
    gone = store.records.queue.drop(paths)
    changes = []
    for waiting in gone:
        known = store.records.get(waiting.path)
        if known is not None and known.revision:
            record = replace(known, size=waiting.size, mtime_ns=waiting.mtime_ns, reason="Its changes were not read.")
        else:
            record = Record(
                path=waiting.path,
                state="cancelled",
                size=waiting.size,
                mtime_ns=waiting.mtime_ns,
                added_at=now(),
                reason=CANCELLED,
                rules=RULES,
            )
        changes.append(Change(record))
    store.records.put(changes)
    return [waiting.path for waiting in gone]


def retry(store: Store, paths: Sequence[str]) -> None:
    """Have files read again that failed or were cancelled, and all such below folders."""
    records = [record for path in paths for record in store.records.under(path)]
    again = [record for record in records if record.state in ("failed", "cancelled") or record.retry]
    store.records.put([Change(replace(record, retry=True)) for record in again])
    there = [record.path for record in again if look(record.path) is not None]
    store.records.queue.ask(there or list(paths), by_user=True)
