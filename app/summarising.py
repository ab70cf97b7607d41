"""Summaries of whole documents and folders: notes on all parts, at the same time on all nodes, then one text of them.

Notes are kept by content hash until the summary is done, so one that was broken off goes on where it was. They lie in
`$TANGNET_HOME/summaries`, are deleted with the finished summary, and when their document has left the library.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import uuid
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Protocol

from app.checking import check
from app.citing import CitedStream
from app.errors import DocumentError, NodeError
from app.events import (
    Answered,
    Citation,
    DocumentInfo,
    Event,
    Generated,
    ModelInfo,
    NodeChosen,
    NodeInfo,
    Passage,
    Progress,
    Retrieved,
    Timings,
    TokenReceived,
    Usage,
)
from app.rag.summary_notes import FOLDER, notes_of
from app.rules import Rules
from app.streams import ending
from app.summaries import (
    MOST_PARTS,
    NOTE_TOKENS,
    SUMMARY_TOKENS,
    Part,
    asked_of,
    asked_together,
    backed,
    batches,
    extract,
    parts,
)
from app.thinking import ChatRequest, Embeddings, Thinker
from nodeworker.protocol import LOCAL_NODE_NAME

MOST_AT_ONCE = 16


class Shelf(Protocol):
    """The library as a summary needs it."""

    async def chunks_of(self, path: Path) -> list[Passage]:
        """Return the passages of a document, in order."""
        ...


class Thinking(Thinker, Protocol):
    """A Thinker that says which nodes there are."""

    def nodes(self) -> tuple[NodeInfo, ...]:
        """Return all known nodes."""
        ...


class Summariser:
    """Makes one summary."""

    def __init__(
        self, thinker: Thinking, library: Shelf, home: Path, rules: Rules | None = None, *, spread: bool = False
    ) -> None:
        """Prepare.

        Args:
            thinker: The nodes.
            library: Where the documents are.
            home: Where notes are kept meanwhile.
            rules: Where documents may go.
            spread: Their whole text may go to paired nodes (`nodes.documents`); else this machine does it all, unless
                a node is named.
        """
        self._spread = spread
        self._thinker = thinker
        self._library = library
        self._folder = home / FOLDER
        self._rules = rules or Rules()

    async def run(
        self, documents: Sequence[DocumentInfo], *, left_out: Sequence[str] = (), node: str = "", conversation: str = ""
    ) -> AsyncGenerator[Event, None]:
        """Yield progress, the summary as it is written, and Answered. Closing the stream keeps the notes made so far.

        Args:
            documents: What to summarise; those that are not indexed are told as left out.
            left_out: Sentences on what else could not be read.
            node: Name of the node that shall do it; "" = all that may, see `spread`.
            conversation: Id that Answered carries.

        Raises:
            DocumentError: there is nothing to summarise.
            NodeError: no node can do it.
        """
        begun = perf_counter()
        node = node or ("" if self._spread else LOCAL_NODE_NAME)
        unread = (one for one in documents if one.state != "indexed")
        missing = [*left_out, *(f"{Path(one.path).name} ({one.reason or one.state})" for one in unread)]
        read = [await self._library.chunks_of(Path(one.path)) for one in documents if one.state == "indexed"]
        pieces = parts(read)
        if not pieces:
            raise DocumentError(
                "There is nothing to summarise.", code="nothing_to_summarise", hint="Add the document first."
            )
        if len(pieces) > MOST_PARTS:
            missing.append(f"all after the first {MOST_PARTS} parts of {len(pieces)}")
            pieces = pieces[:MOST_PARTS]
        zones = self._rules.zones(part.path for part in pieces)
        weak = await self._weak()
        notes: dict[int, str] = {}
        store = _Notes(self._folder, pieces)
        await asyncio.to_thread(store.tidy)
        async with ending(self._noted(pieces, store, notes, node, zones, weak)) as steps:
            async for step in steps:
                yield step
        missing += [f"part {part.n} of {len(pieces)} (no node answered)" for part in pieces if part.n not in notes]
        passages = [part.as_passage(notes[part.n]) for part in pieces if part.n in notes]
        yield Retrieved(tuple(passages))
        text, used, made = "", "", Generated("stop", Usage(), 0.0, 0.0, "", LOCAL_NODE_NAME)
        first: float | None = None
        async with ending(self._written(passages, node, zones, weak)) as events:
            async for event in events:
                if isinstance(event, TokenReceived):
                    first = first if first is not None else (perf_counter() - begun) * 1000
                    text += event.text
                elif isinstance(event, NodeChosen):
                    used = event.name
                elif isinstance(event, Generated):
                    made = event
                    continue
                yield event
        if missing:
            said = f"\n\nLeft out: {'; '.join(missing)}."
            text += said
            yield TokenReceived(said, LOCAL_NODE_NAME)

        async def embed(texts: Sequence[str]) -> Embeddings:
            return await self._thinker.embed(texts, "query")

        main = text.split("\n\nLeft out: ")[0]
        verdict = await check(main, passages, "", embed)
        by_number = {passage.n: passage for passage in passages}
        yield Answered(
            text,
            tuple(
                Citation(n, by_number[n].path, by_number[n].page, by_number[n].start, by_number[n].end)
                for n in verdict.cited
            ),
            verdict.grounded,
            used or LOCAL_NODE_NAME,
            made.usage,
            Timings(first_token_ms=first, total_ms=round((perf_counter() - begun) * 1000, 1)),
            conversation,
            sentences=verdict.sentences,
        )
        await asyncio.to_thread(store.forget)

    async def _noted(
        self,
        pieces: Sequence[Part],
        store: _Notes,
        notes: dict[int, str],
        node: str,
        zones: tuple[str, ...],
        weak: bool,
    ) -> AsyncGenerator[Progress, None]:
        """Fill `notes` by part number; yields how far it is. Raises NodeError when no part could be read."""
        kept = await asyncio.to_thread(store.read)
        notes |= kept
        waiting = [part for part in pieces if part.n not in notes]
        free = asyncio.Semaphore(self._at_once())
        failures: list[NodeError] = []

        async def one(part: Part) -> None:
            async with free:
                try:
                    note = extract(part.text) if weak else backed(await self._note(part, node, zones), part)
                except NodeError as error:
                    failures.append(error)
                    return
                keeping = asyncio.ensure_future(asyncio.to_thread(store.keep, part, note))
                try:
                    await asyncio.shield(keeping)
                finally:
                    await (
                        keeping
                    )  # the thread cannot be stopped: when this stream is closed nothing is written any more
                notes[part.n] = note

        begun, done = perf_counter(), 0
        running = {asyncio.create_task(one(part), name=f"note {part.n}") for part in waiting}
        yield Progress("Reading", len(notes) / len(pieces))
        try:
            while running:
                ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    task.result()
                done += len(ended)
                left = (perf_counter() - begun) / done * len(running)
                yield Progress(f"Reading, part {len(notes)} of {len(pieces)}", len(notes) / len(pieces), round(left, 1))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if not notes and failures:
            raise failures[0]

    async def _note(self, part: Part, node: str, zones: tuple[str, ...]) -> str:
        text = ""
        request = ChatRequest(
            asked_of(part), uuid.uuid4().hex, max_tokens=NOTE_TOKENS, node=node, zones=zones, background=True
        )
        async with ending(self._thinker.generate(request)) as events:
            async for event in events:
                if isinstance(event, TokenReceived):
                    text += event.text
        return text

    async def _written(
        self, notes: Sequence[Passage], node: str, zones: tuple[str, ...], weak: bool
    ) -> AsyncGenerator[Event, None]:
        """Yield the summary, each sentence with the part it comes from; a model that invents only gets to be quoted."""
        if weak or len(notes) == 1:
            for note in notes:
                yield TokenReceived(f"{note.text} [{note.n}]\n", LOCAL_NODE_NAME)
            return
        for at, batch in enumerate(batches(notes)):
            cited = CitedStream(notes, "")
            request = ChatRequest(
                asked_together(batch), uuid.uuid4().hex, max_tokens=SUMMARY_TOKENS, node=node, zones=zones
            )
            if at:
                yield TokenReceived("\n\n", LOCAL_NODE_NAME)
            name = LOCAL_NODE_NAME
            async with ending(self._thinker.generate(request)) as events:
                async for event in events:
                    if isinstance(event, TokenReceived):
                        name = event.node
                        if shown := cited.feed(event.text):
                            yield TokenReceived(shown, event.node, event.ids)
                    else:
                        yield event
            if rest := cited.flush():
                yield TokenReceived(rest, name)

    async def _weak(self) -> bool:
        """Say whether no model is to be trusted; this machine's node is started first if none is known yet."""
        if not self._models():
            async with ending(self._thinker.warm(("chat",))) as steps:
                async for _ in steps:
                    pass
        models = self._models()
        return bool(models) and not any(model.trustworthy for model in models)

    def _models(self) -> list[ModelInfo]:
        known = [model for one in self._thinker.nodes() for model in one.models]
        return [model for model in known if model.role == "chat" and model.present]

    def _at_once(self) -> int:
        ready = [one for one in self._thinker.nodes() if (one.local or one.trusted) and one.state in ("ready", "busy")]
        return max(1, min(MOST_AT_ONCE, sum(max(1, one.slots) for one in ready)))


