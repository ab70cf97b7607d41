"""A model's Markdown as a QTextDocument: untrusted text in, typography and citation links out.

Nothing is loaded and nothing is executed: HTML stays text, pictures become their description, links keep their
address but are only ever opened by a click that the user confirms. [n] becomes a link when passage n exists.

A text is laid out piece by piece (see pieces.py). While it grows the pieces that are whole stay as they are, and only
what comes after them is laid out again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextBlockFormat, QTextCursor, QTextDocument, QTextDocumentFragment

from app.ui import markdown_look
from app.ui.markdown_look import CITATION_SCHEME
from app.ui.markdown_look import Note as Note
from app.ui.maths import Formula, formulas
from app.ui.pieces import Piece, split
from app.ui.tokens import Colours

FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
LONGEST = 200_000
"""Characters that are laid out; a longer answer is cut in the view (never in the store)."""

# Control characters, and marks that make text read in another order than it is written.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2028\u2029\u2066-\u2069\ue000-\uf8ff\ufdd0\ufdd1\ufffc]")
_QUOTES = re.compile(r"^(?:[ \t]*>){8,}", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]{24,}", re.MULTILINE)
_LONG_WORD = re.compile(r"\S{400}(?=\S)")
_COLUMNS_MOST = 24
_SIGN, _SIGNS = "\ue000", 6_000
"""The first of the signs that stand for formulas, and how many there are."""
_BEFORE = "x\n\n"
"""Stands before a piece while that is laid out by itself: what follows begins with a paragraph of its own."""


def tame(text: str) -> str:
    """Return `text` without unseen characters and without nesting or tables that would take seconds to lay out."""
    return _tame(_UNSEEN.sub("", text[:LONGEST]))


def _tame(text: str) -> str:
    text = _QUOTES.sub("> > > >", text)
    text = _INDENT.sub(" " * 24, text)
    text = _LONG_WORD.sub("\\g<0>\u200b", text)  # an invisible place to break: layout is quadratic without
    if "|" in text:
        lines = text.split("\n")
        text = "\n".join(line.replace("|", "\\|") if line.count("|") > _COLUMNS_MOST else line for line in lines)
    return text


def render(
    document: QTextDocument,
    text: str,
    colours: Colours,
    citations: Collection[int] = (),
    notes: Sequence[Note] = (),
    doubts: Sequence[str] = (),
) -> None:
    """Replace the content of `document` with `text`; numbers in `citations` become links.

    Args:
        document: What is filled.
        text: Markdown.
        colours: Those in use.
        citations: Numbers of passages that there are.
        notes: Lines of the window's own.
        doubts: Sentences of `text`, in order, that nothing supports; they are marked quietly.
    """
    Growing(document).show(text, colours, citations, notes, doubts)


@dataclass(frozen=True, slots=True)
class Code:
    """Code that stands alone in a document."""

    position: int
    """Of its first character in the document."""
    text: str
    language: str
    """As it was named in the text, "" where it was not."""


class Growing:
    """A document whose text is shown again and again, longer each time."""

    def __init__(self, document: QTextDocument, *, drawn: bool = False) -> None:
        """`drawn`: maths is drawn by the view (see maths_objects.py); else it is its source in the letters of code."""
        self._document = document
        self._drawn = drawn
        self.maths = False
        """There is a formula to be drawn."""
        self.codes: list[Code] = []
        """What code it shows, in order."""
        self._text = ""
        self._look: tuple[object, ...] = ()
        """Everything besides the text that the whole pieces depend on."""
        self._forget()

    def _forget(self) -> None:
        self._whole = 0
        """Characters of the text that are laid out for good."""
        self._position = 0
        """Where in the document they end."""
        self._shape = QTextBlockFormat()
        """Of their last block."""
        self._whole_codes = 0
        self._open: tuple[int, Piece] | None = None
        """The code that the document ends with, where in the text, if it may go on."""

    def show(
        self,
        text: str,
        colours: Colours,
        citations: Collection[int] = (),
        notes: Sequence[Note] = (),
        doubts: Sequence[str] = (),
    ) -> None:
        """Show `text`: as `render`, but what is whole since the last call is left alone."""
        clean = _UNSEEN.sub("", text[:LONGEST])
        places = [(len(_UNSEEN.sub("", text[: note.at])), note) for note in notes]
        if self._whole and (
            self._seen(colours, citations, doubts, places) != self._look
            or not clean.startswith(self._text[: self._whole])
        ):
            self._forget()
        start = self._whole
        pieces = split(clean[start:])
        # Lines that are complete decide what is whole; the last piece of them and the line that grows come again.
        whole = len(split(clean[start : clean.rfind("\n") + 1])) - 1
        cursor = QTextCursor(self._document)
        cursor.beginEditBlock()
        if not self._go_on(cursor, pieces, start, places, colours):
            self._open = None
            self._take_away(cursor)
            for at, piece in enumerate(pieces):
                first = start + piece.start
                after = start + pieces[at + 1].start if at + 1 < len(pieces) else LONGEST + 1
                mine = [one for one in places if (first < one[0] or not first + at) and one[0] <= after]
                self._put(cursor, piece, first, colours, citations, mine)
                if at + 1 == whole:
                    self._whole = start + piece.end
                    self._position = self._document.characterCount() - 1
                    self._shape = self._document.lastBlock().blockFormat()
                    self._whole_codes = len(self.codes)
                if piece.kind == "code" and at + 1 == len(pieces) and not mine and piece.text:
                    self._open = first, piece
        markdown_look.doubt(self._document, doubts, colours)
        cursor.endEditBlock()
        self._text = clean
        self._look = self._seen(colours, citations, doubts, places)

    def _seen(
        self, colours: Colours, citations: Collection[int], doubts: Sequence[str], places: Sequence[tuple[int, Note]]
    ) -> tuple[object, ...]:
        font = self._document.defaultFont().toString()
        known = tuple(one for one in places if one[0] <= self._whole)
        return colours, font, frozenset(citations), tuple(doubts), known

    def _go_on(
        self,
        cursor: QTextCursor,
        pieces: Sequence[Piece],
        start: int,
        places: Sequence[tuple[int, Note]],
        colours: Colours,
    ) -> bool:
        """Only add what is new, where all that comes is the code that is open."""
        if self._open is None or len(pieces) != 1:
            return False
        (first, shown), piece = self._open, pieces[0]
        if (
            piece.kind != "code"
            or start + piece.start != first
            or piece.language != shown.language
            or not piece.text.startswith(shown.text)
            or any(at > first for at, _ in places)
        ):
            return False
        markdown_look.more_code(cursor, piece.text[len(shown.text) :])
        self.codes[-1] = Code(self.codes[-1].position, piece.text, piece.language)
        self._open = first, piece
        return True

    def _take_away(self, cursor: QTextCursor) -> None:
        """Remove what comes after the whole pieces."""
        del self.codes[self._whole_codes :]
        if not self._whole:
            self._document.clear()
            return
        cursor.setPosition(self._position)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        if cursor.hasSelection():
            cursor.removeSelectedText()
            cursor.setBlockFormat(self._shape)

    def _put(
        self,
        cursor: QTextCursor,
        piece: Piece,
        first: int,
        colours: Colours,
        citations: Collection[int],
        places: Sequence[tuple[int, Note]],
    ) -> None:
        """Lay out a piece below all that is there."""
        cursor.movePosition(QTextCursor.MoveOperation.End)
        alone = self._document.isEmpty()
        made = QTextDocument()
        made.setUndoRedoEnabled(False)
        made.setDefaultFont(self._document.defaultFont())
        if piece.kind == "code":
            self.codes.append(Code(cursor.position() + (not alone), piece.text, piece.language))
            made.setPlainText("" if alone else "x")
            markdown_look.code(made, piece.text, piece.language, colours)
        else:
            text, found = self._without_maths(piece)
            made.setMarkdown(_tame(text) if alone else f"{_BEFORE}{_tame(text)}", FEATURES)
            markdown_look.polish(made, colours, citations)
            self._put_maths(made, found, piece.kind == "maths", colours)
        # Where each stands is found before one is there.
        blocks = [_blocks(piece.text[: max(0, at - first)]) if piece.kind != "code" else LONGEST for at, _ in places]
        for count, _, (_, note) in sorted(zip(blocks, range(len(blocks)), places, strict=True), reverse=True,
                                          key=lambda one: one[:2]):  # fmt: skip
            markdown_look.put_note(made, count + (not alone), note, colours)
        part = QTextCursor(made)
        if not alone:
            part.setPosition(1)  # after the x
        part.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        if part.hasSelection():
            cursor.insertFragment(QTextDocumentFragment(part))

    @staticmethod
    def _without_maths(piece: Piece) -> tuple[str, list[Formula]]:
        """Return the text with a sign of its own for each formula, which Markdown leaves alone, and the formulas."""
        if piece.kind == "maths":
            source = piece.text.strip()
            return _SIGN, [Formula(0, 0, source, f"$${source}$$")] if source else []
        found = formulas(piece.text)[:_SIGNS]
        parts, at = [], 0
        for number, formula in enumerate(found):
            parts += [piece.text[at : formula.start], chr(ord(_SIGN) + number)]
            at = formula.end
        return "".join([*parts, piece.text[at:]]), found

    def _put_maths(self, made: QTextDocument, found: Sequence[Formula], alone: bool, colours: Colours) -> None:
        for number, formula in enumerate(found):
            cursor = made.find(chr(ord(_SIGN) + number))
            if cursor.isNull():
                continue
            if alone:
                shape = cursor.blockFormat()
                shape.setAlignment(Qt.AlignmentFlag.AlignHCenter)
                cursor.setBlockFormat(shape)
            if self._drawn:
                from app.ui import maths_objects

                self.maths = True
                maths_objects.put(cursor, formula.source, formula.written, alone)
            else:
                cursor.insertText(formula.written.replace("\n", " "), markdown_look.code_look(colours))


def _blocks(text: str) -> int:
    """Return how many blocks `text` is laid out in."""
    probe = QTextDocument()
    probe.setMarkdown(_tame(text), FEATURES)
    return probe.blockCount()


def citation_of(url: QUrl) -> int | None:
    """Return the passage number behind a clicked link, or None for any other link."""
    if url.scheme() != CITATION_SCHEME:
        return None
    digits = url.path()
    return int(digits) if digits.isdecimal() and len(digits) < 4 else None
