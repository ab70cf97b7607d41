"""How the parts of an answer look: headings, links, code, tables, notes of the window's own, doubts."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

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
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)

from app.ui.tokens import SPACE, Colours
from app.ui.translation import tr

CITATION_SCHEME = "tangnet-cite"
CODE_HEAD = 34
"""Logical pixels above code, for the name of its language and its button."""

_CITATION = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Note:
    """A quiet line of the window's own between the paragraphs of a text, with more in its tooltip."""

    at: int
    """It stands after the paragraph in which the character with this number is."""
    text: str
    more: str = ""


def polish(document: QTextDocument, colours: Colours, citations: Collection[int]) -> None:
    """Give what Qt made of Markdown its look."""
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    spacing = QTextBlockFormat()
    spacing.setLineHeight(128, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    cursor.mergeBlockFormat(spacing)
    block = document.begin()
    while block.isValid():
        _polish(block, colours, citations)
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _table(frame, colours)


def code(document: QTextDocument, text: str, language: str, colours: Colours) -> None:
    """Put code below what is in `document`, or into it where that is empty."""
    cursor = QTextCursor(document)
    cursor.movePosition(QTextCursor.MoveOperation.End)
    look = code_look(colours)
    shape = QTextBlockFormat()
    shape.setProperty(QTextFormat.Property.BlockCodeFence.value, "`")
    if language:
        shape.setProperty(QTextFormat.Property.BlockCodeLanguage.value, language)
    shape.setBackground(QBrush(QColor(colours.code)))
    shape.setLineHeight(128, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    shape.setLeftMargin(SPACE.M)
    shape.setRightMargin(SPACE.M)
    shape.setTopMargin(0)
    shape.setBottomMargin(0)
    if document.isEmpty():
        cursor.setBlockFormat(shape)
        cursor.setBlockCharFormat(look)
    else:
        cursor.insertBlock(shape, look)
    first = cursor.block().blockNumber()
    cursor.insertText(text, look)
    _margins(document.findBlockByNumber(first), top=CODE_HEAD + SPACE.S)
    _margins(document.lastBlock(), bottom=SPACE.XL)


def more_code(cursor: QTextCursor, text: str) -> None:
    """Add to the code that a document ends with."""
    if not text:
        return
    cursor.movePosition(QTextCursor.MoveOperation.End)
    last = cursor.block()
    number = last.blockNumber()
    _margins(last, bottom=0)
    shape = last.blockFormat()
    shape.setTopMargin(0)
    look = cursor.blockCharFormat()
    for at, line in enumerate(text.split("\n")):
        if at:
            cursor.insertBlock(shape, look)
        cursor.insertText(line, look)
    document = cursor.document()
    assert document.blockCount() > number
    _margins(document.lastBlock(), bottom=SPACE.XL)


def _margins(block: QTextBlock, top: int | None = None, bottom: int | None = None) -> None:
    shape = block.blockFormat()
    if top is not None:
        shape.setTopMargin(top)
    if bottom is not None:
        shape.setBottomMargin(bottom)
    QTextCursor(block).setBlockFormat(shape)


def code_font(font: QFont) -> QFont:
    """Return `font` in the letters of code."""
    made = QFont(font)
    made.setFamilies([QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()])
    return made


def code_look(colours: Colours) -> QTextCharFormat:
    """Return how code is written."""
    look = QTextCharFormat()
    look.setFontFamilies([QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()])
    look.setFontFixedPitch(True)
    look.setForeground(QBrush(QColor(colours.text)))
    return look


def _table(table: QTextTable, colours: Colours) -> None:
    """Draw thin lines between rows, a ground behind the head and behind every second row."""
    line = QBrush(QColor(colours.border))
    shape = table.format()
    shape.setBorder(1)
    shape.setBorderBrush(line)
    shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    shape.setBorderCollapse(True)
    shape.setCellSpacing(0)
    shape.setCellPadding(SPACE.S - 2)
    shape.setTopMargin(SPACE.XS)
    shape.setBottomMargin(SPACE.XS)
    shape.setWidth(QTextLength())
    table.setFormat(shape)
    head, odd = QColor(colours.raised), QColor(colours.code)
    for row in range(table.rows()):
        if row and row % 2:
            continue
        for column in range(table.columns()):
            cell = table.cellAt(row, column)
            look = cell.format()
            look.setBackground(QBrush(odd if row else head))
            cell.setFormat(look)


def doubt(document: QTextDocument, sentences: Sequence[str], colours: Colours) -> None:
    """Underline sentences with dots. They are found by letters and digits alone: the layout took signs away."""
    if not sentences:
        return
    text = document.toPlainText()
    places = [at for at, sign in enumerate(text) if sign.isalnum()]
    letters = "".join(text[at] for at in places)
    look = QTextCharFormat()
    look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
    look.setUnderlineColor(QColor(colours.muted))
    look.setToolTip(tr("Nothing in the passages that were read says this."))
    start = 0
    for sentence in sentences:
        wanted = "".join(sign for sign in sentence if sign.isalnum())
        at = letters.find(wanted, start) if wanted else -1
        if at < 0:
            continue
        start = at + len(wanted)
        cursor = QTextCursor(document)
        cursor.setPosition(units(text, places[at]))
        cursor.setPosition(units(text, places[start - 1] + 1), QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(look)


def units(text: str, at: int) -> int:
    """Return where character `at` is in Qt's count, which takes signs beyond the first 65,536 for two."""
    return at + sum(sign > "\uffff" for sign in text[:at])


def put_note(document: QTextDocument, after: int, note: Note, colours: Colours) -> None:
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


def _polish(block: QTextBlock, colours: Colours, citations: Collection[int]) -> None:
    shape = block.blockFormat()
    level = shape.headingLevel()
    if level:
        _heading(block, level)
    elif _is_code(block):  # within a list or a quotation
        look, shape = code_look(colours), QTextBlockFormat()
        shape.setBackground(QBrush(QColor(colours.code)))
        shape.setNonBreakableLines(False)
        cursor = _over(block, 0, max(0, block.length() - 1))
        cursor.mergeBlockFormat(shape)
        cursor.mergeCharFormat(look)
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
    look.setForeground(QBrush(QColor(colours.on_soft)))
    look.setBackground(QBrush(QColor(colours.soft)))
    look.setFontWeight(QFont.Weight.Bold)
    look.setFontUnderline(False)
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
            cursor.insertText(f"[{tr('picture not loaded: {name}', name=name[:80])}]", plain)
        else:
            ground = QTextCharFormat()
            ground.setBackground(QBrush(QColor(colours.code)))
            cursor.mergeCharFormat(ground)
