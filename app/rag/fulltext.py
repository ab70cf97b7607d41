"""Words as the full-text index keeps them: folded, stemmed in the text's language, pairs where there are no blanks.

The index itself knows nothing of languages: it splits at blanks what is made here, and a question is made alike. Pure.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.rag.language import SMALL_WORDS

RULES = 1
"""Number of these rules; raised when they change, so that the column is written anew."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    r"\U00020000-\U0003ffff]+"
)
"""Thai, Lao, Burmese, Khmer, Kana, Han and Hangul: taken as pairs of characters."""
_LONGEST = 40
_STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hu": "hungarian", "it": "italian", "lt": "lithuanian", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_LANGUAGES_ASKED = 4
"""In how many languages of the library a question's words are stemmed, its own first."""
_MOST_WORDS = 64
_SMALL_LETTERS = 3
"""Longer small words of other languages than English tell a language, but are looked for: they say a little (nDCG of
Spanish questions .002 higher), and BM25 knows how common they are."""
_ENDINGS = ("", "e", "s", "es", "is", "y", "ing", "ation", "ment")


def tokens(text: str, language: str) -> list[str]:
    """Return the tokens of a text in order; its language is ISO 639-1, "" when unknown (then English rules)."""
    found: list[str] = []
    for word in _words(text):
        found.extend(_tokens_of(word, language))
    return found


def column(text: str, language: str) -> str:
    """Return what stands in the table for a text: its tokens with blanks between."""
    return " ".join(tokens(text, language))


def asked(text: str, languages: Sequence[str]) -> list[str]:
    """Return the distinct tokens that a question is searched by.

    Args:
        text: The question's words.
        languages: That of the question, if known, then those in the library, the most frequent first.

    Small words such as "the" are left out as long as others remain.
    """
    words = list(_words(text))
    spoken = languages[0] if languages else "en"
    small = SMALL_WORDS.get(spoken, frozenset())
    left_out = {word for word in small if spoken == "en" or len(word) <= _SMALL_LETTERS}
    telling = [word for word in words if word.lower() not in left_out] or words
    found: dict[str, None] = {}
    for word in telling[:_MOST_WORDS]:
        for language in _asked_languages(languages):
            found.update(dict.fromkeys(_tokens_of(word, language)))
    return list(found)


def phrase(text: str, languages: Sequence[str]) -> list[str]:
    """Return a phrase as the index may hold it: one run of tokens for each of these languages, without repetition."""
    return list(dict.fromkeys(column(text, language) for language in _asked_languages(languages)))


def completed(stems: Iterable[str], languages: Sequence[str]) -> list[str]:
    """Return the tokens of words that may stand behind rough stems (`app.words.content`), endings put back."""
    found: dict[str, None] = {}
    for stem in stems:
        for ending in _ENDINGS:
            for language in _asked_languages(languages):
                found.update(dict.fromkeys(_tokens_of(stem + ending, language)))
    return list(found)


def contains(text: str, phrases: Iterable[str]) -> bool:
    """Return whether all phrases occur in a text, whatever their case, accents and white space."""
    whole = folded(text)
    return all(folded(wanted) in whole for wanted in phrases)


def folded(text: str) -> str:
    """Return a text for comparing: lower case, without accents, white space made single."""
    return " ".join(_without_accents(unicodedata.normalize("NFKC", text).casefold()).replace("’", "'").split())


def _asked_languages(languages: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(language or "en" for language in languages))[:_LANGUAGES_ASKED] or ["en"]


def _words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text)):
        yield match.group()


def _tokens_of(word: str, language: str) -> Sequence[str]:
    if word.isascii() or not _UNSPACED.search(word):
        return _stems_of(word.lower(), language)
    found: list[str] = []
    position = 0
    for match in _UNSPACED.finditer(word):
        if match.start() > position:
            found.extend(_stems_of(word[position : match.start()].lower(), language))
        run = match.group()
        found.extend([run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)])
        position = match.end()
    if position < len(word):
        found.extend(_stems_of(word[position:].lower(), language))
    return found


@functools.lru_cache(maxsize=131_072)
def _stems_of(word: str, language: str) -> tuple[str, ...]:
    """Return the stem of a lower-case word; two for "l'eau", whose article stands apart."""
    head, _, tail = word.replace("’", "'").partition("'")
    parts = ([tail] if len(head) <= 2 < len(tail) else [head]) if tail else [head]
    stemmer = _stemmer(language)
    found = []
    for part in parts:
        part = part.strip("'")[:_LONGEST]
        if language == "es" and part.endswith(("cion", "sion")):
            part = part[:-3] + "ión"  # typed without its accent
        if stemmer is not None and not part[:1].isdigit():
            part = stemmer.stemWord(part)
        bare = _without_accents(part)
        if bare:
            found.append(bare)
    return tuple(found)


@functools.cache
def _stemmer(language: str) -> Any:
    """Return the Snowball stemmer of a language; English where it is unknown, None where there is none."""
    import snowballstemmer

    name = _STEMMERS.get(language or "en")
    return snowballstemmer.stemmer(name) if name else None


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return unicodedata.normalize("NFC", "".join(c for c in folded if not unicodedata.combining(c)))
