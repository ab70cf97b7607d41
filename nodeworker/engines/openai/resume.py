"""Going on with an answer that another machine began: which way a server knows, and a seam that loses nothing. Pure.

There are three ways, and servers do not say which they know; so it is measured with a small conversation:

- `FIELDS` (vLLM, SGLang): two fields of the request say that the last message is to be continued.
- `PREFILL` (llama-server): a last message of the assistant is always continued.
- `RETELL` (all others): the assistant's message is closed, and a new one is asked for. The model is told to begin with
  the last words again, so that the seam can be found.

What measures it is the number of prompt tokens: closing a message and opening a new one costs some,
going on costs none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from nodeworker.engines.openai.server import Kind
from nodeworker.errors import AnswerLost

PHRASE = "one two three four"
_ASK = {"role": "user", "content": "Count."}
_ANCHOR_WORDS = 8
_ANCHOR_CHARACTERS = 120
_LEAST_OVERLAP = 3
_AGAIN = 64
"""A model that said this many characters of the answer's beginning again and then something else has begun anew."""
_CLOSING = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "«": "»", "‘": "’"}
_QUOTES = " \t\r\n\"'`“”„«»‘’…."


class Way(Enum):
    """How to have an answer continued."""

    FIELDS = "fields"
    PREFILL = "prefill"
    RETELL = "retell"


@dataclass(frozen=True, slots=True)
class Continuing:
    """The way that a server knows; `echo`: it streams the given beginning again."""

    way: Way
    echo: bool = False


Count = Callable[[list[dict[str, Any]], dict[str, Any]], int]
"""Prompt tokens of messages with additional fields; 0 where the server does not say or refuses."""
Begin = Callable[[list[dict[str, Any]], dict[str, Any]], str]
"""What is streamed first for messages with additional fields; "" for nothing."""


def fields(way: Way) -> dict[str, Any]:
    """Return what a request needs beside its messages."""
    return {"continue_final_message": True, "add_generation_prompt": False} if way is Way.FIELDS else {}


def measured(kind: Kind, count: Count, begin: Begin) -> Continuing:
    """Find out which way a server knows, by at most five requests for one token each."""
    ways = [Way.FIELDS, Way.PREFILL] if kind in ("vllm", "sglang", "other") else [Way.PREFILL, Way.FIELDS]
    alone = count([_ASK], {})
    for way in ways:
        once, twice = ([_ASK, {"role": "assistant", "content": said}] for said in (PHRASE, f"{PHRASE} {PHRASE}"))
        more = fields(way)
        first = count(once, more)
        if alone and first > alone and first - alone <= count(twice, more) - first:
            return Continuing(way, echo=begin(once, more).lstrip().startswith(PHRASE))
    return Continuing(Way.RETELL)


def continued(messages: list[dict[str, Any]], shown: str, way: Way) -> list[dict[str, Any]]:
    """Return the messages that ask for the rest of an answer that begins with `shown`."""
    begun = {"role": "assistant", "content": shown.rstrip()}
    if way is not Way.RETELL:
        return [*messages, begun]
    order = (
        "Your answer was cut off. Write the rest of it. Begin by repeating exactly its last words, which are: "
        f'"{anchor(shown)}" and go on from there. Write nothing else: no excuse, no introduction.'
    )
    return [*messages, begun, {"role": "user", "content": order}]


def anchor(shown: str) -> str:
    """Return the last whole words of what was shown, with a beginning of a word after them if there is one."""
    return " ".join(shown.split()[-_ANCHOR_WORDS:])[-_ANCHOR_CHARACTERS:].lstrip()


class Seam(Protocol):
    """Leaves out what a server says again of the text that was shown."""

    def feed(self, text: str) -> str:
        """Return what is new of the text so far; "" while that cannot be known. Raises AnswerLost."""
        ...

    def finish(self) -> str:
        """Return what was still held back at the end of the answer."""
        ...


