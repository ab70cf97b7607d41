"""Words of texts in any script, and the part of a text around the words that were searched for. Pure functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SNIPPET_LENGTH = 110
_BEFORE = 16
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese: scripts that write words without spaces between them."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_SIGN = re.compile(rf"[{_UNSPACED}]")


def words_of(text: str) -> list[str]:
    """Return the words of `text` without case and accents; of unspaced scripts each sign is one."""
    return _WORD.findall(folded(text))


def folded(text: str) -> str:
    """Return `text` without case and without accents, in compatible forms: ß is ss, ﬁ is fi."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    # Marks of other scripts carry the vowels: taking them away would change words.
    plain = "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFC", plain)


def snippet(text: str, asked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return one line of `text` around the words of `asked`, and where in it they stand; ("", ()) without any."""
    line = " ".join(text.split())
    hits = places_of(line, asked)
    if not hits:
        return "", ()
    start = max(0, hits[0][0] - _BEFORE)
    if start:
        space = line.find(" ", start, hits[0][0])
        start = space + 1 if space >= 0 else start
    end = min(len(line), start + SNIPPET_LENGTH)
    if end < len(line):
        space = line.rfind(" ", start + SNIPPET_LENGTH // 2, end)
        end = space if space >= hits[0][1] else end
    before, after = "…" if start else "", "…" if end < len(line) else ""
    moved = len(before) - start
    inside = tuple((a + moved, b + moved) for a, b in hits if a >= start and b <= end)
    return f"{before}{line[start:end]}{after}", inside


def places_of(text: str, asked: str) -> tuple[tuple[int, int], ...]:
    """Return where the words of `asked` stand in `text`, in order; each is found by its beginning."""
    wanted = [re.escape(part) for part in dict.fromkeys(_phrases(asked))]
    if not wanted:
        return ()
    low, places = _with_places(text)
    pattern = re.compile("|".join(sorted((_at_start(one) for one in wanted), key=len, reverse=True)))
    return tuple((places[found.start()], places[found.end() - 1] + 1) for found in pattern.finditer(low))


def has_all(text: str, asked: str) -> bool:
    """Tell whether each word of `asked` begins a word of `text`."""
    low = folded(" ".join(text.split()))
    phrases = _phrases(asked)
    return bool(phrases) and all(re.search(_at_start(re.escape(one)), low) for one in phrases)


def _phrases(asked: str) -> list[str]:
    return [part for run in asked.split() for part in re.findall(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+", folded(run))]


def _at_start(escaped: str) -> str:
    return escaped if _SIGN.match(escaped) else rf"(?<![^\W_]){escaped}"


def _with_places(line: str) -> tuple[str, Sequence[int]]:
    """Return `line` folded, and for each of its characters the place in `line` that it comes from."""
    whole = folded(line)
    if len(whole) == len(line):
        return whole, range(len(line))
    low: list[str] = []
    places: list[int] = []
    for at, sign in enumerate(line):
        for one in folded(sign):
            low.append(one)
            places.append(at)
    return "".join(low), places
