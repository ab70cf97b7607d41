"""Files that go with a question: read for it alone, the best of their text chosen, and pasted pictures kept.

`attachments/SHA256.png` under the home folder holds pictures that were pasted and have no file of their own; everything
else stays where it is. A file is parsed by the limited reading process, never here.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import math
import os
import time
from array import array
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app import words
from app.errors import DocumentError, NodeError, StoreError
from app.events import DocumentInfo, Event, Passage, Progress, Warned
from app.excerpts import EXCERPT_OVERHEAD, tokens
from app.grounding import ENOUGH, WORDED, backing
from app.rules import Rules
from app.thinking import Embedder

if TYPE_CHECKING:
    from app.rag.material import Material

FOLDER = "attachments"
MOST_FILES = 10
"""That go with one question."""
MOST_PASTED_BYTES = 64 * 2**20
MOST_SEEN, SEEN_WIDTH, MOST_SEEN_BYTES = 4, 1024, 3 * 2**20
"""Pictures that a model gets to see at once, and how wide (pixels) and large they are at most."""
REMEMBERED = 16
"""Files whose text is kept in memory for the next question."""
CANDIDATES = 48
"""Passages that are embedded to find the best of a long file: half a second on two cores."""
OPENING = 4
"""Passages from the beginning of each file that are always among them: what it is about mostly stands there."""
MOST_PASSAGES = 16
"""Of long files that the model gets to choose sentences from."""
UNSEEN = "No node has a model that sees pictures, so only the text in it was read: {names}."
_YOUNG_SECONDS = 86_400.0
"""A pasted picture of this day may still belong to a draft."""


class Answers(Protocol):
    """The answer that files go with; `app.answering.Answering` is one."""

    question: str
    seen: dict[str, bytes]
    """Pictures that the model sees, by path."""

    @property
    def room(self) -> int:
        """Tokens that passages may have in the prompt."""
        ...

    def would_see(self, paths: Sequence[str]) -> bool:
        """Tell whether a node that may have these pictures has a model that sees."""
        ...

    def see(self, path: str, png: bytes) -> None:
        """Let the model see a picture."""
        ...


class Drawn(Protocol):
    """A picture; `app.rag.replies.Picture` is one."""

    @property
    def png(self) -> bytes:
        """The picture."""
        ...


class Readable(Protocol):
    """What reads files; `app.rag.library.Library` is one."""

    async def picture(self, path: Path, page: int, width: int) -> Drawn:
        """Draw a page of a file. Raises DocumentError."""
        ...

    async def material(self, path: Path) -> Material:
        """Read a file for one question. Never raises for a bad file."""
        ...


class Attachments:
    """Reads attached files and remembers them for the next questions. Use it in one asyncio loop."""

    def __init__(self, library: Readable, home: Path | None) -> None:
        """`home`: None keeps no pasted pictures."""
        self._library = library
        self._folder = home / FOLDER if home is not None else None
        self._known: OrderedDict[tuple[str, int, int], Material] = OrderedDict()
        self._turns: dict[str, asyncio.Lock] = {}

    async def read(self, path: Path) -> Material:
        """Return what is in a file as it is now. Never raises for a bad file; one that is gone has the status error."""
        turn = self._turns.setdefault(str(path), asyncio.Lock())
        async with turn:
            stamp = await asyncio.to_thread(_stamp, path)
            if stamp in self._known:
                self._known.move_to_end(stamp)
                return self._known[stamp]
            material = await self._library.material(path)
            if material.status in ("ok", "empty"):
                self._known[stamp] = material
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
            return material

    async def gather(
        self,
        paths: Sequence[Path],
        earlier: Sequence[str],
        answering: Answers,
        embedder: Embedder,
        rules: Rules,
        tell: Callable[[Event], Awaitable[None]],
    ) -> tuple[Passage, ...]:
        """Return what the model shall read of the files of a question, or else of those of the questions before it.

        Pictures that it shall see go to `answering` instead.

        Args:
            paths: Files that go with the question.
            earlier: Files that went with earlier questions of the conversation.
            answering: The answer that is to be made.
            embedder: As in `choose`.
            rules: Where documents may go.
            tell: Gets what happens meanwhile, and what could not be read of `paths`.

        Raises:
            DocumentError: none of `paths` has a text, and none is a picture that somebody sees.
        """
        files = paths or [Path(one) for one in earlier[:MOST_FILES]]
        if answering.would_see([str(path) for path in files if _is_picture(path)]):
            await self._show(files, answering, MOST_SEEN if paths else 1)
        materials = []
        for path in files:
            if str(path) in answering.seen:
                continue
            if not self._remembers(path):
                await tell(Progress(f"Reading {path.name}", 0.0))
            materials.append(await self.read(path))
        if paths and materials:
            for code, sentence in notes(materials, alone=not answering.seen):
                await tell(Warned(code, sentence))
        if not any(one.passages for one in materials):
            return ()
        zones = rules.zones([one.path for one in materials])
        return await choose(answering.question, materials, answering.room, embedder, zones)

    async def _show(self, files: Sequence[Path], answering: Answers, most: int) -> None:
        """Let the model see `most` of the pictures, drawn anew as PNG.

        The limited process alone decodes them: no node gets bytes that came from outside.
        """
        for path in [path for path in files if _is_picture(path)][:most]:
            for width in (SEEN_WIDTH, SEEN_WIDTH // 2):
                try:
                    png = (await self._library.picture(path, 1, width)).png
                except DocumentError:
                    break  # it is told as one that could not be read
                if len(png) <= MOST_SEEN_BYTES:
                    answering.see(str(path), png)
                    break

    def _remembers(self, path: Path) -> bool:
        return any(known == str(path) for known, _, _ in self._known)

    def keep_picture(self, png: bytes) -> Path:
        """Keep a pasted picture and return its file, the same for the same picture. Blocks. Raises StoreError."""
        if self._folder is None or len(png) > MOST_PASTED_BYTES:
            raise StoreError("The picture is too large to be kept.", code="attachment", hint="Attach a file instead.")
        place = self._folder / f"{hashlib.sha256(png).hexdigest()}.png"
        part = place.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(png)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, place)
        except OSError as error:
            raise StoreError(
                f"The picture cannot be kept: {error.strerror or error}.",
                code="attachment",
                hint="Check the free space and the permissions of the folder attachments in the home folder.",
            ) from error
        return place

    def sweep(self, used: Collection[str]) -> None:
        """Delete pasted pictures that no conversation has any more. Blocks. `used`: paths."""
        limit = time.time() - _YOUNG_SECONDS
        for place in self.pasted():
            if str(place) not in used and place.stat().st_mtime < limit:
                place.unlink(missing_ok=True)

    def pasted(self) -> list[Path]:
        """Return the pasted pictures that are kept. Blocks."""
        if self._folder is None or not self._folder.is_dir():
            return []
        return sorted(self._folder.glob("*.png"))


class AttachedShelf:
    """Attached files as the library that a summary reads."""

    def __init__(self, materials: Sequence[Material]) -> None:
        self._materials = {one.path: one for one in materials}

    @property
    def documents(self) -> list[DocumentInfo]:
        """What there is; a file without text has the state failed. Empty when none has text."""
        found = [
            DocumentInfo(
                *(one.path, "indexed" if one.passages else "failed", len(one.passages), one.pages, "", one.sha256),
                reason=one.reason.rstrip("."),
            )
            for one in self._materials.values()
        ]
        return found if any(one.passages for one in self._materials.values()) else []

    async def chunks_of(self, path: Path) -> list[Passage]:
        """Return the passages of a file, in order."""
        return list(self._materials[str(path)].passages)


async def choose(
    question: str, materials: Sequence[Material], room: int, embedder: Embedder, zones: tuple[str, ...] = ()
) -> tuple[Passage, ...]:
    """Return what the model shall read of some files, numbered from 1: all in order where it fits, else the best first.

    Args:
        question: What is asked.
        materials: What was read.
        room: Tokens for all of it, as app.excerpts.tokens counts.
        embedder: Compares meanings; where it cannot, words alone decide.
        zones: As in ChatRequest.
    """
    passages = [passage for material in materials for passage in material.passages]
    worded = _worded(question, passages)
    cost = sum(tokens(one.text) + EXCERPT_OVERHEAD for one in worded)
    if cost <= room:
        return tuple(replace(one, n=n) for n, one in enumerate(worded, 1))
    opening = {(one.path, one.start) for material in materials for one in material.passages[:OPENING]}
    ordered = sorted(worded, key=lambda one: -one.overlap)
    picked = [one for one in ordered if (one.path, one.start) in opening]
    picked += [one for one in ordered if (one.path, one.start) not in opening][: max(0, CANDIDATES - len(picked))]
    with contextlib.suppress(NodeError):  # where no node can embed now, the words have decided
        picked = await _meant(question, picked, embedder, zones)
    best = sorted(picked, key=lambda one: -(one.similarity + one.overlap))[:MOST_PASSAGES]
    return tuple(replace(one, n=n, score=one.similarity + one.overlap) for n, one in enumerate(best, 1))


def beside(
    attached: Sequence[Passage], found: tuple[Passage, ...] | None, question: str, wanted: int
) -> tuple[Passage, ...] | None:
    """Return what a later question of a conversation is answered from, numbered from 1; None: from nothing.

    Args:
        attached: The best of the files that went with earlier questions.
        found: What the library has; None: it is not to be used.
        question: What is asked.
        wanted: How many passages at most, unless only attached files speak.
    """
    if not attached:
        return found
    speaking = [one for one in attached if one.overlap >= WORDED or (one.similarity and backing(one) >= ENOUGH)]
    if found and not speaking:
        return found
    chosen = (*speaking, *found)[: max(wanted, len(speaking[:wanted]))] if found else tuple(attached)
    return tuple(replace(one, n=n) for n, one in enumerate(chosen, 1))


def notes(materials: Sequence[Material], *, alone: bool = True) -> list[tuple[str, str]]:
    """Return (code, sentence) for what the user should know of some files.

    `alone`: the question has nothing else; then DocumentError is raised if none has text.
    """
    told = []
    for one in materials:
        name = os.path.basename(one.path)
        if one.picture and not one.passages:
            told.append(("attachment_unread", f"{name} could not be looked at: {_unseen(one)}"))
        elif not one.passages:
            told.append(("attachment_unread", f"{name} could not be read. {one.reason or 'It holds no text.'}"))
    if alone and told and len(told) == len(materials):
        raise DocumentError(
            " ".join(sentence for _, sentence in told),
            code="attachment_unread",
            hint="Remove it from the question, or attach a file with text.",
        )
    seen = [os.path.basename(one.path) for one in materials if one.picture and one.passages]
    if seen:
        told.append(("picture_text", UNSEEN.format(names=", ".join(seen))))
    for one in materials:
        if one.passages and one.reason and not one.picture:
            told.append(("attachment_part", f"{os.path.basename(one.path)}: {one.reason}"))
    return told


def _is_picture(path: Path) -> bool:
    from app.rag.material import is_picture

    return is_picture(str(path))


def _unseen(one: Material) -> str:
    if one.status == "empty" or not one.reason:
        return "no node has a model that sees pictures, and there is no text in it."
    return f"no node has a model that sees pictures, and its text could not be read. {one.reason}"


def _worded(question: str, passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages with the share of the question's words that each has."""
    said = [words.content(one.text) for one in passages]
    asked = words.content(question)
    spread = Counter(stem for one in said for stem in set(one))
    weights = {stem: words.rarity(spread[stem], max(1, len(passages))) for stem in asked}
    return [
        replace(one, overlap=round(words.overlap(asked, stems, weights), 4))
        for one, stems in zip(passages, said, strict=True)
    ]


async def _meant(
    question: str, passages: Sequence[Passage], embedder: Embedder, zones: tuple[str, ...]
) -> list[Passage]:
    """Return the passages with their cosine to the question. Raises NodeError."""
    asked = await embedder.embed([question], "query")
    found = await embedder.embed([_body(one) for one in passages], "passage", zones=zones)
    (query,) = _rows(asked.data, asked.dimension)
    rows = _rows(found.data, found.dimension)
    return [replace(one, similarity=round(_cosine(query, row), 4)) for one, row in zip(passages, rows, strict=True)]


def _body(passage: Passage) -> str:
    return "\n".join(filter(None, (passage.section, passage.header, passage.text)))


def _rows(data: bytes, dimension: int) -> list[array[float]]:
    values = array("f")
    values.frombytes(data)
    return [values[at : at + dimension] for at in range(0, len(values), dimension)]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    length = math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))
    return sum(a * b for a, b in zip(one, other, strict=True)) / length if length else 0.0


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return str(path), -1, -1
    return str(path), found.st_mtime_ns, found.st_size
