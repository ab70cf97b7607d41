"""The OpenAI-style engine against servers on loopback, sound and hostile: nothing hangs, nothing is lost or doubled."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from nodeworker.engines import Token
from nodeworker.engines.openai.http import TooSlow
from nodeworker.errors import AnswerLost, Busy, ContextOverflow, EngineError, ModelMissing, Unsupported
from tests.fake_openai import (
    END,
    GOOD,
    WHOLE,
    Asked,
    FakeServer,
    Out,
    Scripted,
    chunk,
    event,
    raw,
    split,
)
from tests.integration.openai_serving import SHORT, Reading, answered, done_of, engine_of, request, text_of


def test_an_answer(home: Path) -> None:
    with FakeServer() as server:
        engine = engine_of(server.url, home)
        events = list(engine.generate(request()))
        assert text_of(events) == WHOLE
        assert all(event.ids == () for event in events if isinstance(event, Token))
        done = done_of(events)
        assert (done.reason, done.completion_tokens, done.prompt_tokens) == ("stop", len(split(WHOLE)), 9)
        assert done.prefill_ms > 0
        assert engine.decode_rate > 0
        assert engine.slots == 8
        asked = server.asked[-1]
        assert asked.body["messages"] == [{"role": "user", "content": "Say something."}]
        assert asked.body["model"] == "fake-70b"
        assert asked.headers["accept-encoding"] == "identity"
        assert "authorization" not in asked.headers


def test_the_limit_is_told_from_the_context(home: Path) -> None:
    with FakeServer() as server:
        done = done_of(answered(server, home, max_tokens=3))
        assert (done.reason, done.completion_tokens) == ("length", 3)
        server.answer = raw(event(chunk({"content": "a"})) + event(chunk({}, "length")) + b"data: [DONE]\n\n")
        assert done_of(answered(server, home)).reason == "context"


def test_a_server_that_counts_nothing(home: Path) -> None:
    with FakeServer(Scripted(usage=False)) as server:
        done = done_of(answered(server, home))
        assert (done.reason, done.prompt_tokens, done.completion_tokens) == ("stop", 0, len(split(WHOLE)))


@pytest.mark.parametrize("kind", ["closed", "chunked", "length"])
def test_every_framing_and_every_place_to_split(home: Path, kind: str) -> None:
    """Bytes come one by one, also in the middle of a character."""
    body = GOOD + END

    def answer(asked: Asked, out: Out) -> None:
        if kind == "closed":
            out.head()
            out.slowly(body[:200], 0.0)
            out.send(body[200:])
        elif kind == "length":
            out.head(Content_Length=str(len(body)))
            out.slowly(body[:200], 0.0)
            out.send(body[200:])
        else:
            out.head(Transfer_Encoding="chunked")
            for byte in body[:200]:
                out.send(b"1\r\n" + bytes([byte]) + b"\r\n")
            out.send(b"%x\r\n" % len(body[200:]) + body[200:] + b"\r\n0\r\n\r\n")

    with FakeServer(answer) as server:
        events = answered(server, home)
        assert text_of(events) == WHOLE
        assert done_of(events).reason == "stop"


@pytest.mark.parametrize("framing", ["closed", "chunked", "length"])
@pytest.mark.parametrize("at", [0, 1, 30, 57, len(GOOD) // 2, len(GOOD) - 1, len(GOOD), len(GOOD) + 10])
def test_a_stream_that_is_cut_anywhere_is_an_error(home: Path, at: int, framing: str) -> None:
    body = (GOOD + END)[:at]

    def answer(asked: Asked, out: Out) -> None:
        if framing == "chunked":
            out.head(Transfer_Encoding="chunked")
            out.send(b"%x\r\n" % (len(body) + 50) + body)
        else:
            sizes: dict[str, Any] = {"Content_Length": "99999"} if framing == "length" else {}
            out.head(**sizes)
            out.send(body)

    with FakeServer(answer) as server:
        engine = engine_of(server.url, home, SHORT)
        reading = Reading(engine, request())
        assert reading.ended()
        assert isinstance(reading.error, AnswerLost)
        assert WHOLE.startswith(text_of(reading.events))


def test_a_cut_after_the_reason_is_no_loss(home: Path) -> None:
    with FakeServer(raw(GOOD + event(chunk({}, "stop")))) as server:
        assert done_of(answered(server, home)).reason == "stop"
        server.answer = raw(GOOD + event(chunk({}, "stop")) + b"data: {half")
        assert done_of(answered(server, home)).reason == "stop"

    def lingering(asked: Asked, out: Out) -> None:
        out.head()
        out.send(GOOD + event(chunk({}, "stop")))
        out.until_gone()

    with FakeServer(lingering) as server:
        events = answered(server, home)
        assert text_of(events) == WHOLE
        assert server.gone.wait(5)


def test_done_without_a_reason_is_a_cut(home: Path) -> None:
    """One server ends a stream so when another request interrupts it."""
    with FakeServer(raw(GOOD + b"data: [DONE]\n\n")) as server, pytest.raises(AnswerLost, match="broke off"):
        answered(server, home)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (raw(b"{}", status=500, kind="application/json"), AnswerLost),
        (raw(b'{"error": "slow down"}', status=429, kind="application/json"), Busy),
        (raw(b"", status=401), EngineError),
        (raw(b"", status=403), EngineError),
        (raw(b'{"error": {"message": "no such model"}}', status=404, kind="application/json"), ModelMissing),
        (raw(b'{"error": {"code": "context_length_exceeded"}}', status=400, kind="application/json"), ContextOverflow),
        (raw(b'{"error": {"message": "bad role"}}', status=400, kind="application/json"), Unsupported),
        (raw(b"<html>", kind="text/html"), AnswerLost),
        (raw(b'{"choices": []}', kind="application/json"), AnswerLost),
        (raw(b'{"error": {"message": "context window"}}', kind="application/json"), ContextOverflow),
        (raw(b"hello", kind=""), AnswerLost),
        (raw(b"data: {\n\n"), AnswerLost),
        (raw(b"data: [1, 2]\n\n"), AnswerLost),
        (raw(b"\xff\xfe\x00\n\n"), AnswerLost),
        (raw(GOOD[:300] + event({"error": {"message": "CUDA out of memory"}})), AnswerLost),
        (raw(b"data: " + b"x" * 3_000_000), AnswerLost),
        (raw(b"data: " + b"[" * 200_000 + b"\n\n"), AnswerLost),
        (raw(GOOD + event(chunk({}, "abort"))), AnswerLost),
    ],
)
def test_what_goes_wrong_has_a_name(home: Path, answer: Any, kind: type[EngineError]) -> None:
    with FakeServer(answer) as server, pytest.raises(EngineError) as caught:
        answered(server, home)
    assert type(caught.value) is kind
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n" + GOOD + END,
    ],
    ids=["nothing", "nonsense", "status", "headers", "header", "chunk", "gzip"],
)  # fmt: skip
def test_what_is_no_http(home: Path, data: bytes) -> None:
    with FakeServer(lambda asked, out: out.send(data)) as server, pytest.raises(AnswerLost):
        answered(server, home)


@pytest.mark.parametrize(
    "behaviour",
    ["no head", "slow head", "no first piece", "comments", "drops of a line", "endless continue", "stall", "no end"],
)
def test_nobody_is_waited_for_forever(home: Path, behaviour: str) -> None:
    def answer(asked: Asked, out: Out) -> None:
        if behaviour == "slow head":
            out.slowly(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000, 0.02)
        if behaviour == "endless continue":
            out.forever(b"HTTP/1.1 100 Continue\r\n\r\n")
        if behaviour not in ("no head", "slow head", "endless continue"):
            out.head()
        if behaviour == "comments":
            out.forever(b": still here\n\n" * 100)
        if behaviour == "drops of a line":
            out.slowly(event(chunk({"content": "x" * 5000})), 0.02)
        if behaviour in ("stall", "no end"):
            out.send(GOOD)
        if behaviour == "no end":
            out.forever(b": ping\n\n" * 100)
        out.until_gone()

    with FakeServer(answer) as server:
        reading = Reading(engine_of(server.url, home, SHORT), request())
        assert reading.ended(20)
        assert isinstance(reading.error, TooSlow)
        assert server.gone.wait(5)


def test_endless_text_ends_with_its_limit(home: Path) -> None:
    def answer(asked: Asked, out: Out) -> None:
        out.head()
        out.forever(event(chunk({"content": " again"})) * 10)

    with FakeServer(answer) as server:
        done = done_of(answered(server, home, max_tokens=20))
        assert done.reason == "length"
        assert server.gone.wait(5)


@pytest.mark.parametrize("when", ["connected", "head", "streaming"])
@pytest.mark.parametrize("how", ["cancelled", "closed"])
def test_cancel_cuts_the_connection(home: Path, when: str, how: str) -> None:
    def answer(asked: Asked, out: Out) -> None:
        if when != "connected":
            out.head()
        if when == "streaming":
            out.send(GOOD)
        out.until_gone()

    with FakeServer(answer) as server:
        engine = engine_of(server.url, home)
        wanted = request()
        reading = Reading(engine, wanted)
        assert server.arrived.wait(5)
        if when == "streaming":
            assert reading.begun.wait(5)
        if how == "cancelled":
            wanted.cancelled.set()
        else:
            engine.close()
        # The patience of minutes is not waited for, and the server sees at once that nobody listens.
        assert reading.ended(5)
        assert server.gone.wait(5)
        assert reading.error is None
        assert engine.figures().active == 0


def test_leaving_the_iterator_cuts_the_connection(home: Path) -> None:
    def answer(asked: Asked, out: Out) -> None:
        out.head()
        out.send(GOOD)
        out.until_gone()

    with FakeServer(answer) as server:
        engine = engine_of(server.url, home)
        events = engine.generate(request())
        next(events)
        events.close()  # type: ignore[attr-defined]
        assert server.gone.wait(5)
        assert engine.figures().active == 0


def test_many_answers_at_once(home: Path) -> None:
    with FakeServer() as server:
        engine = engine_of(server.url, home)
        readings = [Reading(engine, request()) for _ in range(8)]
        assert all(reading.ended() for reading in readings)
        assert {text_of(reading.events) for reading in readings} == {WHOLE}
        assert threading.active_count() < 100
