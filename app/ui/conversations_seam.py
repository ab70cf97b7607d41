"""What the window needs of the stored conversations; `app.conversations.Conversations` fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from app.messages import Conversation, Found, MessageSize, StoredMessage


class TitlesSeam(Protocol):
    """Names conversations."""

    async def give(self, id: str) -> str:
        """Give one a title by a model; returns it, "" = it was left as it was."""
        ...


class ConversationsSeam(Protocol):
    """The stored conversations."""

    def create(self, title: str = "") -> Conversation:
        """Start one."""
        ...

    def get(self, id: str) -> Conversation:
        """Return one. Raises UsageError when there is none."""
        ...

    def prefer(self, id: str, where: str) -> Conversation:
        """Keep where its answers shall be made, one of app.messages.PREFERENCES or ""."""
        ...

    def personify(self, id: str, persona: str) -> Conversation:
        """Let a persona answer in one; "" = none."""
        ...

    def collect(self, id: str, name: str) -> Conversation:
        """Hold one to a collection; "" = to the whole library."""
        ...

    def list(self) -> list[Conversation]:
        """Return all, newest first."""
        ...

    def messages(self, id: str, until: int = 0) -> Sequence[StoredMessage]:
        """Return the messages of one that are shown; `until`: id of the last to return."""
        ...

    def sizes(self, id: str, after: int = 0) -> Sequence[MessageSize]:
        """Return how long the messages of one are, those with an id above `after`."""
        ...

    def some(self, ids: Sequence[int]) -> Sequence[StoredMessage]:
        """Return the messages with these ids."""
        ...

    def search(self, text: str) -> Sequence[Found]:
        """Return those that have the words of `text`, the best first."""
        ...

    def delete(self, id: str) -> Conversation:
        """Hide one."""
        ...

    def restore(self, id: str) -> Conversation:
        """Bring it back."""
        ...

    def rename(self, id: str, title: str) -> Conversation:
        """Give one another title."""
        ...

    def pin(self, id: str, on: bool) -> Conversation:
        """Let one stand above the others."""
        ...

    def move(self, ids: Sequence[str], folder: str) -> None:
        """Put some into a folder; "" = into none."""
        ...

    def index(self) -> None:
        """Bring the search up to date."""
        ...

    def draft(self, id: str) -> str:
        """Return what was typed and not sent; "" is the conversation that is still to begin."""
        ...

    def draft_files(self, id: str) -> tuple[str, ...]:
        """Return the paths of the files that are to go with that."""
        ...

    def keep_draft(self, id: str, text: str, files: Sequence[str] = ()) -> None:
        """Keep what is typed and the paths of the files that are to go with it."""
        ...

    def branch(self, id: str, message: int) -> Conversation:
        """Begin a new one with what was said up to a message."""
        ...

    def show(self, id: str, message: int) -> None:
        """Show the version of one that goes through a message."""
        ...

    def message(self, message: int) -> StoredMessage:
        """Return one message. Raises UsageError."""
        ...

    def export(self, id: str) -> dict[str, Any]:
        """Return one as JSON values."""
        ...

    def export_markdown(self, id: str) -> str:
        """Return one as Markdown."""
        ...
