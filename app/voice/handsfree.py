"""Pure: the rules of hands-free. Takes what is heard, in seconds of sound, returns what to do; no sound and no clock.

Asleep → the wake word → listening → thinking → speaking → listening once more, for a follow-up → asleep. A turn ends
after a pause that is short behind a finished sentence and long behind "and": see app/voice/completeness.py.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum

from app.thinking import Attended, Attention, SpeechBegan, SpeechPaused, WakeHeard
from app.voice.completeness import PAUSES, Sounds, pause


class Stage(StrEnum):
    """Where a conversation without hands stands."""

    ASLEEP = "asleep"
    """Only the wake word is listened for."""
    LISTENING = "listening"
    THINKING = "thinking"
    """What was said is being written down or answered."""
    SPEAKING = "speaking"
    YIELDED = "yielded"
    """The talk key has the word."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin an utterance, with the sound from `at` seconds on. `woken`: by the wake word, which is part of it."""

    at: float
    woken: bool


class Effect(StrEnum):
    """What the caller must do with the utterance."""

    END = "end"
    """It is complete."""
    DROP = "drop"
    """Throw it away."""


Effects = tuple[Begin | Effect, ...]


@dataclass(frozen=True, slots=True)
class HandsFreeRules:
    """Lengths in seconds."""

    first: float = 5.0
    """How long it waits for a question behind the wake word."""
    follow_up: float = 6.0
    """How long it listens for more after an answer."""
    longest: float = 60.0
    """Longest utterance."""
    before: float = 0.3
    """Taken from before the speech, so that the first sound is whole."""
    call: float = 1.5
    """Longest time that a wake word takes."""
    more: float = 0.4
    """Speech that goes on longer than this behind the wake word is more than the wake word."""
    settle: float = 0.3
    """Speech that begins so soon after an answer may be its last sound, which is still on its way."""
    echo: float = 0.8
    """Speech that goes on when an answer has ended is our own echo, unless it lasts longer than this."""


