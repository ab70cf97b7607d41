"""The engine without a model: same words everywhere, exact resume, and waits that end at once when told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from nodeworker.engines import ChatEvent, ChatRequest, Done, Message, Sampling, Token
from nodeworker.engines.paced import WORDS, PacedEngine
from nodeworker.errors import BadRequest, ContextOverflow

MESSAGES = (Message("user", "What is a lighthouse?"),)


def _request(**more: object) -> ChatRequest:
    return ChatRequest("r", MESSAGES, **more)  # type: ignore[arg-type]


def _ids(events: Sequence[ChatEvent]) -> list[int]:
    return [token for event in events if isinstance(event, Token) for token in event.ids]


def _text(events: Sequence[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))


def _quick(**more: object) -> PacedEngine:
    return PacedEngine(1e6, 1e6, **more)  # type: ignore[arg-type]


def test_words_are_different_tokens() -> None:
    assert len(set(WORDS)) == len(WORDS)
    assert any(not word.isascii() for word in WORDS)


def test_an_answer_is_the_same_on_two_nodes_and_another_with_another_seed() -> None:
    first, second = list(_quick().generate(_request())), list(_quick().generate(_request()))
    assert _text(first) == _text(second) == PacedEngine.whole(_request(), 200)
    other = list(_quick().generate(_request(sampling=Sampling(seed=1))))
    assert _text(other) != _text(first)


@pytest.mark.parametrize("cut", [1, 2, 57, 199, 200])
def test_resuming_goes_on_exactly_after_the_last_token(cut: int) -> None:
    whole = list(_quick().generate(_request()))
    ids = _ids(whole)
    shown = _text([event for event in whole if isinstance(event, Token)][:cut])
    rest = list(_quick().generate(_request(resume=tuple(ids[:cut]))))
    assert ids[:cut] + _ids(rest) == ids
    assert shown + _text(rest) == _text(whole)
    by_text = list(_quick().generate(_request(resume_text=shown)))
    assert shown + _text(by_text) == _text(whole)


def test_resumed_tokens_count_towards_the_limit() -> None:
    whole = list(_quick().generate(_request(sampling=Sampling(max_tokens=30))))
    assert whole[-1] == Done("length", 9, 0, 30, whole[-1].prefill_ms, whole[-1].decode_ms)  # type: ignore[union-attr]
    rest = list(_quick().generate(_request(resume=tuple(_ids(whole)[:20]), sampling=Sampling(max_tokens=30))))
    assert len(_ids(rest)) == 10


def test_a_stop_string_ends_the_answer_and_is_not_shown() -> None:
    text = PacedEngine.whole(_request(), 200)
    stop = text.split()[10]
    events = list(_quick().generate(_request(sampling=Sampling(stop=(stop,)))))
    assert _text(events) == text[: text.index(stop)]
    assert isinstance(events[-1], Done) and events[-1].reason == "stop"


def test_a_prompt_beyond_the_context_overflows_and_the_sentence_has_the_numbers() -> None:
    with pytest.raises(ContextOverflow, match=r"\b9 tokens.*\b8 tokens"):
        list(_quick(context=8).generate(_request()))
    events = list(_quick(context=19).generate(_request()))
    assert isinstance(events[-1], Done) and events[-1].reason == "context" and len(_ids(events)) == 10


def test_tokens_of_another_model_are_refused() -> None:
    with pytest.raises(BadRequest):
        list(_quick().generate(_request(resume=(len(WORDS),))))


def test_it_keeps_its_pace() -> None:
    engine = PacedEngine(500, 1e6)
    begun = time.monotonic()
    list(engine.generate(_request(sampling=Sampling(max_tokens=25))))
    assert time.monotonic() - begun >= 0.05


def test_cancelling_ends_a_wait_at_once() -> None:
    engine = PacedEngine(0.01, 1e6)
    request = _request()
    threading.Timer(0.02, request.cancelled.set).start()
    begun = time.monotonic()
    events = list(engine.generate(request))
    assert time.monotonic() - begun < 5
    assert not any(isinstance(event, Done) for event in events)


def test_dying_and_stalling_come_after_the_asked_number_of_tokens() -> None:
    died: list[int] = []
    engine = _quick(die_after=5, die=lambda: died.append(1), answer_tokens=8)
    assert len(_ids(list(engine.generate(_request())))) == 8 and died == [1]
    stalling = _quick(stall_after=3)
    request = _request()
    threading.Timer(0.05, request.cancelled.set).start()
    assert len(_ids(list(stalling.generate(request)))) == 3
