"""Tells what the library holds: documents and their states, watched folders, the text around a passage."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from app.errors import DocumentError
from app.events import DocumentInfo, Passage, Transcribed
from app.library_state import WatchedFolder
from app.rag.library import Surroundings
from app.rag.mounts import mount_of
from app.rag.opening import Opened
from app.rag.places import WORDS, boxes, marks_of, seconds
from app.rag.queue import Folder, is_below
from app.rag.recordings import transcript_of
from app.rag.records import Record, now

AROUND_CHARACTERS = 2000
HIDDEN = ("skipped", "removed")
"""States that are remembered and not shown."""


class Listing(Opened):
    """The side of the store that the list of documents and the view of one ask."""

    def documents(self) -> list[DocumentInfo]:
        """Return what `Library.documents` tells."""
        records = self.records.all()
        infos = [info_of(record) for record in records.values() if record.state not in HIDDEN]
        for waiting in self.records.queue.all():
            if waiting.path not in records:
                infos.append(DocumentInfo(waiting.path, "waiting", 0, None, "", "", size=waiting.size))
        return sorted(infos, key=lambda info: info.path)

    def unfinished(self, within: Sequence[str]) -> tuple[int, int]:
        """Return what `Library.unfinished` tells. What a user asked for counts as one file until it is looked at."""
        roots = within or None
        queue = self.records.queue
        waiting = {one.path for one in queue.all(roots)}
        for asked in queue.asked():
            if not asked.by_user:
                continue  # a rescan mostly finds nothing new
            if roots is None or any(is_below(asked.path, root) or is_below(root, asked.path) for root in roots):
                waiting.add(asked.path)
        records = (
            self.records.all()
            if roots is None
            else {record.path: record for root in roots for record in self.records.under(root)}
        )
        indexed = {path for path, record in records.items() if record.revision}
        return len(waiting), len(waiting | indexed)

    def watch(self, path: str) -> None:
        """Remember a folder as watched, and have it looked at."""
        self.records.queue.watch(Folder(path, mount_of(path).point, now()))
        self.records.queue.ask([path], by_user=True)

    def watched(self, polled: Callable[[str], bool]) -> list[WatchedFolder]:
        """Return what `Library.folders` tells."""
        found = []
        for folder in self.records.queue.folders():
            there = os.path.isdir(folder.path) and mount_of(folder.path).point == folder.mount
            state: Literal["watched", "polled", "missing"] = "missing"
            if there:
                state = "polled" if polled(folder.path) or mount_of(folder.path).network else "watched"
            count = sum(record.revision > 0 for record in self.records.under(folder.path))
            found.append(WatchedFolder(folder.path, state, count, folder.added_at))
        return found

    def text_around(self, path: str, start: int, end: int, characters: int) -> str:
        """Return what `Library.text_around` tells. Raises DocumentError."""
        record = self.known(path)
        first = max(0, start - max(0, characters - (end - start)) // 2)
        text = self.records.text_between(record.revision, first, first + characters)
        ahead = text[: max(0, start - first)]
        if first and " " in ahead:
            text = text[ahead.index(" ") :]  # not from the middle of a word
        return text.strip()

    def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        """Return what `Library.surroundings` tells. Raises DocumentError."""
        record = self.known(path)
        extent = self.records.text_of(record.revision, page)
        text, offset = (extent.text, extent.start) if extent is not None else ("", 0)
        first = min(max(0, start - offset), len(text))
        last = min(max(first, end - offset), len(text))
        before, after = text[:first], text[last:]
        if page is None:
            before, after = before[-AROUND_CHARACTERS:], after[:AROUND_CHARACTERS]
        try:
            found = os.stat(path)
        except OSError:
            exists, changed = False, True
        else:
            exists = True
            changed = (found.st_size, found.st_mtime_ns) != (record.size, record.mtime_ns)
        places = self.records.places(record.revision, page)
        marks = marks_of(places.marks) if places is not None else None
        return Surroundings(
            *(path, page, record.pages, before, text[first:last], after, exists, changed),
            boxes=boxes(marks, start, end) if marks else (),
            seconds=seconds(marks, start, end) if marks else None,
            label=places.label if places else "",
        )

    def transcript(self, path: str) -> Transcribed:
        """Return what `Library.transcript` tells. Raises DocumentError."""
        record = self.known(path)
        extent = self.records.text_of(record.revision, None)
        found = [self.records.places(record.revision, page) for page in (WORDS, None)]
        spans = next((marks_of(one.marks).seconds for one in found if one is not None), ())
        if extent is None or not spans:
            name = os.path.basename(path)
            raise DocumentError(f"Nothing that is said is known of {name}.", code="no_transcript")
        return transcript_of(extent.text, spans, record.language)

    def placed(self, passages: Sequence[Passage]) -> list[Passage]:
        """Return passages with their page's printed number, or the seconds in which they are said."""
        found = []
        for passage in passages:
            record = self.records.get(passage.path)
            places = self.records.places(record.revision, passage.page) if record is not None else None
            if places is not None:
                said = seconds(marks_of(places.marks), passage.start, passage.end) if passage.page is None else None
                passage = replace(passage, label=places.label, seconds=said)
            found.append(passage)
        return found


def info_of(record: Record) -> DocumentInfo:
    """Return a document as users see it."""
    state = record.state if os.path.exists(record.path) else "missing"
    modified = datetime.fromtimestamp(record.mtime_ns / 1e9, UTC).isoformat(timespec="seconds")
    return DocumentInfo(
        *(record.path, state, record.chunks, record.pages, record.added_at, record.sha256, record.reason),
        size=max(record.size, 0),
        modified=modified if record.mtime_ns > 0 else "",
        title=record.title,
        language=record.language,
    )
