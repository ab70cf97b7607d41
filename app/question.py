"""What is asked, typed or spoken, and what the assistant needs of the parts that answer it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from app.errors import UsageError
from app.events import DocumentInfo, FileIndexed, IndexDone, NodeInfo, Passage, Progress
from app.messages import NODE
from app.thinking import Thinker

if TYPE_CHECKING:
    from app.rag.material import Material
    from app.rag.replies import Picture
    from app.rag.search import Result

ONLY_LOCAL = "only-local"
"""A conversation that never leaves this machine, not even by failover."""


def pinned(prefer: str) -> str:
    """Return the only node that may answer by `Question.prefer`, "local" for this machine; "" = it names none."""
    return "local" if prefer == ONLY_LOCAL else prefer.removeprefix(NODE) if prefer.startswith(NODE) else ""


def placed(node: str, prefer: str) -> str:
    """Return the only node that may answer: `node`, else the one that `prefer` names; "" = any.

    Raises:
        UsageError: a node is named for what never leaves this machine.
    """
    if prefer == ONLY_LOCAL and node not in ("", "local"):
        raise UsageError(
            "This conversation is answered on this machine only.",
            code="only_local",
            hint="Choose another place for it first, under the text box or by --prefer.",
        )
    return node or pinned(prefer)


class Thinking(Thinker, Protocol):
    """The cluster as the assistant needs it: a Thinker that also says which nodes and models there are."""

    def nodes(self) -> tuple[NodeInfo, ...]:
        """Return all known nodes, this machine's first."""
        ...


class Documents(Protocol):
    """The library as the assistant needs it."""

    def add(self, paths: Sequence[Path], *, watch: bool = False) -> AsyncIterator[Progress | FileIndexed | IndexDone]:
        """Index files and folders."""
        ...

    async def documents(self) -> list[DocumentInfo]:
        """Return what is in the library."""
        ...

    async def unfinished(self, within: Sequence[Path] = ()) -> tuple[int, int]:
        """Return how many files are not indexed yet, of how many."""
        ...

    async def picture(self, path: Path, page: int, width: int) -> Picture:
        """Draw a page of a file. Raises DocumentError."""
        ...

    async def material(self, path: Path) -> Material:
        """Read a file for one question. Never raises for a bad file."""
        ...

    async def text_around(self, path: str, start: int, end: int, characters: int) -> str:
        """Return the text of a document around a range of its characters. Raises DocumentError."""
        ...

    async def names(self, most: int) -> list[str]:
        """Return names and terms that the documents speak of. Raises StoreError."""
        ...

    async def chunks_of(self, path: Path) -> list[Passage]:
        """Return the passages of a document, in order."""
        ...

    async def search(
        self,
        query: str,
        *,
        k: int = 8,
        mode: Literal["hybrid", "vector", "text"] = "hybrid",
        within: Sequence[Path] = (),
    ) -> list[Passage]:
        """Return the best passages."""
        ...

    async def find(
        self,
        query: str,
        *,
        k: int = 8,
        mode: Literal["hybrid", "vector", "text"] = "hybrid",
        within: Sequence[Path] = (),
        rerank: bool | None = None,
    ) -> Result:
        """Return the best passages, and the limits that the query named; `rerank`: None does as is set."""
        ...


@dataclass(frozen=True)
class Question:
    """What is asked, typed or spoken, and how."""

    text: str = ""
    audio: AsyncIterator[bytes] | None = None
    """16 kHz mono PCM16; used when there is no text."""
    attachments: tuple[Path, ...] = ()
    """Files that go with this question: their text is read for it, alone, and put into no library."""
    docs: tuple[Path, ...] = ()
    """Files and folders to add first and to search alone; empty searches the whole library."""
    use_documents: bool = True
    collection: str = ""
    """Name of the collection to search from now on in this conversation, "*" = everything; "" = as before."""
    conversation: str = ""
    """Id of the conversation to go on with; "" begins one."""
    node: str = ""
    """Name of the node that shall answer, "local" for this machine, "" = choose."""
    prefer: str = ""
    """Where this conversation is answered from now on, as app.messages.is_place has it; "" = as before."""
    persona: str = ""
    """Id of the persona that answers in this conversation from now on, "*" = none; "" = as before."""
    max_tokens: int | None = None
    seed: int = 0
    temperature: float | None = None
    called: str = ""
    """Words that it may begin with and that only woke the program, such as "hey jarvis"."""
    instead: int = 0
    """Id of the message of this conversation that is asked anew: a question in other words, or an answer; 0 = none."""
    language: str = ""
