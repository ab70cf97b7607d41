"""The trace of an answer: where its time went, what was sent, and that it goes with its conversation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from app.assistant import Assistant, Question
from app.conversations import Conversations
from app.events import Moved
from app.settings import Settings
from app.tracing import AnswerTrace, Step, Traces
from tests.fakes import FakeLibrary, FakeThinker


async def test_an_answer_keeps_where_its_time_went_and_what_was_sent(tmp_path: Path) -> None:
    store, traces = Conversations(tmp_path / "conversations.sqlite3"), Traces(tmp_path)
    reads, writes = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    class Slow(FakeLibrary):
        async def search(self, *args: Any, **options: Any) -> Any:
            loop.call_later(0.01, reads.set)  # reading takes time from here on, as it does on every machine
            loop.call_later(0.02, writes.set)
            return await super().search(*args, **options)

    thinker = FakeThinker((reads, "It is ", writes, Moved("local", "pi", "it went away", 0.06), "330 metres high [1]."))
    assistant = Assistant(thinker, Slow(), store, Settings(answer_temperature=0.5), traces=traces)
    async for _ in assistant.ask(Question("How high is the tower?", seed=7)):
        pass
    answer = store.messages(store.list()[0].id)[-1]
    trace = traces.get(answer.conversation, answer.id)
    assert trace is not None
    names = [step.name for step in trace.steps]
    order = "hear search rerank recall prepare choose wait read write move check"
    assert names == [name for name in order.split() if name in names]
    assert {"search", "read", "write", "check"} <= set(names)
    total = answer.timings.total_ms
    assert total is not None and abs(trace.total_ms - total) < max(2.0, total)
    assert trace.prompt[-1][0] == "user" and "The tower is 330 metres high." in trace.prompt[-1][1]
    assert (trace.settings["temperature"], trace.settings["seed"]) == (0.5, 7)
    traces.sweep({answer.conversation})
    assert traces.get(answer.conversation, answer.id) == trace
    traces.sweep(set())
    assert traces.get(answer.conversation, answer.id) is None
    traces.close()
    store.close()


def test_a_trace_is_small(tmp_path: Path) -> None:
    traces = Traces(tmp_path)
    words = " ".join(f"word{at * 7919 % 500}" for at in range(1500))
    trace = AnswerTrace(
        (Step("read", 800.0), Step("write", 90.5)), (("system", "Answer."), ("user", words)), {"seed": 0}
    )
    traces.keep("c", 1, trace)
    assert traces.get("c", 1) == trace and traces.get("c", 2) is None
    traces.close()
    assert (tmp_path / "traces.sqlite3").stat().st_size < 20_000
