"""Turns the `pattern` of a JSON schema (a regular expression) into GBNF for the inside of a JSON string.

What has no end or no meaning for text that is being written is refused with a sentence: look-around, back references,
word boundaries, anchors inside.
"""

from __future__ import annotations

from nodeworker.engines.grammar.gbnf import MAX_NESTING, MAX_REPEATS, Ranges, complement, merged
from nodeworker.errors import BadRequest

MAX_PATTERN = 2_000
_DIGIT: Ranges = [(48, 57)]
_WORD: Ranges = [(48, 57), (65, 90), (95, 95), (97, 122)]
_SPACE: Ranges = [(9, 13), (32, 32), (160, 160), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F)]
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0}
_JSON_ESCAPES = {8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: '"', 92: "\\"}
_LINE_ENDS: Ranges = [(10, 10), (13, 13), (0x2028, 0x2029)]
_HINT = "Use characters, sets, groups, alternatives and repetitions only."


def pattern_to_gbnf(pattern: str, anything: str) -> str:
    """Return GBNF for JSON text that matches; `anything` is what stands for a missing anchor. Raises BadRequest."""
    if len(pattern) > MAX_PATTERN:
        raise BadRequest(f"A pattern has at most {MAX_PATTERN} characters.")
    return _Pattern(pattern, anything).gbnf()


def json_characters(ranges: Ranges) -> str:
    """GBNF for one of these characters as it is written in a JSON string. Raises BadRequest for none."""
    plain = complement([*complement(ranges), (0, 31), (34, 34), (92, 92)])
    forms = ["[" + "".join(map(_spelled, plain)) + "]"] if plain else []
    held = merged(ranges)
    escaped = [code for code in range(128) if code in _JSON_ESCAPES or (not plain and code < 32)]
    for code in escaped:  # other control characters are not worth an alternative in a set that has more
        if any(low <= code <= high for low, high in held):
            escape = _JSON_ESCAPES.get(code)
            text = f"\\\\{_quoted(escape)}" if escape else f"\\\\u{code:04x}"
            forms.append(f'"{text}"')
    if not forms:
        raise BadRequest("A pattern has a set of characters that is empty.", _HINT)
    return forms[0] if len(forms) == 1 else "(" + " | ".join(forms) + ")"


def _quoted(char: str) -> str:
    return "\\" + char if char in '"\\' else char


def _spelled(one: tuple[int, int]) -> str:
    low, high = one
    return f"\\U{low:08x}" if low == high else f"\\U{low:08x}-\\U{high:08x}"


class _Pattern:
    def __init__(self, pattern: str, anything: str) -> None:
        self._text = pattern
        self._anything = anything
        self._at = 0

    def gbnf(self) -> str:
        """Alternatives of the whole pattern, each with its own anchors."""
        choices = [self._anchored()]
        while self._take("|"):
            choices.append(self._anchored())
        if self._at < len(self._text):
            raise self._wrong(f"{self._text[self._at]!r} is not expected")
        return " | ".join(choices)

    def _anchored(self) -> str:
        begins = self._take("^")
        inside = self._sequence(0)
        ends = self._take("$")
        return (
            " ".join(filter(None, ["" if begins else self._anything, inside, "" if ends else self._anything])) or '""'
        )

    def _wrong(self, what: str) -> BadRequest:
        return BadRequest(f"The pattern {self._text[:60]!r} cannot be used: {what}.", _HINT)

    def _take(self, char: str) -> bool:
        if self._text.startswith(char, self._at):
            self._at += len(char)
            return True
        return False

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise self._wrong("it ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _sequence(self, depth: int) -> str:
        parts = []
        while self._at < len(self._text) and self._text[self._at] not in "|)$":
            parts.append(self._atom(depth) + self._repeats())
        return " ".join(parts)

    def _atom(self, depth: int) -> str:
        char = self._next()
        if char == "(":
            return self._group(depth)
        if char == "[":
            return json_characters(self._set())
        if char == ".":
            return json_characters(complement(_LINE_ENDS))
        if char == "\\":
            return json_characters(self._escape())
        if char in "*+?{^":
            raise self._wrong(f"{char!r} is not expected")
        return json_characters([(ord(char), ord(char))])

    def _group(self, depth: int) -> str:
        if depth >= MAX_NESTING // 2:
            raise self._wrong("its groups are nested too deep")
        if self._take("?") and not self._take(":"):
            raise self._wrong("only plain groups are supported")
        choices = [self._sequence(depth + 1)]
        while self._take("|"):
            choices.append(self._sequence(depth + 1))
        if not self._take(")"):
            raise self._wrong("an anchor inside a group, or a ')' is missing")
        return "(" + " | ".join(choice or '""' for choice in choices) + ")"

    def _escape(self) -> Ranges:
        char = self._next()
        if char in _CLASSES:
            return _CLASSES[char]
        if char.lower() in _CLASSES:
            return complement(_CLASSES[char.lower()])
        if char in _CONTROLS:
            return [(_CONTROLS[char], _CONTROLS[char])]
        if char in "xu":
            size = 2 if char == "x" else 4
            digits = self._text[self._at : self._at + size]
            self._at += size
            if len(digits) != size or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
                raise self._wrong(f"'\\{char}{digits}' is no character")
            return [(int(digits, 16), int(digits, 16))]
        if char.isalnum():
            raise self._wrong(f"'\\{char}' is not supported")
        return [(ord(char), ord(char))]

    def _set(self) -> Ranges:
        inverse = self._take("^")
        ranges: Ranges = []
        while not self._take("]"):
            low = self._member()
            follows = self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 : self._at + 2] != "]"
            if len(low) == 1 and low[0][0] == low[0][1] and follows:
                self._at += 1
                high = self._member()
                if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
                    raise self._wrong("a range of characters goes backwards")
                low = [(low[0][0], high[0][0])]
            ranges += low
        return complement(ranges) if inverse else complement(complement(ranges))

    def _member(self) -> Ranges:
        char = self._next()
        if char != "\\":
            return [(ord(char), ord(char))]
        if self._take("b"):
            return [(8, 8)]
        return self._escape()

    def _repeats(self) -> str:
        if self._at >= len(self._text) or self._text[self._at] not in "*+?{":
            return ""
        sign = self._next()
        if sign == "{":
            end = self._text.find("}", self._at)
            least, comma, most = self._text[self._at : end].partition(",") if end > 0 else ("", "", "")
            for number in (least, most or "0"):
                if not (number.isascii() and number.isdigit()) or len(number) > 6 or int(number) > MAX_REPEATS:
                    raise self._wrong(f"a number of repetitions must be from 0 to {MAX_REPEATS}")
            if most and int(most) < int(least):
                raise self._wrong("the most repetitions are fewer than the least")
            self._at = end + 1
            sign = "{" + least + comma + most + "}"
        self._take("?")  # how greedy a repetition is makes no difference to what matches
        if self._at < len(self._text) and self._text[self._at] in "*+?{":
            raise self._wrong("a repetition is repeated")
        return sign