class _Notes:
    """The notes of one summary on disk: a folder for each document, a file for each part, named by content hash."""

    def __init__(self, folder: Path, pieces: Sequence[Part]) -> None:
        self._folder = folder
        self._pieces = pieces

    def _place(self, part: Part) -> Path:
        return notes_of(self._folder, part.path) / f"{part.key}.txt"

    def read(self) -> dict[int, str]:
        found = {}
        for part in self._pieces:
            try:
                note = self._place(part).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            if note.strip():
                found[part.n] = note
        return found

    def keep(self, part: Part, note: str) -> None:
        """Write a note in one step; a full disk costs only the chance to go on later."""
        place = self._place(part)
        temporary = place.with_suffix(f".{secrets.token_hex(4)}.tmp")
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.write_text(note, encoding="utf-8")
            os.replace(temporary, place)
        except OSError:
            temporary.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Drop notes of all other documents: one summary goes on at a time."""
        mine = {self._place(part).parent.name for part in self._pieces}
        if self._folder.is_dir():
            for other in self._folder.iterdir():
                if other.name not in mine:
                    shutil.rmtree(other, ignore_errors=True)

    def forget(self) -> None:
        """Drop the notes of this summary."""
        for place in {self._place(part).parent for part in self._pieces}:
            shutil.rmtree(place, ignore_errors=True)
