"""One answer in the making: its tokens, how far they are computed, and what became of each new one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nodeworker.engines import ChatRequest, Done, Logprobs, Prefill, Tell, Token
from nodeworker.engines.chat.sections import Sections
from nodeworker.engines.chat.text import TextStream
from nodeworker.engines.llama.lookup import Lookup

if TYPE_CHECKING:
    from typing import Any, Literal

    from nodeworker.engines.llama.picking import Picker
    from nodeworker.engines.llama.prefixes import Held


class Answer:
    """`tokens` is prompt, resumed tokens and made tokens; the first `computed` of them are in the cache.

    Reading the prompt, replaying resumed tokens and writing are one thing: computing what is not computed yet. When
    nothing is left, the scores after the last token say which one comes next.
    """

    def __init__(
        self,
        request: ChatRequest,
        tell: Tell,
        *,
        prompt: list[int],
        shown: list[int],
        stream: TextStream,
        sections: Sections,
        picker: Picker,
        most: int,
        blocks: tuple[int, ...],
    ) -> None:
        """`stream` and `sections` have seen the text that was shown already; `most` tokens may be made here."""
        self.request = request
        self.background = request.background
        self.tell = tell
        self.prompt_length = len(prompt)
        self.shown_length = len(shown)
        self.tokens = [*prompt, *shown]
        self.stream = stream
        self.sections = sections
        self.picker = picker
        self.most = most
        self.blocks = blocks
        self.held: Held | None = None
        self.computed = 0
        self.cached: int | None = None
        self.made = 0
        self.drafted = 0
        self.accepted = 0
        self.hope = 0.7
        """Recent share of drafted tokens that were right."""
        self.arrived = time.perf_counter()
        self.began = 0.0
        self.first = 0.0
        self.served = 0
        """Turn in which its prompt was last read."""
        self._lookup: Lookup | None = None
        self._reported = -1

    @property
    def left(self) -> int:
        """Tokens that are not computed yet."""
        return len(self.tokens) - self.computed

    @property
    def writing(self) -> bool:
        """Whether only the newest token is left to compute."""
        return self.left == 1 and self.made > 0

    @property
    def gone(self) -> bool:
        """Whether nobody listens any more."""
        return self.request.cancelled.is_set()

    def draft(self, most: int) -> tuple[list[int], int]:
        """Return a guess at what follows and how long its match was; see Lookup."""
        if self._lookup is None:
            self._lookup = Lookup(self.tokens)
        return self._lookup.draft(min(most, self.most - self.made - 1))

    def report(self) -> None:
        """Tell how much of prompt and resumed tokens is read."""
        total = self.prompt_length + self.shown_length
        done = min(self.computed, total)
        if done > self._reported:
            self._reported = done
            self.tell(Prefill(done, total))

    def add(self, token: int, piece: bytes, logprobs: Logprobs | None) -> None:
        """Take a picked token up and tell of it."""
        if not self.first:
            self.first = time.perf_counter()
        self.tokens.append(token)
        self.made += 1
        if self._lookup is not None:
            self._lookup.extend((token,))
        self._say((token,), self.stream.feed(piece), (logprobs,) if logprobs else ())

    def learn(self, drafted: int, right: int) -> None:
        """Note how good a draft was."""
        self.drafted += drafted
        self.accepted += right
        self.hope += 0.2 * (right / drafted - self.hope)

    def finish(self, reason: Literal["stop", "length", "context"]) -> None:
        """Tell what was held back, and the end. The place is not free before `release`."""
        ended = time.perf_counter()
        self._say((), self.stream.finish(), ())
        parts = self.sections.finish()
        if parts.text or parts.reasoning:
            self.tell(Token((), parts.text, parts.reasoning))
        for call in parts.calls:
            self.tell(call)
        first = self.first or ended
        self.tell(
            Done(
                "tools" if self.sections.calls and reason == "stop" else reason,
                prompt_tokens=self.prompt_length,
                cached_tokens=min(self.cached or 0, self.prompt_length),
                completion_tokens=self.made,
                prefill_ms=(first - (self.began or first)) * 1000,
                decode_ms=(ended - first) * 1000,
                drafted_tokens=self.drafted,
                accepted_tokens=self.accepted,
            )
        )

    def release(self) -> None:
        """Say that the place is free; nothing is told after it."""
        self.picker.close()
        self.tell(None)

    def _say(self, ids: Sequence[int], text: str, logprobs: tuple[Any, ...]) -> None:
        parts = self.sections.feed(text) if text else None
        if ids or (parts and (parts.text or parts.reasoning)):
            shown, reasoning = (parts.text, parts.reasoning) if parts else ("", "")
            self.tell(Token(tuple(ids), shown, reasoning, logprobs))
        for call in parts.calls if parts else ():
            self.tell(call)
