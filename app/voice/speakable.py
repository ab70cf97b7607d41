"""An answer in Markdown as the sentences that are spoken, whole or while it streams; pure.

What is not said: code (only that it is there), citations such as [1], addresses (only their host), hidden text, signs.
A table is read row by row with the names of its columns.
"""

from __future__ import annotations

import re

from app.voice.saying import TONGUES, language_of, said

MOST_CHARACTERS = 400
"""Of a sentence; a longer one is cut where one would breathe."""
FIRST_CHARACTERS = 24
"""A first clause of at least so many is spoken before its sentence is complete."""
MOST_ROWS, MOST_COLUMNS = 5, 6
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*$")
_BULLET = re.compile(r"^\s*[-*+•]\s+(?:\[[ xX]\]\s+)?")
_NUMBERED = re.compile(r"^\s*(\d{1,3})[.)]\s+")
_QUOTE = re.compile(r"^\s{0,3}(?:>\s?)+")
_RULE = re.compile(r"^\s{0,3}([-*_=])(?:\s*\1){2,}\s*$")
_NOTE = re.compile(r"^\s{0,3}\[[^\]]{1,40}\]:\s")
_BARS = re.compile(r"^[\s|:-]*-[\s|:-]*$")
_SPECIAL = re.compile(r"^\s*(?:[`~#>|*+\-•_=\[<]|\d{1,3}[.)]?$|\d{1,3}[.)]\s)")
"""How a line may begin that is not simply text: it is looked at when it is whole."""
_END = re.compile(r"[.!?…]+[\"”’»)\]*_]*(?:\s*\[[\d\s,;–-]{1,20}\])*(?=\s+\S)")
_CLAUSE = re.compile(r"[,;:–—](?=\s)")
_LAST_WORD = re.compile(r"[^\s(\[\"“„]+$")
_NEXT_WORD = re.compile(r"\s+[\"“„(*_]*(\w+)")
_NOT_ENDS = frozenset(
    (
        *("mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc", "e.g", "i.e", "approx", "cf", "ca", "bzw"),
        *("usw", "vgl", "inkl", "evtl", "ggf", "gem", "lt", "z.b", "d.h", "u.a", "z", "d", "u", "b", "h", "o", "r"),
        *("bspw", "sog", "zzgl", "mio", "mrd", "fr", "hr", "str", "tel"),
    )
)
_BEFORE_NUMBERS = frozenset(
    ("no", "nr", "p", "pp", "s", "fig", "eq", "sec", "vol", "art", "abs", "ch", "kap", "max", "min")
)
_MONTHS = frozenset(month for tongue in TONGUES.values() for month in tongue.months)


def speakable(markdown: str, language: str = "") -> list[str]:
    """Return the sentences of a text as they are spoken. `language`: "en" or "de"; "" is found out."""
    reader = Reader(language)
    return [*reader.feed(markdown), *reader.end()]


