"""What a reader returns, and how it refuses a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.rag.document import Piece


@dataclass(frozen=True, slots=True)
class Outcome:
    """The pieces of a document in reading order."""

    pieces: Sequence[Piece]
    pages: int | None = None
    reason: str = ""
    """A sentence for the user: why there is no text, or what was left out."""
    title: str = ""
    labels: Sequence[str] = ()
    """Printed page numbers, as in `Document`."""
    needs_ocr: Sequence[int] = ()
    """Pages, from 1, that hold pictures and no text: for recognition."""
    more: int = 0
    """First page that a further request has to ask for; 0 when this was the last part of the document."""


class Refused(Exception):
    """This file cannot be read.

    `reason` is one plain sentence for the user; `recording`: it is sound or video, which a node can turn into text.
    """

    def __init__(
        self, status: Literal["password", "rejected", "error"], reason: str, *, recording: bool = False
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.recording = recording
