"""Reads GBNF, llama.cpp's notation for grammars, into flat rules over bytes.

Own code instead of llama.cpp's: that one ends the process on some grammars (deep nesting, a token that it did not
expect) and takes exponential time or memory on others. Here every size is bounded and every fault is a sentence.
Not read: references to tokens (`<think>`, `<[42]>`), which mean nothing for text.

Characters become sequences of byte sets, so that tokens which hold part of a character need no care.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nodeworker.errors import BadRequest

MAX_CHARACTERS = 512 * 1024
MAX_ELEMENTS = 60_000
MAX_NESTING = 64
MAX_REPEATS = 2_000
ROOT = "root"
END = -1
"""Closes an alternative."""
_HEX = {"x": 2, "u": 4, "U": 8}
_PLAIN_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "\\": "\\", '"': '"', "[": "[", "]": "]", "-": "-"}
_SIGNS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)
_HINT = "See the GBNF guide of llama.cpp."

Ranges = list[tuple[int, int]]


@dataclass
class Rules:
    """A grammar, flat. A position holds a set of bytes, a reference to a rule, or the end of an alternative."""

    bytes: list[int] = field(default_factory=list)
    """At each position the set of bytes as a number of 256 bits; 0 for the other two."""
    rule: list[int] = field(default_factory=list)
    """At each position the rule that is referred to, END, or 0 for bytes."""
    starts: list[list[int]] = field(default_factory=list)
    """For each rule the positions where its alternatives begin."""
    root: int = 0

    def is_end(self, position: int) -> bool:
        """Whether the alternative ends here."""
        return self.rule[position] == END


@dataclass(frozen=True, slots=True)
class _Bytes:
    """One byte out of a set."""

    members: int


@dataclass(frozen=True, slots=True)
class _Reference:
    """One text of a rule."""

    rule: int


_Element = _Bytes | _Reference
_Sequence = list[_Element]


def read_gbnf(text: str) -> Rules:
    """Read a grammar. Raises BadRequest with a sentence about what is wrong with it."""
    if len(text) > MAX_CHARACTERS:
        raise BadRequest(f"The grammar has more than {MAX_CHARACTERS // 1024} KB.")
    return _Reader(text).read()


def utf8_sequences(ranges: Ranges) -> list[list[int]]:
    """The UTF-8 forms of code points in these ranges (sorted, not overlapping), as sequences of byte sets."""
    short = 0
    found: list[list[int]] = []
    for low, high in ranges:
        if low < 0x80:
            short |= byte_set(low, min(high, 0x7F))
        for least, most, size in ((0x80, 0x7FF, 2), (0x800, 0xD7FF, 3), (0xE000, 0xFFFF, 3), (0x10000, _LAST, 4)):
            if low <= most and high >= least:
                _split(max(low, least), min(high, most), size, found)
    return ([[short]] if short else []) + found


def byte_set(low: int, high: int) -> int:
    """The bytes from `low` to `high` as a number of 256 bits."""
    return (1 << (high + 1)) - (1 << low)


def _split(low: int, high: int, size: int, found: list[list[int]]) -> None:
    """Cut a range of equally long characters so that each piece is a product of byte ranges."""
    for place in range(1, size):
        mask = (1 << (6 * place)) - 1
        if low >> (6 * place) != high >> (6 * place):
            if low & mask:
                _split(low, low | mask, size, found)
                _split((low | mask) + 1, high, size, found)
                return
            if high & mask != mask:
                _split(low, (high & ~mask) - 1, size, found)
                _split(high & ~mask, high, size, found)
                return
    first, last = chr(low).encode(), chr(high).encode()
    found.append([byte_set(least, most) for least, most in zip(first, last, strict=True)])


def merged(ranges: Ranges) -> Ranges:
    """The same code points, sorted and without overlap."""
    result: Ranges = []
    for low, high in sorted(ranges):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return result


def complement(ranges: Ranges) -> Ranges:
    """All characters but these."""
    result, at = [], 0
    for low, high in merged([*ranges, _SURROGATES]):
        if low > at:
            result.append((at, low - 1))
        at = high + 1
    return [*result, (at, _LAST)] if at <= _LAST else result


class _Reader:
    """Recursive descent over the text; the depth is bounded."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._names: dict[str, int] = {}
        self._alternatives: list[list[_Sequence] | None] = []
        self._elements = 0
        self._classes: dict[tuple[tuple[int, int], ...], _Sequence] = {}

    def read(self) -> Rules:
        self._space(newlines=True)
        while self._at < len(self._text):
            self._rule()
        for name, rule in self._names.items():
            if self._alternatives[rule] is None:
                raise BadRequest(f"The grammar uses the rule {name[:60]!r}, which it does not define.", _HINT)
        if ROOT not in self._names:
            raise BadRequest(f"The grammar has no rule named {ROOT!r}.", _HINT)
        return self._flat()

    def _flat(self) -> Rules:
        rules = Rules(root=self._names[ROOT])
        for alternatives in self._alternatives:
            starts = []
            for sequence in alternatives or ():
                starts.append(len(rules.bytes))
                for element in sequence:
                    rules.bytes.append(element.members if isinstance(element, _Bytes) else 0)
                    rules.rule.append(element.rule if isinstance(element, _Reference) else 0)
                rules.bytes.append(0)
                rules.rule.append(END)
            rules.starts.append(starts)
        return rules

    # -- syntax ------------------------------------------------------------------------------------------------------

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _wrong(self, what: str) -> BadRequest:
        line = self._text.count("\n", 0, self._at) + 1
        return BadRequest(f"The grammar is wrong in line {line}: {what}.", _HINT)

    def _space(self, *, newlines: bool) -> None:
        blank = " \t\r\n" if newlines else " \t"
        while (char := self._peek()) and (char in blank or char == "#"):
            if char == "#":
                while self._peek() not in ("", "\r", "\n"):
                    self._at += 1
            else:
                self._at += 1

    def _name(self) -> str:
        start = self._at
        while _is_word(self._peek()):
            self._at += 1
        if self._at == start:
            raise self._wrong("a name is missing")
        return self._text[start : self._at]

    def _rule(self) -> None:
        name = self._name()
        self._space(newlines=False)
        if not self._text.startswith("::=", self._at):
            raise self._wrong(f"'::=' is missing after {name[:60]!r}")
        self._at += 3
        self._space(newlines=True)
        rule = self._number(name)
        self._alternatives[rule] = self._choice(0)
        if self._peek() not in ("", "\r", "\n"):
            raise self._wrong(f"{self._peek()!r} is not expected")
        self._space(newlines=True)

    def _number(self, name: str) -> int:
        if name not in self._names:
            self._names[name] = self._new(None)
        return self._names[name]

    def _new(self, alternatives: list[_Sequence] | None) -> int:
        self._alternatives.append(alternatives)
        return len(self._alternatives) - 1

    def _choice(self, depth: int) -> list[_Sequence]:
        alternatives = [self._sequence(depth)]
        while self._peek() == "|":
            self._at += 1
            self._space(newlines=True)
            alternatives.append(self._sequence(depth))
        return alternatives

    def _sequence(self, depth: int) -> _Sequence:
        result: _Sequence = []
        self._count(1)
        while char := self._peek():
            if char == '"':
                item = self._literal()
            elif char == "[":
                item = self._set()
            elif char == ".":
                self._at += 1
                item = self._characters(complement([]))
            elif char == "(":
                item = self._group(depth)
            elif _is_word(char):
                item = [_Reference(self._number(self._name()))]
            elif char in "<!":
                raise self._wrong("references to tokens are not supported")
            elif char in "*+?{":
                raise self._wrong(f"nothing stands before {char!r}")
            else:
                break
            self._space(newlines=depth > 0)
            while self._peek() in ("*", "+", "?", "{"):
                item = self._repeated(item, *self._repeats(depth))
            self._count(len(item))
            result += item
        return result

    def _group(self, depth: int) -> _Sequence:
        if depth >= MAX_NESTING:
            raise self._wrong(f"groups are nested more than {MAX_NESTING} deep")
        self._at += 1
        self._space(newlines=True)
        rule = self._new(None)
        self._alternatives[rule] = self._choice(depth + 1)
        if self._peek() != ")":
            raise self._wrong("a ')' is missing")
        self._at += 1
        return [_Reference(rule)]

    def _character(self) -> int:
        char = self._peek()
        if not char:
            raise self._wrong("it ends too early")
        self._at += 1
        if char != "\\":
            return ord(char)
        kind = self._peek()
        self._at += 1
        if kind in _HEX:
            digits = self._text[self._at : self._at + _HEX[kind]]
            self._at += len(digits)
            if len(digits) == _HEX[kind] and all(digit in "0123456789abcdefABCDEF" for digit in digits):
                code = int(digits, 16)
                if code <= _LAST and not _SURROGATES[0] <= code <= _SURROGATES[1]:
                    return code
            raise self._wrong(f"'\\{kind}{digits}' is no character")
        if kind not in _PLAIN_ESCAPES:
            raise self._wrong(f"'\\{kind}' is not known")
        return ord(_PLAIN_ESCAPES[kind])

    def _literal(self) -> _Sequence:
        self._at += 1
        result: _Sequence = []
        while self._peek() != '"':
            code = self._character()
            try:
                result += [_Bytes(1 << byte) for byte in chr(code).encode()]
            except UnicodeEncodeError:
                raise self._wrong("it holds half a character") from None
        self._at += 1
        return result

    def _set(self) -> _Sequence:
        self._at += 1
        inverse = self._peek() == "^"
        self._at += inverse
        ranges: Ranges = []
        while self._peek() != "]":
            low = high = self._character()
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] != "]":
                self._at += 1
                high = self._character()
            if high < low:
                raise self._wrong("a range of characters goes backwards")
            ranges.append((low, high))
        self._at += 1
        return self._characters(complement(ranges) if inverse else complement(complement(ranges)))

    def _characters(self, ranges: Ranges) -> _Sequence:
        """One character out of these."""
        key = tuple(ranges)
        if key not in self._classes:
            sequences = utf8_sequences(ranges)
            if not sequences:
                raise self._wrong("a set of characters is empty")
            alternatives: list[_Sequence] = [[_Bytes(members) for members in sequence] for sequence in sequences]
            self._count(sum(len(sequence) + 1 for sequence in alternatives))
            several = len(alternatives) > 1
            self._classes[key] = [_Reference(self._new(alternatives))] if several else alternatives[0]
        return list(self._classes[key])

    # -- repetition --------------------------------------------------------------------------------------------------

    def _repeats(self, depth: int) -> tuple[int, int | None]:
        sign = self._peek()
        self._at += 1
        least, most = _SIGNS.get(sign, (0, None))
        if sign == "{":
            least = most = self._integer(depth)
            if self._peek() == ",":
                self._at += 1
                self._space(newlines=depth > 0)
                most = None if self._peek() == "}" else self._integer(depth)
            if self._peek() != "}":
                raise self._wrong("a '}' is missing")
            self._at += 1
        self._space(newlines=depth > 0)
        if max(least, most or 0) > MAX_REPEATS:
            raise self._wrong(f"more than {MAX_REPEATS} repetitions")
        if most is not None and most < least:
            raise self._wrong("the most repetitions are fewer than the least")
        return least, most

    def _integer(self, depth: int) -> int:
        self._space(newlines=depth > 0)
        start = self._at
        while self._peek() and self._peek() in "0123456789":
            self._at += 1
        digits = self._text[start : self._at]
        if not 0 < len(digits) <= 9:
            raise self._wrong("a number of repetitions is missing or too large")
        self._space(newlines=depth > 0)
        return int(digits)

    def _repeated(self, item: _Sequence, least: int, most: int | None) -> _Sequence:
        if not item:
            raise self._wrong("nothing is to be repeated")
        if len(item) > 1:
            item = [_Reference(self._new([item]))]
        self._count(least)
        result = item * least
        if most is None:
            self._count(len(item) + 3)
            rest = self._new(None)
            self._alternatives[rest] = [[*item, _Reference(rest)], []]
            return [*result, _Reference(rest)]
        self._count(4 * (most - least))
        tail: _Sequence = []
        for _ in range(most - least):
            tail = [_Reference(self._new([[*item, *tail], []]))]
        return result + tail

    def _count(self, elements: int) -> None:
        self._elements += elements
        if self._elements > MAX_ELEMENTS:
            raise BadRequest("The grammar is too large.", "Use fewer alternatives or repetitions.")


def _is_word(char: str) -> bool:
    return char == "-" or (char.isascii() and char.isalnum())
