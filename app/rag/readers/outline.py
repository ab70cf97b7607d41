"""Which headings a piece stands under, kept while a document is gone through. Pure."""

from __future__ import annotations

from app.rag.document import Kind, Piece

_LONGEST = 300


class Outline:
    """The headings that are open, outermost first."""

    def __init__(self, *above: str) -> None:
        """`above`: headings that nothing in the document closes, such as the name of a file in an archive."""
        self._above = above
        self._open: list[tuple[int, str]] = []

    @property
    def path(self) -> tuple[str, ...]:
        """The headings above what comes next."""
        return (*self._above, *(title for _, title in self._open))

    def enter(self, level: int, title: str) -> tuple[str, ...]:
        """Open a heading, closing those of its level and below; returns the path, the heading itself included."""
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        words = " ".join(title.split())[:_LONGEST]
        if words:
            self._open.append((level, words))
        return self.path

    def heading(self, level: int, title: str, page: int | None = None) -> Piece:
        """Open a heading and return it as a piece."""
        return Piece(title, page, self.enter(level, title), "heading")

    def piece(self, text: str, kind: Kind = "text", page: int | None = None) -> Piece:
        """Return a piece that stands under the open headings."""
        return Piece(text, page, self.path, kind)
