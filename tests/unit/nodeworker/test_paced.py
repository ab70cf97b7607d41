"""The engine without a model: same words everywhere, exact resume, and waits that end at once when told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from nodeworker.engines import ChatEvent, ChatRequest, Done, Figures, Message, Prefill, Sampling, Token
from nodeworker.engines.paced.cells import BLOCK_CELLS
from nodeworker.engines.paced.choice import PacedChoice
from nodeworker.engines.paced.engine import WORDS, PacedEngine
from nodeworker.errors import BadRequest, ContextOverflow, EngineError, Unsupported
from nodeworker.protocol.prefixes import block_hashes

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


def test_a_second_question_over_the_same_documents_reads_only_what_is_new() -> None:
    engine = _quick(answer_tokens=5)
    documents = Message("system", "All lighthouses of the coast. " * 100)
    first = list(engine.generate(ChatRequest("1", (documents, Message("user", "Which is the oldest?")))))
    second = list(engine.generate(ChatRequest("2", (documents, Message("user", "Which is the tallest?")))))
    done = [events[-1] for events in (first, second)]
    assert all(isinstance(event, Done) for event in done)
    assert done[0].cached_tokens == 0  # type: ignore[union-attr]
    assert done[1].cached_tokens == 3000 // 256 * BLOCK_CELLS  # type: ignore[union-attr]
    assert second[0] == Prefill(done[1].cached_tokens, done[1].prompt_tokens)  # type: ignore[union-attr]
    assert _text(first) != ""


def test_what_it_says_it_has_cached_is_what_it_then_reuses() -> None:
    engine = _quick(answer_tokens=60)
    asked = (Message("user", "Tell me of the lighthouse. " * 40),)
    list(engine.generate(ChatRequest("1", asked)))
    cached = engine.figures().cached_prefixes
    assert set(block_hashes((message.role, message.content) for message in asked)) <= set(cached)
    answer = PacedEngine.whole(ChatRequest("1", asked), 60)
    more = (*asked, Message("assistant", answer), Message("user", "And then? " * 50))
    events = list(engine.generate(ChatRequest("2", more)))
    hashes = block_hashes((message.role, message.content) for message in more)
    known = len([block for block in hashes if block in cached])
    assert known > len(block_hashes((message.role, message.content) for message in asked))  # its own answer too
    assert events[-1].cached_tokens == known * BLOCK_CELLS  # type: ignore[union-attr]


def test_figures_tell_what_runs_and_all_cells_come_back() -> None:
    engine = PacedEngine(200, 1e6, slots=4, context=500)
    assert engine.figures() == Figures(0, 2000, 2000, 1e6, 200.0, ())
    running = engine.generate(_request(sampling=Sampling(max_tokens=100)))
    other = engine.generate(_request(sampling=Sampling(seed=2, max_tokens=100)))
    while not isinstance(next(running), Token):
        pass
    next(other)
    now = engine.figures()
    assert (now.active, now.free_kv_cells) == (2, 2000 - 2 * 109)
    assert now.decode_rate == pytest.approx(200 * 2 * 2.4 / 3.4)
    running.close()  # type: ignore[attr-defined]
    other.close()  # type: ignore[attr-defined]
    assert (engine.figures().active, engine.figures().free_kv_cells) == (0, 2000)


def test_an_answer_waits_until_the_cache_has_room() -> None:
    engine = _quick(cells=300, context=300)
    first = engine.generate(_request(sampling=Sampling(max_tokens=200)))
    next(first)
    second = _request(sampling=Sampling(seed=1, max_tokens=200))
    threading.Timer(0.02, first.close).start()  # type: ignore[attr-defined]
    assert isinstance(list(engine.generate(second))[-1], Done)
    with pytest.raises(ContextOverflow):
        list(engine.generate(ChatRequest("long", (Message("user", "x" * 1200),))))
    assert engine.figures().free_kv_cells == 300 - len(engine.figures().cached_prefixes) * BLOCK_CELLS


def test_a_cancelled_answer_that_waits_for_room_goes_away() -> None:
    engine = _quick(cells=300, context=300)
    first = engine.generate(_request(sampling=Sampling(max_tokens=200)))
    next(first)
    second = _request(sampling=Sampling(seed=1, max_tokens=200))
    threading.Timer(0.02, second.cancelled.set).start()
    assert list(engine.generate(second)) == []
    first.close()  # type: ignore[attr-defined]


def test_the_asked_share_of_answers_fails_and_the_engine_says_so() -> None:
    def failed(seed: int) -> list[bool]:
        build = PacedChoice.parse(f"1e6,1e6,fail=0.25,seed={seed},answer=4").engines()
        fates = []
        for number in range(60):
            try:
                list(build().generate(ChatRequest(str(number), MESSAGES)))  # built anew each time, as after a crash
                fates.append(False)
            except EngineError as error:
                assert type(error) is EngineError and "simulated" in error.message
                fates.append(True)
        return fates

    assert failed(1) == failed(1) != failed(2)
    assert 8 <= sum(failed(1)) <= 24


def test_what_cannot_be_simulated_is_refused() -> None:
    for sampling in (Sampling(grammar='root ::= "a"'), Sampling(json_schema="{}"), Sampling(logprobs=2)):
        with pytest.raises(Unsupported, match="simulated"):
            list(_quick().generate(_request(sampling=sampling)))


def test_closing_ends_what_runs() -> None:
    engine = PacedEngine(0.01, 1e6)
    threading.Timer(0.02, engine.close).start()
    assert not any(isinstance(event, Done) for event in engine.generate(_request()))
    with pytest.raises(EngineError, match="not loaded"):
        next(engine.generate(_request()))


def test_a_choice_is_read() -> None:
    assert PacedChoice.parse("12") == PacedChoice(12, 240)
    assert PacedChoice.parse("12,80") == PacedChoice(12, 80)
    text = (
        "12,80,slots=8,load=1.5,batch=3,context=4096,cells=9000,answer=50,jitter=0.1,fail=0.05,die-after=7,"
        "stall-after=0,seed=9"
    )
    assert PacedChoice.parse(text) == PacedChoice(12, 80, 8, 1.5, 3.0, 4096, 9000, 50, 0.1, 0.05, 7, 0, 9)
    engine = PacedChoice.parse(text).engines()()
    assert (engine.slots, engine.context, engine.decode_rate) == (8, 4096, 12)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "number"),
        ("0", "more than 0"),
        ("-1", "From 0"),
        ("nan", "From 0"),
        ("1e9", "From 0"),
        ("12,80,90", "Rates come first"),
        ("12,slots=2,80", "Rates come first"),
        ("slots=2", "more than 0"),
        ("12,slots=0", "From 1 to 256"),
        ("12,slots=2.5", "whole number"),
        ("12,slots=2,slots=3", "twice"),
        ("12,slot=2", "Did you mean slots"),
        ("12,magic=2", "Known: slots"),
        ("12,fail=1.1", "From 0 to 1"),
        ("12,jitter=x", "needs a number"),
        ("12,seed=" + "9" * 30, "From 0"),
    ],
)
def test_a_choice_that_makes_no_sense_is_a_sentence(text: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why) as wrong:
        PacedChoice.parse(text)
    assert "paced:DECODE" in wrong.value.hint
