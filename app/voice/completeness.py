"""How finished a spoken sentence sounds, by its last word and mark, in English and German; pure.

A recogniser puts a full stop behind nearly everything, so the last word counts before the mark: nobody is done after
"and", "the" or "zwischen". Words that may end a sentence as well as go on ("for", "mit", "das") leave it open.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Sounds(StrEnum):
    """How a text sounds."""

    FINISHED = "finished"
    OPEN = "open"
    """Something must follow."""
    UNSURE = "unsure"


PAUSES = {Sounds.FINISHED: 0.5, Sounds.UNSURE: 0.9, Sounds.OPEN: 1.5}
"""Seconds of silence that end a turn."""


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


_OPEN = {
    "en": _split(
        """
        a an the my your his its our their every each and or but nor because although though while
        whereas unless until if whether which whose than as into onto upon between among during against without
        within toward towards via per amid besides despite except regarding concerning beneath beyond versus
        very too quite rather almost nearly really extremely such i we they he she uh um er erm hmm like
        hey okay ok well
        """
    ),
    "de": _split(
        """
        ein eine einen einem einer eines der dem den des mein meine meinen meinem meiner dein deine deinen deinem deiner
        seine seinen seinem seiner unser unsere unseren ihre ihren ihrem ihrer kein keine keinen keinem keiner jede
        jeden jedem jeder jedes diese diesen diesem dieser dieses welche welchen welchem welcher welches und oder aber
        sondern denn weil dass daß wenn ob als obwohl während damit bevor nachdem sobald falls sowie sowohl weder
        von für gegen ohne seit zwischen wegen trotz in im am zum zur vom beim ins ans aufs unter über hinter neben
        gegenüber per pro laut sehr ziemlich fast ganz etwas äh ähm hm wir ich hey okay ok
        """
    ),
}
_EITHER = {
    "en": _split(
        """
        for from about with to of at by on in over under through around across behind before after since near inside
        outside off up down out is be been has have had do does did can could will would shall should may might must
        not so then just only more most her it you there some any no all both what when where who whom why how
        am are was were also this that these those
        """
    ),
    "de": _split(
        """
        das die sein ihr sie er es an auf aus ab ein mit vor nach zu um bei durch bis hin her wie was wo wer wann warum
        ist sind war waren hat haben hatte wird werden wurde kann können soll sollen muss müssen darf will nicht noch
        nur auch so dann da mehr also
        """
    ),
}
"""They may end a sentence: "what is it made of", "wann hört es auf"."""
_STRANDED = _split("for from about with to of at by in")
"""They end an English sentence only where it asks: "what is it made of"."""
_ASKING = _split("what which who whom whose where when why how")
_KNOWN = {
    "en": _OPEN["en"] | _EITHER["en"] | _split("the of to which tell show me does"),
    "de": _OPEN["de"] | _EITHER["de"] | _split("der ich mir mich du gibt kannst zeig"),
}
"""Small words that tell the language."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SENTENCES = re.compile(r"(?<=[.?!])\s+")
_GOES_ON = (",", ":", ";", "–", "—", "-", "…", "...", "(", "/")
_ENDS = (".", "?", "!")
_CLOSING = "\"'”’»)]"


def sounds(text: str, language: str = "") -> Sounds:
    """Tell how `text` sounds, said so far. `language`: "en", "de"; another or "": found out by its small words."""
    said = text.strip().rstrip(_CLOSING).rstrip()
    last_one = _SENTENCES.split(said)[-1]
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(last_one)]
    if not words:
        return Sounds.OPEN
    name = language if language in _OPEN else _language(words)
    last = words[-1]
    if said.endswith(_GOES_ON) or last in _OPEN[name]:
        return Sounds.UNSURE if said.endswith("?") and last in _ASKED else Sounds.OPEN
    if name == "en" and last in _STRANDED and not said.endswith("?") and _ASKING.isdisjoint(words):
        return Sounds.OPEN
    if last in _EITHER[name]:
        return Sounds.FINISHED if said.endswith("?") and len(words) > 2 else Sounds.UNSURE
    return Sounds.FINISHED if said.endswith(_ENDS) and len(words) > 1 else Sounds.UNSURE


_ASKED = _split("i we they he she wir ich der den dem")
"""Behind a question mark they may end a question: "who am I?"."""


def pause(text: str, language: str = "") -> float:
    """Return how many seconds of silence behind `text` end a turn; `language` as in `sounds`."""
    return PAUSES[sounds(text, language)]


def _language(words: list[str]) -> str:
    counts = {name: sum(word in known for word in words) for name, known in _KNOWN.items()}
    return max(counts, key=lambda name: counts[name])  # English, where nothing tells