class NoSeam:
    """A new answer: all of it is new."""

    def feed(self, text: str) -> str:
        """Return the text."""
        return text

    def finish(self) -> str:
        """Nothing is held back."""
        return ""


class Continued:
    """After FIELDS and PREFILL: perhaps an echo, and space at the end of the shown text that was not sent along."""

    def __init__(self, shown: str, *, echo: bool) -> None:
        begun = shown.rstrip()
        self._again = begun.lstrip() if echo else ""
        self._space = shown[len(begun) :]
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what is new. Raises AnswerLost when an expected echo is another text."""
        if self._again:
            self._held = (self._held + text).lstrip()
            same = min(len(self._held), len(self._again))
            if self._held[:same] != self._again[:same]:
                raise AnswerLost("The model server did not go on where the answer stood.")
            if same < len(self._again):
                return ""
            text, self._held, self._again = self._held[same:], "", ""
        text, self._space = _without(text, self._space)
        return text

    def finish(self) -> str:
        """An echo that did not come to its end holds nothing new."""
        return ""


class Retold:
    """After RETELL: looks for the place in the shown text from which the model began to repeat it."""

    def __init__(self, shown: str) -> None:
        self._shown = shown.rstrip()
        self._space = shown[len(self._shown) :]
        self._closing = ""
        self._held = ""
        self._decided = False
        self._starts = _word_starts(self._shown)

    def feed(self, text: str) -> str:
        """Return what is new. Raises AnswerLost when the model tells the answer anew, in other words."""
        if self._decided:
            return self._rest(text)
        self._held += text
        return self._decide(last=False)

    def finish(self) -> str:
        """Decide with what there is."""
        return "" if self._decided else self._decide(last=True)

    def _decide(self, *, last: bool) -> str:
        said = self._held.lstrip(_QUOTES)
        if not said and not last:
            return ""
        open_, best = False, 0
        alive: list[int] = []
        for start in self._starts:
            length = len(self._shown) - start
            if length <= len(said):
                if said.startswith(self._shown[start:]) and (length >= _LEAST_OVERLAP or not start):
                    best = max(best, length)
                    alive.append(start)
            elif self._shown.startswith(said, start):
                open_ = True
                alive.append(start)
        if self._starts and self._starts[0] == 0 and (not alive or alive[0] != 0) and not best:
            same = _common(self._shown, said)
            if same >= _AGAIN or same >= max(_AGAIN // 4, len(self._shown) // 2):
                raise AnswerLost("The model began the answer anew instead of going on with it.")
        self._starts = alive
        if open_ and not last:
            return ""
        self._decided = True
        if open_ and not best and len(said) >= _AGAIN // 4:
            return ""  # it said a part of the shown text again, and nothing else
        if best:
            self._closing = _CLOSING.get(self._held.lstrip()[:1], "")
        return self._rest(said[best:] if best else self._joined())

    def _joined(self) -> str:
        """No repetition: what came is new. Two words must not grow into one where a space was left out."""
        before, after = self._shown[-1:], self._held[:1]
        spaced = self._space or not (before.isalnum() or before in ",.;:!?") or not after.isalnum()
        return self._held if spaced or ord(before) >= 0x2E80 else f" {self._held}"

    def _rest(self, text: str) -> str:
        """What comes after the seam, without the end of a quotation, and without space that has been shown."""
        text, self._closing = _without(text, self._closing)
        if not self._closing:
            text, self._space = _without(text, self._space)
        return text


def _word_starts(text: str) -> list[int]:
    return [
        at
        for at in range(len(text))
        if not text[at].isspace() and (at == 0 or text[at - 1].isspace() or not text[at - 1].isalnum())
    ]


def _without(text: str, beginning: str) -> tuple[str, str]:
    """Return `text` without `beginning`, and what of that may still follow."""
    same = _common(text, beginning)
    return text[same:], beginning[same:] if same == len(text) else ""


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
