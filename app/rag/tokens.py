"""How many tokens a text has for the embedding model, estimated without it. Pure.

A node counts the tokens of what it has embedded, which is too late for cutting, and asking it about each sentence
would cost more than the cutting. So words are counted by length, as the WordPiece vocabulary of MiniLM (30,522 pieces,
English) cuts them; the figures are means over XQuAD in English and Spanish and over MED's abstracts.
`tests/integration/rag/test_tokens.py` compares the estimate with the real tokenizer on many languages.

Scripts that this vocabulary only spells out, letter by letter (Cyrillic, Greek, Arabic, Hebrew, …), are counted at half
of that: its vectors of them say little whatever their size, a model that knows them needs two to four letters a token,
and full text, which finds them, is better off with passages of whole sentences.
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]+|[0-9]+|[^\W\d_]+|[^\w\s]|_")
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]+")
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_ENGLISH_WORDS = """
the of and to in is that for was on with as by at from are be this it an or not which have has were their its can all
you your if we he she they will
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_ENGLISH_SHARE = 0.12
"""Share of these words from which a text is taken for English: prose has 0.3, code 0.13, others at most 0.09."""
_JUDGED = 4000
"""So many characters are looked at to tell English."""


def is_english(text: str) -> bool:
    """Return whether `text` uses English function words as English does."""
    words = _LATIN.findall(text[:_JUDGED].lower())
    return bool(words) and sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words)


def estimate_tokens(text: str, english: bool = True) -> int:
    """Return about how many tokens `text` has.

    Args:
        text: Any text.
        english: Latin words are those of English; words of other languages are cut into more pieces.
    """
    total = 0.0
    for match in _PIECE.finditer(text):
        piece = match.group()
        size = len(piece)
        if size == 1:
            total += 1
        elif piece.isdigit() and piece.isascii():
            total += (size + 2) // 3 if size > 4 else 1.25
        elif "a" <= piece[0].lower() <= "\u1eff" and _LATIN.fullmatch(piece):
            if english:
                total += 1.03 if size <= 6 else 1.25 if size <= 9 else 1 + 0.25 * (size - 8)
            else:
                total += 1 if size <= 2 else 1.05 + 0.4 * (size - 3)
        else:
            wide, hangul = len(_WIDE.findall(piece)), len(_HANGUL.findall(piece))
            total += wide + 1.8 * hangul + 0.5 * (size - wide - hangul)
    return int(total + 0.999)
