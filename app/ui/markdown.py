"""A model's Markdown as a QTextDocument: untrusted text in, typography and citation links out.

Nothing is loaded and nothing is executed: HTML stays text, pictures become their description, links keep their
address but are only ever opened by a click that the user confirms. [n] becomes a link when passage n exists.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from app.ui.tokens import Colours

CITATION_SCHEME = "tangnet-cite"
FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
LONGEST = 200_000
"""Characters that are laid out; a longer answer is cut in the view (never in the store)."""

_CITATION = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_NUMBER = re.compile(r"\d+")
# Control characters, and marks that make text read in another order than it is written.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffc]")
_QUOTES = re.compile(r"^(?:[ \t]*>){8,}", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]{24,}", re.MULTILINE)
_LONG_WORD = re.compile(r"\S{400}(?=\S)")
_COLUMNS_MOST = 24


def tame(text: str) -> str:
    """Return `text` without unseen characters and without nesting or tables that would take seconds to lay out."""
    text = _UNSEEN.sub("", text[:LONGEST])
    text = _QUOTES.sub("> > > >", text)
    text = _INDENT.sub(" " * 24, text)
    text = _LONG_WORD.sub("\\g<0>\u200b", text)  # an invisible place to break: layout is quadratic without
    if "|" in text:
        lines = text.split("\n")
        text = "\n".join(line.replace("|", "\\|") if line.count("|") > _COLUMNS_MOST else line for line in lines)
    return text


@dataclass(frozen=True, slots=True)
class Note:
    """A quiet line of the window's own between the paragraphs of a text, with more in its tooltip."""

    at: int
    """It stands after the paragraph in which the character with this number is."""
    text: str
    more: str = ""


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
    # Where a note stands is found before it is laid out with the others: each makes the text longer.
    places = [_blocks(text[: note.at]) for note in notes]
    document.setMarkdown(tame(text), FEATURES)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    cursor.select(QTextCursor.SelectionType.Document)
    spacing = QTextBlockFormat()
    spacing.setLineHeight(128, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    cursor.mergeBlockFormat(spacing)
    block = document.begin()
    while block.isValid():
        _polish(block, colours, citations)
        block = block.next()
    _doubt(document, doubts, colours)
    for place, _, note in sorted(zip(places, range(len(notes)), notes, strict=True), reverse=True, key=lambda n: n[:2]):
        _note(document, place, note, colours)
    cursor.endEditBlock()


DOUBT = "Nothing in the passages that were read says this."


def _doubt(document: QTextDocument, sentences: Sequence[str], colours: Colours) -> None:
    """Underline sentences with dots. They are found by letters and digits alone: the layout took signs away."""
    if not sentences:
        return
    text = document.toPlainText()
    places = [at for at, sign in enumerate(text) if sign.isalnum()]
    letters = "".join(text[at] for at in places)
    look = QTextCharFormat()
    look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
    look.setUnderlineColor(QColor(colours.muted))
    look.setToolTip(DOUBT)
    start = 0
    for sentence in sentences:
        wanted = "".join(sign for sign in sentence if sign.isalnum())
        at = letters.find(wanted, start) if wanted else -1
        if at < 0:
            continue
        start = at + len(wanted)
        cursor = QTextCursor(document)
        cursor.setPosition(_units(text, places[at]))
        cursor.setPosition(_units(text, places[start - 1] + 1), QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(look)


def _units(text: str, at: int) -> int:
    """Return where character `at` is in Qt's count, which takes signs beyond the first 65,536 for two."""
    return at + sum(sign > "\uffff" for sign in text[:at])


def _blocks(text: str) -> int:
    """Return how many blocks `text` is laid out in."""
    probe = QTextDocument()
    probe.setMarkdown(tame(text), FEATURES)
    return probe.blockCount()


def _note(document: QTextDocument, after: int, note: Note, colours: Colours) -> None:
    """Put a note below the first `after` blocks, and below the table or the code that the last of them belongs to."""
    block = document.findBlockByNumber(min(max(after, 1), document.blockCount()) - 1)
    table = QTextCursor(block).currentTable()
    if table:
        block = table.lastCursorPosition().block().next()
    while _is_code(block) and _is_code(block.next()):
        block = block.next()
    shape = QTextBlockFormat()
    shape.setTopMargin(4)
    shape.setBottomMargin(6)
    look = QTextCharFormat()
    look.setForeground(QBrush(QColor(colours.muted)))
    look.setProperty(QTextFormat.Property.FontSizeAdjustment.value, -1)
    look.setToolTip(note.more)
    cursor = QTextCursor(block)
    if table:  # there is always a block below a table: the note takes its place, and it comes below
        cursor.insertBlock(cursor.blockFormat(), cursor.charFormat())
        cursor.movePosition(QTextCursor.MoveOperation.PreviousBlock)
        cursor.setBlockFormat(shape)
    else:
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        cursor.insertBlock(shape, look)
    cursor.insertText(note.text, look)


def _is_code(block: QTextBlock) -> bool:
    shape = block.blockFormat()
    return bool(shape.hasProperty(QTextFormat.Property.BlockCodeFence.value)) or shape.hasProperty(
        QTextFormat.Property.BlockCodeLanguage.value
    )


def citation_of(url: QUrl) -> int | None:
    """Return the passage number behind a clicked link, or None for any other link."""
    if url.scheme() != CITATION_SCHEME:
        return None
    digits = url.path()
    return int(digits) if digits.isdecimal() and len(digits) < 4 else None


def _polish(block: QTextBlock, colours: Colours, citations: Collection[int]) -> None:
    shape = block.blockFormat()
    level = shape.headingLevel()
    if level:
        _heading(block, level)
    elif _is_code(block):
        _code(block, colours)
        return
    _fragments(block, colours)
    text = block.text()
    if citations and "[" in text:
        for match in _CITATION.finditer(text):
            for number in _NUMBER.finditer(text, match.start(), match.end()):
                if int(number.group()) in citations:
                    alone = "," not in match.group()
                    start, end = match.span() if alone else number.span()
                    _link(block, start, end, int(number.group()), colours)


def _over(block: QTextBlock, start: int, end: int) -> QTextCursor:
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + start)
    cursor.setPosition(block.position() + end, QTextCursor.MoveMode.KeepAnchor)
    return cursor


def _link(block: QTextBlock, start: int, end: int, number: int, colours: Colours) -> None:
    cursor = _over(block, start, end)
    if cursor.charFormat().fontFixedPitch():
        return  # code is shown as it is
    look = QTextCharFormat()
    look.setAnchor(True)
    look.setAnchorHref(f"{CITATION_SCHEME}:{number}")
    look.setForeground(QBrush(QColor(colours.accent)))
    look.setFontWeight(QFont.Weight.Bold)
    look.setFontUnderline(False)
    look.setToolTip(f"Show passage {number}")
    cursor.mergeCharFormat(look)


def _heading(block: QTextBlock, level: int) -> None:
    look = QTextCharFormat()
    look.setProperty(QTextFormat.Property.FontSizeAdjustment.value, 2 if level == 1 else 1 if level == 2 else 0)
    look.setFontWeight(QFont.Weight.DemiBold)
    cursor = _over(block, 0, max(0, block.length() - 1))
    cursor.mergeCharFormat(look)
    shape = QTextBlockFormat()
    shape.setTopMargin(10)
    shape.setBottomMargin(4)
    cursor.mergeBlockFormat(shape)


def _code(block: QTextBlock, colours: Colours) -> None:
    cursor = _over(block, 0, max(0, block.length() - 1))
    shape = QTextBlockFormat()
    shape.setBackground(QBrush(QColor(colours.code)))
    shape.setNonBreakableLines(False)
    cursor.mergeBlockFormat(shape)
    look = QTextCharFormat()
    look.setFontFamilies([QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()])
    cursor.mergeCharFormat(look)


def _fragments(block: QTextBlock, colours: Colours) -> None:
    """Put words in the place of pictures and give inline code its ground."""
    changes: list[tuple[int, int, QTextCharFormat]] = []
    fragments = block.begin()
    while not fragments.atEnd():
        fragment = fragments.fragment()
        if fragment.isValid():
            look = fragment.charFormat()
            if look.isImageFormat() or look.fontFixedPitch():
                changes.append((fragment.position() - block.position(), fragment.length(), look))
        fragments += 1
    for start, length, look in reversed(changes):
        cursor = _over(block, start, start + length)
        if look.isImageFormat():
            name = look.toImageFormat().name()
            plain = QTextCharFormat()
            plain.setForeground(QBrush(QColor(colours.muted)))
            plain.setFontItalic(True)
            cursor.insertText(f"[picture not loaded: {name[:80]}]", plain)
        else:
            ground = QTextCharFormat()
            ground.setBackground(QBrush(QColor(colours.code)))
            cursor.mergeCharFormat(ground)