class HandsFree:
    """The state machine of hands-free. Times are seconds of sound, as `Attended` has them."""

    def __init__(self, rules: HandsFreeRules | None = None, language: str = "") -> None:
        """`language`: that of what is said, as in `completeness.sounds`."""
        self.rules = rules or HandsFreeRules()
        self.language = language
        self.stage = Stage.ASLEEP
        self.now = 0.0
        self._speech: float | None = None
        """Since when somebody speaks; None: nobody does."""
        self._quiet = 0.0
        """Since when nobody speaks."""
        self._utterance = False
        self._since = 0.0
        """When the utterance began, the wake word ended, or the wait for a follow-up began."""
        self._woken = False
        self._text = ""
        self._text_at = 0.0
        self._said = False
        """Somebody has spoken in this utterance, beyond the wake word."""

    def attended(self, event: Attended) -> Effects:
        """Take what was noticed in the sound."""
        match event:
            case Attention():
                self.now = event.at
                return self._waited() if self.stage is Stage.LISTENING else ()
            case SpeechBegan():
                self._speech = event.at
                if self.stage is Stage.LISTENING and not self._utterance:
                    ours = event.at >= self._since + self.rules.settle
                    return self._begin(event.at, woken=False) if ours else ()
                self._said = self._said or event.at > self._since
            case SpeechPaused():
                self._speech, self._quiet = None, event.at
                self._said = self._said or event.at > self._since + self.rules.more
            case WakeHeard():
                return self._called(event.at)
        return ()

    def text(self, text: str) -> None:
        """Take what is understood so far of the utterance, without the wake word."""
        if text.strip() and text != self._text:
            self._text, self._text_at = text, self.now

    def thinking(self) -> None:
        """What was said is being answered."""
        if self.stage in (Stage.THINKING, Stage.SPEAKING):
            self.stage = Stage.THINKING

    def speaking(self) -> None:
        """The answer can be heard."""
        if self.stage is Stage.THINKING:
            self.stage = Stage.SPEAKING

    def over(self, follow_up: bool) -> None:
        """The answer is over, or there is none; `follow_up`: listen for more for a while."""
        if self.stage in (Stage.THINKING, Stage.SPEAKING):
            self.stage = Stage.LISTENING if follow_up else Stage.ASLEEP
            self._since = self.now

    def interrupted(self, ago: float) -> Effects:
        """Somebody speaks since `ago` seconds while the answer is spoken: listen to them, not to itself."""
        if self.stage not in (Stage.THINKING, Stage.SPEAKING):
            return ()
        return self._begin(max(0.0, self.now - ago), woken=False)

    def cancel(self) -> Effects:
        """Escape: asleep at once, whatever it did."""
        return self._rest(Stage.ASLEEP)

    def yielded(self, on: bool) -> Effects:
        """The talk key went down, or what was said with it is known."""
        if on:
            return self._rest(Stage.YIELDED)
        if self.stage is Stage.YIELDED:
            self.stage = Stage.ASLEEP
        return ()

    def _called(self, at: float) -> Effects:
        if self.stage is Stage.YIELDED:
            return ()
        if self._utterance:
            self._since = max(self._since, at)  # called once more: more time to ask
            return ()
        began = at - self.rules.call if self._speech is None else max(self._speech, at - self.rules.call)
        return self._begin(began, woken=True, since=at)

    def _begin(self, at: float, *, woken: bool, since: float | None = None) -> Effects:
        self.stage = Stage.LISTENING
        self._utterance, self._woken = True, woken
        self._since = at if since is None else since
        self._text, self._text_at = "", 0.0
        self._said = not woken
        return (Begin(max(0.0, at - self.rules.before), woken),)

    def _waited(self) -> Effects:
        """Time went by while it listens."""
        if not self._utterance:
            waited = self.now - self._since
            if self._speech is not None and waited >= self.rules.echo:
                return self._begin(max(self._speech, self._since), woken=False)
            if self._speech is None and waited >= self.rules.follow_up:
                self.stage = Stage.ASLEEP
            return ()
        if self._speech is not None:
            return self._end() if self.now - self._since >= self.rules.longest else ()
        quiet = self.now - self._quiet
        if not self._text and not self._said:
            return self._rest(Stage.ASLEEP) if self.now - max(self._quiet, self._since) >= self.rules.first else ()
        wanted = pause(self._text, self.language)
        if self._text_at < self._quiet:  # the last words are not in it yet
            wanted = max(wanted, PAUSES[Sounds.UNSURE])
        return self._end() if quiet >= wanted else ()

    def _end(self) -> Effects:
        self._utterance = False
        self.stage = Stage.THINKING
        return (Effect.END,)

    def _rest(self, stage: Stage) -> Effects:
        self.stage = stage
        dropped, self._utterance = self._utterance, False
        return (Effect.DROP,) if dropped else ()


_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ALIKE = 0.75
"""How alike the first words must be to those of the wake word: a recogniser may spell it "Jarvice"."""


def uncalled(text: str, phrase: str) -> str:
    """Return `text` without the wake word that it begins with; "" where no more than that was said yet.

    `phrase`: the wake word in words, such as "hey jarvis".
    """
    wanted = "".join(_WORD.findall(phrase.casefold()))
    found = list(_WORD.finditer(text))
    if not wanted or not found:
        return text
    name = "".join(_WORD.findall(phrase.casefold())[-1:])
    best, end = 0.0, 0
    for count in range(1, min(len(found), len(phrase.split()) + 2) + 1):
        words = "".join(match.group().casefold() for match in found[:count])
        for call in (wanted, name):
            likeness = difflib.SequenceMatcher(None, words, call, autojunk=False).ratio()
            if likeness > best:
                best, end = likeness, found[count - 1].end()
        if count == len(found) and wanted.startswith(words):
            return ""  # no more than its beginning yet
    if best < _ALIKE:
        return text
    rest = text[end:].lstrip(" ,.!?;:–—-…")
    again = uncalled(rest, phrase) if end else rest
    return again[:1].upper() + again[1:]


def phrase_of(wake_word: str) -> str:
    """Return what is said for a wake word of that name: "hey-jarvis" is "hey jarvis"."""
    return " ".join(re.split(r"[_\W]+", wake_word)).strip()