class Reader:
    """Takes text as it comes and gives each sentence as soon as it is sure."""

    def __init__(self, language: str = "", *, early: bool = False) -> None:
        """`language` as in `speakable`, found out anew with each sentence; `early`: the first clause goes ahead."""
        self._language = language
        self._early = early
        self._line = ""
        """What of the current line has not been given to `_text`."""
        self._within = False
        """The line's beginning has been given to it."""
        self._text = ""
        self._fence = ""
        self._lines = 0
        self._table: list[str] = []
        self._columns: list[str] | None = None
        self._rows = 0
        self._comment = False
        self._seen = ""

    def feed(self, text: str) -> list[str]:
        """Take more text; return the sentences that are complete now."""
        made: list[str] = []
        *lines, rest = (self._line + text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
        self._line = ""
        for line in lines:
            self._whole(line, made)
        self._line = rest
        if not self._fence and (self._within or (rest.strip() and not self._special(rest))):
            self._end_table(made)
            self._text += rest
            self._line, self._within = "", True
            self._sentences(made)
        return made

    def end(self) -> list[str]:
        """Return what is left: no more text comes."""
        made: list[str] = []
        if self._line or self._within:
            self._whole(self._line, made)
        if self._fence:
            self._end_code(made)
        self._end_table(made)
        self._end_block(made)
        return made

    def _special(self, line: str) -> bool:
        return self._comment or len(line.strip()) < 2 or bool(_SPECIAL.match(line)) or "|" in line

    def _whole(self, line: str, made: list[str]) -> None:
        """Take a line that is complete, or the rest of one whose beginning was plain text."""
        if self._within:
            self._within = False
            self._text += line + "\n"
            self._sentences(made)
            return
        if self._fence:
            if line.strip().startswith(self._fence) and not line.strip().strip(self._fence[0]):
                self._end_code(made)
            else:
                self._lines += bool(line.strip())
            return
        line = self._shown(line)
        if fence := _FENCE.match(line):
            self._end_table(made)
            self._end_block(made)
            self._fence, self._lines = fence[1], 0
            return
        line = _QUOTE.sub("", line)
        if line.count("|") >= 1 and (line.lstrip().startswith("|") or self._table or self._columns is not None):
            self._row(line, made)
            return
        if "|" in line and not self._text.strip():  # perhaps the head of a table without outer bars
            self._end_table(made)
            self._table = [line]
            return
        self._end_table(made)
        if not line.strip() or _RULE.match(line) or _NOTE.match(line):
            self._end_block(made)
        elif heading := _HEADING.match(line):
            self._end_block(made)
            self._text = heading[1]
            self._end_block(made)
        elif numbered := _NUMBERED.match(line):
            self._end_block(made)
            self._text = f"{numbered[1]}: {line[numbered.end() :]}\n"
            self._sentences(made)
        elif bullet := _BULLET.match(line):
            self._end_block(made)
            self._text = line[bullet.end() :] + "\n"
            self._sentences(made)
        else:
            self._text += line + "\n"
            self._sentences(made)

    def _shown(self, line: str) -> str:
        """Without comments, which may go on over several lines."""
        if self._comment:
            _, end, line = line.partition("-->")
            self._comment = not end
        while "<!--" in line:
            before, _, after = line.partition("<!--")
            _, end, after = after.partition("-->")
            line, self._comment = before + after, not end
        return line

    def _row(self, line: str, made: list[str]) -> None:
        self._end_block(made)
        if self._columns is not None:
            self._rows += 1
            if self._rows <= MOST_ROWS:
                self._say_row(self._columns, _cells(line), made)
        elif self._table and _BARS.match(line):
            self._columns, self._rows = _cells(self._table.pop()), 0
            self._end_table(made, only_rows=True)
        else:
            self._table.append(line)

    def _say_row(self, columns: list[str], cells: list[str], made: list[str]) -> None:
        # The first column says what the row is about; the others need their names.
        names = ["", *columns[1:]]
        named = [f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell]
        if named:
            self._put(", ".join(named[:MOST_COLUMNS]) + ".", made)

    def _end_table(self, made: list[str], *, only_rows: bool = False) -> None:
        """Say what is left of a table; bars that turned out to be none are text."""
        rows, self._table = self._table, []
        for row in rows:
            self._put(", ".join(cell for cell in _cells(row) if cell) + ".", made)
        if only_rows or self._columns is None:
            return
        tongue = TONGUES[self._tongue("")]
        left, self._columns = self._rows - MOST_ROWS, None
        if left > 0:
            made.append(tongue.row if left == 1 else tongue.rows.format(left))

    def _end_code(self, made: list[str]) -> None:
        tongue, self._fence = TONGUES[self._tongue("")], ""
        if self._lines:
            made.append(tongue.line if self._lines == 1 else tongue.lines.format(self._lines))

    def _sentences(self, made: list[str]) -> None:
        """Give away what is complete of the current text."""
        while (cut := self._cut()) > 0:
            sentence, self._text = self._text[:cut], self._text[cut:].lstrip()
            self._put(sentence, made)

    def _cut(self) -> int:
        """Where the first sentence ends for sure; 0 while that is not known."""
        text, at = self._text, 0
        while found := _END.search(text, at):
            at = found.end()
            if self._ends(text, found):
                if at > MOST_CHARACTERS:
                    break
                return 0 if self._open(text[:at]) else at
        if self._early and len(text) > FIRST_CHARACTERS and (clause := _CLAUSE.search(text, FIRST_CHARACTERS)):
            return 0 if self._open(text[: clause.end()]) else clause.end()
        if len(text) > MOST_CHARACTERS:
            clauses = [one.end() for one in _CLAUSE.finditer(text, FIRST_CHARACTERS, MOST_CHARACTERS)]
            return max(clauses, default=0) or max(text.rfind(" ", 1, MOST_CHARACTERS), 0) or MOST_CHARACTERS
        return 0

    def _open(self, text: str) -> bool:
        """Whether code or a link goes on behind it; not for ever, for a stray sign is no beginning."""
        unclosed = text.count("`") % 2 or text.rfind("](") > text.rfind(")") or text.rfind("<!--") > text.rfind("-->")
        return bool(unclosed) and len(self._text) < MOST_CHARACTERS

    def _ends(self, text: str, found: re.Match[str]) -> bool:
        """Whether a full stop ends a sentence: not one of an abbreviation, an initial or an ordinal number."""
        if not found[0].startswith(".") or found[0].startswith(".."):
            return True
        last, follows = _LAST_WORD.search(text[: found.start()]), _NEXT_WORD.match(text, found.end())
        word, after = last[0] if last else "", follows[1] if follows else ""
        if word.lower().lstrip("*_") in _NOT_ENDS or (len(word) == 1 and word.isalpha() and word.isupper()):
            return False
        if word.lower() in _BEFORE_NUMBERS and after[:1].isdigit():
            return False
        if word.isdigit() and len(word) <= 2:
            return not (after in _MONTHS or self._tongue(text) == "de" or after[:1].islower())
        return not after[:1].islower()

    def _end_block(self, made: list[str]) -> None:
        """A paragraph, a heading or a list's item is over: its last sentence needs no sign to end."""
        self._sentences(made)
        rest, self._text = self._text.strip(), ""
        if rest:
            self._put(rest, made, close=True)

    def _put(self, sentence: str, made: list[str], *, close: bool = False) -> None:
        text = said(sentence, self._tongue(sentence))
        if not text:
            return
        if close and text[-1] not in ".!?…:;,":
            text += "."
        self._early = False
        made.append(text)

    def _tongue(self, text: str) -> str:
        if self._language in TONGUES:
            return self._language
        self._seen = (self._seen + text)[-2000:]
        return language_of(self._seen)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]
