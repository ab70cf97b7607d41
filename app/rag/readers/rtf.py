"""RTF: paragraphs, headings by outline level and style, tables, footnotes. Pictures and objects are skipped unread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.rag.document import Piece
from app.rag.readers.outcome import Outcome
from app.rag.readers.outline import Outline
from app.rag.readers.tables import table

MAX_GROUPS = 5_000
_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+"
)
_SKIPPED_NAMES = """
pict object objdata fonttbl colortbl datafield fldinst themedata colorschememapping latentstyles datastore
listtable listoverridetable rsidtbl generator xmlnstbl mmathPr filetbl revtbl bkmkstart bkmkend nonshppict
pnseclvl pntext author operator company keywords comment doccomm category manager subject shpinst
"""
_SKIPPED = frozenset(_SKIPPED_NAMES.split())
_CHARACTERS = {
    "par": "\n", "line": "\n", "tab": "\t", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
_CHARSETS = {0: 1252, 77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
             178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250}  # fmt: skip


@dataclass(slots=True)
class _State:
    """What a group has set; what follows the group goes on with what was before."""

    place: str = ""
    """"" is the text; else the destination: skip, styles, fonts, title, note."""
    encoding: str = "cp1252"
    after_unicode: int = 1
    """How many characters stand for those that cannot be written as \\u."""
    style: int = 0
    level: int = 99
    in_table: bool = False
    hidden: bool = False


@dataclass(slots=True)
class _Reader:
    outline: Outline = field(default_factory=Outline)
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    encoding: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    styles: dict[int, int] = field(default_factory=dict)
    """Level of those that are headings."""
    title: str = ""
    words: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    font: int = 0
    skip: int = 0
    pending: bytearray = field(default_factory=bytearray)
    """Bytes of letters that may take two."""
    surrogate: int = 0


def read(data: bytes) -> Outcome:
    """Return the paragraphs and tables in order."""
    reader = _Reader()
    pieces = list(_pieces(data, reader))
    return Outcome(pieces, title=reader.title)


def _pieces(data: bytes, reader: _Reader) -> Iterator[Piece]:
    starting = False  # the next control word may name a destination
    for match in _TOKEN.finditer(data):
        coded, word, number, symbol, brace, plain = match.groups()
        if coded is None and plain is None:
            _flush(reader)
        if brace == b"{":
            if len(reader.stack) < MAX_GROUPS:
                reader.stack.append(replace(reader.state))
            starting = True
            continue
        if brace == b"}":
            _leave(reader)
        elif coded is not None:
            if reader.skip:
                reader.skip -= 1
            else:
                reader.pending.append(int(coded, 16))
        elif word is not None:
            name = word.decode("ascii")
            yield from _word(reader, name, int(number) if number else None, starting)
        elif symbol is not None:
            if symbol == b"*" and starting:
                # A destination that a reader need not know; those we know name themselves next.
                reader.state.place = reader.state.place or "unknown"
                continue
            _put(
                reader,
                {b"~": "\u00a0", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n"}.get(symbol, symbol.decode("latin-1")),
            )
        elif plain is not None:
            skipped = min(reader.skip, len(plain))
            reader.skip -= skipped
            reader.pending += plain[skipped:]
        starting = False
    _flush(reader)
    yield from _paragraph(reader)
    yield from _table(reader)


def _leave(reader: _Reader) -> None:
    place = reader.state.place
    if place == "note" and (not reader.stack or reader.stack[-1].place != "note"):
        note = " ".join("".join(reader.aside).split())
        reader.notes.extend([f"Footnote: {note}"] if note else [])
        reader.aside.clear()
    if place == "styles" and reader.aside:
        name = "".join(reader.aside).strip().strip(";").lower()
        level = re.match(r"heading (\d)", name)
        if level:
            reader.styles[reader.state.style] = int(level.group(1))
        elif name == "title":
            reader.styles[reader.state.style] = 0
        reader.aside.clear()
    if place == "title" and reader.aside:
        reader.title = reader.title or "".join(reader.aside).strip()[:300]
        reader.aside.clear()
    if reader.stack:
        reader.state = reader.stack.pop()


def _word(reader: _Reader, name: str, number: int | None, starting: bool) -> Iterator[Piece]:
    state = reader.state
    if starting and state.place in ("", "unknown") and name in ("footnote", "stylesheet", "title", "shptxt"):
        state.place = {"footnote": "note", "stylesheet": "styles", "title": "title", "shptxt": ""}[name]
    elif name == "fonttbl":
        state.place = "fonts"
    elif (starting and name in _SKIPPED) or name in (
        "header",
        "headerl",
        "headerr",
        "headerf",
        "footer",
        "footerl",
        "footerr",
        "footerf",
    ):
        state.place = "skip"
    elif name == "ansicpg" and number:
        reader.encoding = state.encoding = f"cp{number}" if number != 65001 else "utf-8"
    elif name in ("mac", "pc", "pca"):
        reader.encoding = state.encoding = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[name]
    elif name == "f" and number is not None:
        reader.font = number
        state.encoding = reader.fonts.get(number, reader.encoding)
    elif name == "fcharset" and state.place == "fonts":
        page = _CHARSETS.get(number or 0)
        if page:
            reader.fonts[reader.font] = "mac_roman" if page == 10000 else f"cp{page}"
    elif name == "uc":
        state.after_unicode = max(0, min(number if number is not None else 1, 10))
    elif name == "u" and number is not None:
        _unicode(reader, number % 65536)
    elif name == "bin":
        state.place = "skip"
    elif name == "s" and number is not None:
        state.style = number
        if state.place != "styles":
            state.level = reader.styles.get(number, state.level)
    elif name == "outlinelevel" and number is not None:
        state.level = number + 1 if number < 9 else 99
    elif name == "v":
        state.hidden = number != 0
    elif name == "plain":
        state.hidden = False
        state.encoding = reader.encoding
    elif name == "pard":
        state.level, state.in_table, state.style = 99, False, 0
    elif name == "intbl":
        state.in_table = True
    else:
        yield from _mark(reader, name)


def _mark(reader: _Reader, name: str) -> Iterator[Piece]:
    """Take a word that stands for a character, or ends a paragraph, a cell or a row."""
    if reader.state.place:
        if name in ("par", "line", "tab"):
            _put(reader, " ")
    elif name in ("cell", "nestcell"):
        reader.cells.append("".join(reader.words))
        reader.words.clear()
    elif name in ("row", "nestrow"):
        reader.rows.append([*reader.cells])
        reader.cells.clear()
    elif name in ("par", "sect", "page") and not reader.state.in_table:
        yield from _table(reader)
        yield from _paragraph(reader)
    elif name in _CHARACTERS:
        _put(reader, _CHARACTERS[name])


def _paragraph(reader: _Reader) -> Iterator[Piece]:
    text = "".join(reader.words).strip()
    reader.words.clear()
    if text and reader.state.level < 99:
        yield reader.outline.heading(reader.state.level, text)
    else:
        yield reader.outline.piece(text, "list" if text.startswith(("• ", "•\t", "- ")) else "text")
    for note in reader.notes:
        yield reader.outline.piece(note)
    reader.notes.clear()


def _table(reader: _Reader) -> Iterator[Piece]:
    if reader.rows:
        yield table(reader.rows, reader.outline.path)
        reader.rows.clear()


def _unicode(reader: _Reader, code: int) -> None:
    reader.skip = reader.state.after_unicode
    if 0xD800 <= code < 0xDC00:
        reader.surrogate = code
    elif 0xDC00 <= code < 0xE000:
        if reader.surrogate:
            _put(reader, chr(0x10000 + ((reader.surrogate - 0xD800) << 10) + (code - 0xDC00)))
        reader.surrogate = 0
    else:
        _put(reader, chr(code))


def _flush(reader: _Reader) -> None:
    """Decode the letters gathered so far."""
    if reader.pending:
        data = bytes(reader.pending)
        reader.pending.clear()
        try:
            _put(reader, data.decode(reader.state.encoding, "replace"))
        except LookupError:
            _put(reader, data.decode("cp1252", "replace"))


def _put(reader: _Reader, text: str) -> None:
    if reader.state.hidden:
        return
    if reader.state.place == "":
        reader.words.append(text)
    elif reader.state.place in ("note", "styles", "title"):
        reader.aside.append(text)
