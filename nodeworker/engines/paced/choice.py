"""`--engine paced:…`: how a simulated node behaves, read from the command line."""

from __future__ import annotations

import difflib
import random
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from nodeworker.errors import BadRequest

if TYPE_CHECKING:
    from nodeworker.engines.paced.engine import PacedEngine

PACED = "paced"
USAGE = (
    "paced:DECODE[,PREFILL][,slots=N][,load=SECONDS][,batch=GAIN][,context=TOKENS][,cells=TOKENS][,answer=TOKENS]"
    "[,jitter=SHARE][,fail=SHARE][,die-after=TOKENS][,stall-after=TOKENS][,seed=N]"
)
_MOST_RATE = 1e6
_PREFILL_TO_DECODE = 20.0
"""Where only the decode rate is given; about what a small model does on a desktop processor."""
_OPTIONS: dict[str, tuple[str, type[int] | type[float], float, float]] = {
    "slots": ("slots", int, 1, 256),
    "load": ("load_seconds", float, 0, 3600),
    "batch": ("gain", float, 1, 1000),
    "context": ("context", int, 16, 1 << 20),
    "cells": ("cells", int, 16, 1 << 24),
    "answer": ("answer_tokens", int, 1, 1 << 20),
    "jitter": ("jitter", float, 0, 0.9),
    "fail": ("fail", float, 0, 1),
    "die-after": ("die_after", int, 1, 1 << 30),
    "stall-after": ("stall_after", int, 0, 1 << 30),
    "seed": ("seed", int, 0, 1 << 62),
}
"""What is written: the field below, its type, and the least and most that make sense."""


@dataclass(frozen=True, slots=True)
class PacedChoice:
    """A simulated node; see engine.py for what each figure does."""

    decode_rate: float
    prefill_rate: float
    slots: int = 4
    load_seconds: float = 0.0
    gain: float = 2.4
    context: int = 8192
    cells: int = 0
    answer_tokens: int = 200
    jitter: float = 0.0
    fail: float = 0.0
    die_after: int | None = None
    stall_after: int | None = None
    seed: int = 0
    """Of jitter and failures. The text depends on the request alone, so that an answer can move between nodes."""

    @classmethod
    def parse(cls, text: str) -> PacedChoice:
        """Read what comes after "paced:". Raises BadRequest, with the part that makes no sense."""
        rates: list[float] = []
        chosen: dict[str, Any] = {}
        for part in text.split(","):
            name, sign, value = part.partition("=")
            if not sign:
                if chosen or len(rates) == 2:
                    raise _wrong(part, "Rates come first: the decode rate, then the prefill rate.")
                rates.append(_number(part, part, float, 0, _MOST_RATE))
                continue
            if name not in _OPTIONS:
                close = difflib.get_close_matches(name, _OPTIONS, 1)
                raise _wrong(part, f"Did you mean {close[0]}?" if close else f"Known: {', '.join(_OPTIONS)}.")
            field, kind, least, most = _OPTIONS[name]
            if field in chosen:
                raise _wrong(part, f"{name} is there twice.")
            chosen[field] = _number(part, value, kind, least, most)
        if not rates or not all(rates):
            raise _wrong(text, "Rates must be more than 0.")
        return cls(rates[0], rates[1] if len(rates) == 2 else _PREFILL_TO_DECODE * rates[0], **chosen)

    def engines(self) -> Callable[[], PacedEngine]:
        """Return what builds the engine; built anew after a failure it goes on drawing from the same luck."""
        luck = random.Random(self.seed)
        given = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "seed"}

        def build() -> PacedEngine:
            from nodeworker.engines.paced.engine import PacedEngine

            return PacedEngine(**given, luck=luck)

        return build


def _number(part: str, value: str, kind: type[int] | type[float], least: float, most: float) -> Any:
    try:
        number = kind(value)
    except ValueError:
        raise _wrong(part, f"It needs a {'whole ' if kind is int else ''}number.") from None
    if not least <= number <= most:  # false for nan
        raise _wrong(part, f"From {least:g} to {most:g}.")
    return number


def _wrong(part: str, why: str) -> BadRequest:
    return BadRequest(f"{part[:60]!r} makes no sense in --engine paced:…. {why}", f"Use {USAGE}.")
