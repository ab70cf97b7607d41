"""What is said to the program instead of asked: a small grammar, each language a table of whole phrases; pure.

A new language is one more `Table` in `LANGUAGES`. An utterance is a command only as a whole: "stop" stops, "stop words
in English are" is a question. Phrases are in lower case and without punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

MOST_CHARACTERS = 300
"""A longer utterance is no command."""


class Do(StrEnum):
    """What the program is told to do."""

    NEW = "new"
    """Begin a new conversation."""
    STOP = "stop"
    """Be silent, and stop the answer that is being made."""
    AGAIN = "again"
    """Read the last answer aloud once more."""
    SEARCH = "search"
    """Answer `Command.text` from the documents."""
    HERE = "here"
    """Answers of this conversation are better made on this machine."""
    ELSEWHERE = "elsewhere"
    """Answers of this conversation are better made on other nodes, such as one with a GPU."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `text` is what to search for, as it was said, and empty for all others."""

    do: Do
    text: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The commands of one language."""

    phrases: dict[Do, tuple[str, ...]]
    """Whole phrases."""
    searches: tuple[str, ...]
    """Beginnings that are followed by what to search for."""
    before: tuple[str, ...]
    """Politeness and hesitation that may stand before a command."""
    after: tuple[str, ...]
    """Politeness that may stand after a command."""


ENGLISH = Table(
    phrases={
        Do.NEW: (
            "new conversation",
            "new chat",
            "start a new conversation",
            "start new conversation",
            "start a new chat",
            "begin a new conversation",
            "open a new conversation",
        ),
        Do.STOP: (
            "stop",
            "stop it",
            "stop that",
            "stop now",
            "stop talking",
            "stop speaking",
            "stop reading",
            "stop the answer",
            "cancel",
            "cancel that",
            "never mind",
            "nevermind",
            "be quiet",
            "quiet",
            "shut up",
        ),
        Do.AGAIN: (
            "read that again",
            "read it again",
            "read this again",
            "read the answer again",
            "read that aloud",
            "read it aloud",
            "read the answer aloud",
            "say that again",
            "say it again",
            "repeat",
            "repeat that",
            "repeat the answer",
        ),
        Do.HERE: (
            "think on this machine",
            "think on this computer",
            "think here",
            "answer on this machine",
            "answer on this computer",
            "run it on this machine",
            "do it on this machine",
        ),
        Do.ELSEWHERE: (
            "send it to the gpu",
            "send that to the gpu",
            "send this to the gpu",
            "think on the gpu",
            "answer on the gpu",
            "run it on the gpu",
            "use the gpu",
            "send it to the cluster",
            "think on the cluster",
            "use the cluster",
        ),
    },
    searches=("search my documents for", "search in my documents for", "look in my documents for"),
    before=("please", "ok", "okay", "um", "uh", "er", "hm", "hmm", "well", "now", "could you", "can you", "would you"),
    after=("please", "now", "thanks", "thank you", "for me"),
)

GERMAN = Table(
    phrases={
        Do.NEW: (
            "neues gespräch",
            "neue unterhaltung",
            "neuer chat",
            "neues gespräch beginnen",
            "neue unterhaltung beginnen",
            "beginne ein neues gespräch",
            "beginne eine neue unterhaltung",
            "starte ein neues gespräch",
            "starte eine neue unterhaltung",
        ),
        Do.STOP: (
            "stopp",
            "stop",
            "halt",
            "halt an",
            "hör auf",
            "aufhören",
            "abbrechen",
            "brich ab",
            "ruhe",
            "sei still",
            "vergiss es",
        ),
        Do.AGAIN: (
            "lies das noch einmal",
            "lies das nochmal",
            "lies das noch mal",
            "lies es noch einmal vor",
            "lies das noch einmal vor",
            "lies das nochmal vor",
            "lies das vor",
            "lies die antwort vor",
            "lies die antwort noch einmal vor",
            "sag das noch einmal",
            "sag das nochmal",
            "wiederhole",
            "wiederhole das",
            "wiederhole die antwort",
        ),
        Do.HERE: (
            "denk auf diesem rechner",
            "denke auf diesem rechner",
            "denk hier",
            "antworte auf diesem rechner",
            "auf diesem rechner rechnen",
            "rechne auf diesem rechner",
        ),
        Do.ELSEWHERE: (
            "schick es an die gpu",
            "schick das an die gpu",
            "schicke es an die gpu",
            "rechne auf der gpu",
            "denk auf der gpu",
            "nimm die gpu",
            "benutze die gpu",
            "nimm den cluster",
            "benutze den cluster",
        ),
    },
    searches=("suche in meinen dokumenten nach", "such in meinen dokumenten nach", "durchsuche meine dokumente nach"),
    before=("bitte", "ok", "okay", "äh", "ähm", "hm", "also", "jetzt", "nun", "kannst du", "könntest du"),
    after=("bitte", "jetzt", "danke"),
)

LANGUAGES = (ENGLISH, GERMAN)

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def command(text: str) -> Command | None:
    """Return the command that `text` is as a whole; None: it is a question, or nothing."""
    if len(text) > MOST_CHARACTERS:
        return None
    said = unicodedata.normalize("NFC", text)
    found = list(_WORD.finditer(said))
    words = [match.group().casefold().replace("’", "'") for match in found]
    for table in LANGUAGES:
        first = _skipped(words, table.before)
        plain = words[first:]
        for phrase in table.searches:
            opening = phrase.split()
            if plain[: len(opening)] == opening and len(plain) > len(opening):
                wanted = said[found[first + len(opening)].start() :].strip()
                return Command(Do.SEARCH, wanted)
        for words_left in (plain, _trimmed(plain, table.after)):
            if words_left:
                joined = " ".join(words_left)
                for do, phrases in table.phrases.items():
                    if joined in phrases:
                        return Command(do)
    return None


def _skipped(words: list[str], fillers: tuple[str, ...]) -> int:
    """Return how many words at the beginning are fillers."""
    first = 0
    while True:
        fit = [len(f.split()) for f in fillers if words[first : first + len(f.split())] == f.split()]
        if not fit:
            return first
        first += max(fit)


def _trimmed(words: list[str], fillers: tuple[str, ...]) -> list[str]:
    """Return the words without the fillers at their end."""
    while True:
        fit = [len(f.split()) for f in fillers if words[-len(f.split()) :] == f.split()]
        if not fit:
            return words
        words = words[: -max(fit)]
