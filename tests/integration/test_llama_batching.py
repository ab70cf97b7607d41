"""Many answers at once with the real engine: exact in any company, shared prompts, fair turns, cancelled in a turn."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nodeworker.engines import ChatEvent, ChatRequest, Done, Message, Prefill, Sampling, Token
from nodeworker.engines.llama.context import NativeContext
from nodeworker.engines.llama.engine import LlamaEngine
from nodeworker.engines.llama.native import NativeModel
from nodeworker.engines.llama.pace import Pace
from nodeworker.errors import BadRequest, ContextOverflow, EngineError, ModelTooLarge
from nodeworker.models.folder import ModelFile, ModelFolder
from nodeworker.models.tuned import Tuning

pytestmark = pytest.mark.models
SHIPS = "The archive of the harbour. " + " ".join(
    f"Ship {at} carried {at * 7 % 13} barrels of salt on day {at % 31}." for at in range(40)
)


@dataclass
class Listener:
    """What one answer told, in order; `ended` when its place is free."""

    events: list[ChatEvent | EngineError] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    first: threading.Event = field(default_factory=threading.Event)

    def __call__(self, event: ChatEvent | EngineError | None) -> None:
        assert not self.ended.is_set(), "nothing is told after the end"
        if event is None:
            self.ended.set()
        else:
            self.events.append(event)
            self.times.append(time.perf_counter())
        if isinstance(event, Token) or event is None:
            self.first.set()

    @property
    def ids(self) -> list[int]:
        return [id for event in self.events if isinstance(event, Token) for id in event.ids]

    @property
    def done(self) -> Done:
        assert self.ended.wait(60)
        event = self.events[-1]
        assert isinstance(event, Done), event
        return event


def request(text: str, tokens: int = 24, id: str = "r", *, system: str = "", **sampling: object) -> ChatRequest:
    messages = (*((Message("system", system),) if system else ()), Message("user", text))
    return ChatRequest(id, messages, Sampling(max_tokens=tokens, **sampling))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    return ModelFolder(tmp_path_factory.mktemp("models")).find("chat", "smollm2-135m")


@pytest.fixture(scope="module")
def engine(model: ModelFile) -> Iterator[LlamaEngine]:
    made = LlamaEngine(model, context=2048, slots=6)
    made.load(lambda _fraction: None)
    yield made
    made.close()


def begin(engine: LlamaEngine, wanted: ChatRequest) -> Listener:
    listener = Listener()
    engine.begin(wanted, listener)
    return listener


def answered(engine: LlamaEngine, wanted: ChatRequest) -> list[int]:
    listener = begin(engine, wanted)
    assert listener.done
    return listener.ids


def test_it_says_where_bits_stay_equal_and_how_fast_it_is(engine: LlamaEngine) -> None:
    assert engine.exact_rows == 0  # any number of tokens at once: what the other tests here rely on
    assert engine.prefill_rate > 0 and engine.decode_rate > 0 and engine.slots == 6


def test_company_changes_no_token(engine: LlamaEngine) -> None:
    asked = [
        *(request(f"Write a story about {at} dogs in Paris.", 40, f"g{at}") for at in range(3)),
        *(request(f"Name {at} colours.", 30, f"s{at}", temperature=0.8, top_k=40, top_p=0.9) for at in range(3)),
    ]
    alone = [answered(engine, one) for one in asked]
    together = [begin(engine, one) for one in asked]
    assert all(listener.done for listener in together)
    assert [listener.ids for listener in together] == alone
    late = [begin(engine, request(SHIPS + " How many?", 8, "long")), *(begin(engine, one) for one in reversed(asked))]
    assert all(listener.done for listener in late)
    assert [listener.ids for listener in reversed(late[1:])] == alone


def test_more_answers_than_places_wait_their_turn(engine: LlamaEngine) -> None:
    listeners = [begin(engine, request(f"Count to {at}.", 6, f"w{at}")) for at in range(20)]
    assert all(listener.done.completion_tokens <= 6 for listener in listeners)
    assert engine.figures().free_kv_cells == engine.figures().kv_cells


def test_one_long_prompt_that_several_share_is_read_once(engine: LlamaEngine) -> None:
    shared = "Harbour office. " + SHIPS
    listeners = [begin(engine, request(f"Which day is {at}?", 4, f"p{at}", system=shared)) for at in range(5)]
    counts = [listener.done for listener in listeners]
    total = counts[0].prompt_tokens
    assert total > 600 and counts[0].cached_tokens < 30
    # Who could share only 64 tokens more by waiting does not wait; the question itself is not shared.
    assert all(done.cached_tokens > total - 64 - 30 for done in counts[1:])
    again = begin(engine, request("Which day is 3?", 4, "again", system=shared)).done
    assert again.cached_tokens >= total - 2


def test_a_follow_up_finds_question_and_answer_in_the_cache(engine: LlamaEngine) -> None:
    first = begin(engine, request("Tell me about lighthouses.", 60))
    assert first.done
    said = "".join(event.text for event in first.events if isinstance(event, Token))
    follow = ChatRequest(
        "f", (Message("user", "Tell me about lighthouses."), Message("assistant", said), Message("user", "Go on.")),
        Sampling(max_tokens=4),
    )  # fmt: skip
    done = begin(engine, follow).done
    assert done.cached_tokens >= first.done.prompt_tokens + 50


def test_drafts_from_the_prompt_change_no_token_and_are_counted(
    engine: LlamaEngine, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = request(f"{SHIPS}\nRepeat the sentences about ship 12, ship 13 and ship 14 word for word.", 60)
    plain = LlamaEngine(model, context=2048, slots=2, tuning=Tuning(drafts=False))
    plain.load(lambda _fraction: None)
    try:
        expected = answered(plain, copy)
    finally:
        plain.close()
    monkeypatch.setattr(Pace, "worth", lambda _pace, length, _chance: length)  # whether it pays is not asked here
    generous = LlamaEngine(model, context=2048, slots=2)
    generous.load(lambda _fraction: None)
    try:
        listener = begin(generous, copy)
        done = listener.done
    finally:
        generous.close()
    monkeypatch.undo()
    assert listener.ids == expected == answered(engine, copy)
    assert done.drafted_tokens >= done.accepted_tokens > 0


def test_a_resumed_answer_is_exact_in_company(engine: LlamaEngine) -> None:
    wanted = request("Write a story about a cat on a ship.", 40, "resumed")
    whole = answered(engine, wanted)
    noise = [begin(engine, request(f"Describe town {at}.", 60, f"n{at}")) for at in range(3)]
    for cut in (1, 13, 39):
        resumed = ChatRequest("resumed", wanted.messages, wanted.sampling, resume=tuple(whole[:cut]))
        assert whole[:cut] + answered(engine, resumed) == whole
    assert all(listener.done for listener in noise)


def test_cancelling_frees_the_place_within_a_turn(engine: LlamaEngine) -> None:
    wanted = request("Write a very long story.", 1500)
    listener = begin(engine, wanted)
    assert listener.first.wait(30)
    wanted.cancelled.set()
    assert listener.ended.wait(30)
    made = len(listener.ids)
    assert not any(isinstance(event, Done) for event in listener.events) and made < 200
    reading = request(SHIPS * 2, 4)
    reader = begin(engine, reading)
    reading.cancelled.set()
    assert reader.ended.wait(30) and not reader.ids
    assert answered(engine, request("Hello.", 3))


def test_a_long_prompt_lets_the_others_go_on(engine: LlamaEngine) -> None:
    writer = begin(engine, request("Write a long story about the sea.", 400))
    assert writer.first.wait(30)
    before = len(writer.ids)
    reader = begin(engine, request("Another port. " + SHIPS, 2))
    assert reader.first.wait(60)
    read = [event for event in reader.events if isinstance(event, Prefill)]
    assert len(read) >= 4 and [event.done for event in read] == sorted({event.done for event in read})
    assert len(writer.ids) - before >= len(read) - 3  # a token between any two chunks
    assert writer.done and reader.done


def test_requests_that_make_no_sense_harm_nobody_else(engine: LlamaEngine) -> None:
    writer = begin(engine, request("Write a story.", 40))
    for wrong, kind in (
        (ChatRequest("x", ()), BadRequest),
        (request("word " * 5000), ContextOverflow),
        (ChatRequest("x", (Message("user", "x"),), resume=(10**7,)), BadRequest),
    ):
        listener = begin(engine, wrong)
        assert listener.ended.wait(10) and isinstance(listener.events[-1], kind)
    assert writer.done.completion_tokens


def test_nothing_is_lost_when_the_engine_closes(model: ModelFile) -> None:
    closing = LlamaEngine(model, context=512, slots=2)
    closing.load(lambda _fraction: None)
    listeners = [begin(closing, request("Write a long story.", 400, f"c{at}")) for at in range(4)]
    assert listeners[0].first.wait(30)
    closing.close()
    assert all(listener.ended.wait(5) for listener in listeners)
    late = begin(closing, request("Hello."))
    assert late.ended.is_set() and isinstance(late.events[-1], EngineError)


def test_what_does_not_fit_is_refused_with_the_numbers(model: ModelFile) -> None:
    huge = LlamaEngine(model, context=8192, slots=200_000)
    with pytest.raises(ModelTooLarge, match=r"MB for 200000 contexts of 8192 tokens.*only \d+ MB are free"):
        huge.load(lambda _fraction: None)


def test_what_was_measured_is_kept(model: ModelFile, tmp_path: Path) -> None:
    notes = tmp_path / "measured"
    for _ in range(2):
        engine = LlamaEngine(model, context=256, slots=1, notes=notes)
        engine.load(lambda _fraction: None)
        rates = engine.decode_rate
        engine.close()
        files = list(notes.iterdir())
        assert len(files) == 1
    assert rates > 0 and '"exact_rows": 0' in files[0].read_text()


def test_iterating_ends_when_the_caller_leaves(engine: LlamaEngine) -> None:
    stream = engine.generate(request("Write a very long story.", 1500))
    events: queue.SimpleQueue[ChatEvent] = queue.SimpleQueue()
    for event in stream:
        events.put(event)
        if isinstance(event, Token):
            break
    stream.close()  # type: ignore[attr-defined]
    assert answered(engine, request("Hello.", 3))


def test_beginnings_of_conversations_survive_a_restart(model: ModelFile, tmp_path: Path) -> None:
    wanted = request("Which day is 3?", 12, "kept", system="Harbour office. " + SHIPS)
    told = []
    for _ in range(2):
        engine = LlamaEngine(model, context=2048, slots=2, keep=tmp_path / "kept")
        engine.load(lambda _fraction: None)
        told.append(begin(engine, wanted))
        assert told[-1].done
        engine.close()
    assert told[0].done.cached_tokens == 0 and told[1].done.cached_tokens == told[1].done.prompt_tokens - 1
    assert told[0].ids == told[1].ids
    (data,) = (tmp_path / "kept").glob("*.bin")
    data.write_bytes(data.read_bytes()[:-1000])
    engine = LlamaEngine(model, context=2048, slots=2, keep=tmp_path / "kept")
    engine.load(lambda _fraction: None)
    try:
        assert begin(engine, wanted).done.cached_tokens == 0 and not list((tmp_path / "kept").iterdir())
    finally:
        engine.close()


def test_every_bit_of_the_scores_is_the_same_in_pieces_elsewhere_and_in_company(model: ModelFile) -> None:
    """Beyond 512 tokens, where llama.cpp would divide a 16-bit cache among its threads, and 64 at once."""
    native = NativeModel(model.path, progress=lambda _fraction: None, stop=lambda: False)
    context = NativeContext(native, streams=3, length=768, threads=2)
    try:
        tokens = native.tokenise(SHIPS, special=True)
        assert len(tokens) > 540, "long enough for the other kernels"
        written = tokens[-4:]

        def scores(stream: int, piece: int, *, group: int = 1, company: int | None = None) -> list[bytes]:
            context.cut(stream, 0)
            found = []
            for start in range(0, len(tokens) - len(written), piece):
                part = tokens[start : min(start + piece, len(tokens) - len(written))]
                context.add(part, stream, start, 0)
                context.decode()
            for start in range(len(tokens) - len(written), len(tokens), group):
                rows = context.add(tokens[start : start + group], stream, start, group)
                if company is not None:
                    context.add(tokens[:1], company, start, 0)
                context.decode()
                found += [row.tobytes() for row in context.scores(len(rows))]
            return found

        alone = scores(0, 512)
        assert scores(0, 60) == alone
        assert scores(2, 512, group=2) == alone
        scores(0, 512)
        context.cut(0, len(tokens) - len(written))
        assert scores(1, 256, company=0) == alone
    finally:
        context.close()
        native.close()
