"""The OpenAI-style engine against servers on loopback, sound and hostile: nothing hangs, nothing is lost or doubled."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest

from nodeworker.engines import Message, Prefill, Token, ToolCall
from nodeworker.engines.openai_choice import ServerChoice
from nodeworker.engines.openai_http import Patience, TooSlow
from nodeworker.engines.openai_server import OpenAiServer
from nodeworker.errors import AnswerLost, BadRequest, Busy, ContextOverflow, EngineError, ModelMissing, Unsupported
from tests.fake_openai import WHOLE, Asked, FakeServer, Out, Scripted, chunk, event, listing, raw, redirecting, split
from tests.integration.openai_serving import SHORT, Reading, done_of, engine_of, folder_of, request, text_of

GOOD = b"".join(event(chunk({"content": piece})) for piece in split(WHOLE))
END = event(chunk({}, "stop")) + b"data: [DONE]\n\n"


def answered(server: FakeServer, home: Path, **how: Any) -> Any:
    engine = engine_of(server.url, home, SHORT)
    return list(engine.generate(request(**how)))


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


def test_a_redirect_is_not_followed(home: Path) -> None:
    with FakeServer() as elsewhere, redirecting(f"{elsewhere.url}/chat/completions") as server:
        with pytest.raises(EngineError, match="redirect"):
            answered(server, home)
        assert not elsewhere.asked


def test_the_environments_proxy_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer() as proxy, FakeServer() as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert text_of(answered(server, home)) == WHOLE
        assert not proxy.asked


def test_a_server_that_is_not_there(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ModelMissing, match="cannot be reached"):
        engine_of(f"http://127.0.0.1:{port}/v1", home, SHORT)


def test_a_name_outside_is_never_connected_to(home: Path) -> None:
    with FakeServer() as server:
        choice = ServerChoice.parse("http://rig.example:8000/v1")
        outside = OpenAiServer(choice, resolve=lambda host, port: [(socket.AF_INET, ("93.184.216.34", port))])
        with pytest.raises(ModelMissing, match="not in your house"):
            folder_of(outside, home).find("chat")
        # The address that was judged is the one that is used, whatever the name says next.
        inside = OpenAiServer(choice, resolve=lambda host, port: [(socket.AF_INET, ("127.0.0.1", server.port))])
        assert folder_of(inside, home).find("chat").name == "fake-70b"
        assert server.asked[0].headers["host"] == "rig.example:8000"


def test_the_key_is_sent_and_never_logged(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RIG_KEY", "sesame-open")
    with FakeServer() as server, caplog.at_level(logging.DEBUG):
        engine = engine_of(f"{server.url},key=env:RIG_KEY", home)
        list(engine.generate(request()))
        assert {asked.headers.get("authorization") for asked in server.asked} == {"Bearer sesame-open"}
        server.answer = raw(b"", status=401)
        with pytest.raises(EngineError) as caught:
            list(engine.generate(request()))
        assert "sesame" not in caplog.text + caught.value.message + caught.value.hint + repr(engine)
        assert "sesame" not in repr(ServerChoice.parse(f"{server.url},key=env:RIG_KEY"))


def test_fields_that_are_refused_are_left_out_from_then_on(home: Path) -> None:
    with FakeServer(Scripted(refuses=("stream_options", "top_k"))) as server:
        engine = engine_of(server.url, home)
        wanted = request(temperature=0.5, top_k=40, stop=("numbers",))
        expected = WHOLE.split("numbers")[0]
        assert text_of(list(engine.generate(wanted))) == expected  # a stop text is honoured on this side too
        assert len(server.answers) == 2
        assert text_of(list(engine.generate(wanted))) == expected
        assert len(server.answers) == 3
        assert "top_k" not in server.answers[-1]


def test_a_request_that_is_refused_in_any_form_changes_nothing(home: Path) -> None:
    with FakeServer(Scripted(refuses=("messages",))) as server:
        engine = engine_of(server.url, home)
        with pytest.raises(Unsupported, match="messages"):
            list(engine.generate(request()))
        server.answer = Scripted()
        list(engine.generate(request()))
        assert "stream_options" in server.answers[-1]


@pytest.mark.parametrize("status", [400, 500])
def test_a_schema_has_two_forms(home: Path, status: int) -> None:
    sound = Scripted()

    def answer(asked: Asked, out: Out) -> None:
        if asked.body.get("response_format", {}).get("type") == "json_schema":
            return out.json({"error": {"message": "Input should be a valid type"}}, status)
        return sound(asked, out)

    with FakeServer(answer) as server:
        engine = engine_of(server.url, home)
        for _ in range(2):
            list(engine.generate(request(json_schema='{"type": "object"}')))
        assert [body["response_format"]["type"] for body in server.answers] == [
            *("json_schema", "json_object", "json_object"),
        ]  # fmt: skip
        assert "stream_options" in server.answers[-1]


def test_reasoning_tools_and_progress(home: Path) -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "weather", "arguments": '{"place": "Ulm"}'}}
    stream = [
        chunk({"role": "assistant", "content": None}, prompt_progress={"total": 40, "processed": 20, "cache": 0}),
        chunk({"reasoning_content": "They want "}),
        chunk({"reasoning": "the weather. \ud83c"}),
        chunk({"reasoning_content": "\udf89"}),
        chunk({"content": "I look. "}),
        chunk({"tool_calls": [call]}),
        chunk({}, "tool_calls"),
    ]
    data = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in stream)
    with FakeServer(raw(data)) as server:
        events = answered(server, home)
    assert Prefill(20, 40) in events
    assert "".join(one.reasoning for one in events if isinstance(one, Token)) == "They want the weather. 🎉"
    assert text_of(events) == "I look. "
    assert ToolCall("c1", "weather", '{"place": "Ulm"}') in events
    assert done_of(events).reason == "tools"


@pytest.mark.parametrize("way", ["fields", "prefill", "retell"])
@pytest.mark.parametrize("echo", [False, True])
def test_an_answer_goes_on_at_any_place(home: Path, way: str, echo: bool) -> None:
    with FakeServer(Scripted(way=way, echo=echo)) as server:
        engine = engine_of(server.url, home)
        for cut in range(1, len(WHOLE), 3):
            shown = WHOLE[:cut]
            assert shown + text_of(list(engine.generate(request(shown=shown)))) == WHOLE
        # The way was measured once, by a handful of small requests.
        small = [body for body in server.answers if body.get("max_tokens") == 1]
        assert 3 <= len(small) <= 6


def test_going_on_falls_back_to_words_where_it_is_refused(home: Path) -> None:
    sound = Scripted(way="prefill")

    def answer(asked: Asked, out: Out) -> None:
        if asked.body["messages"][-1]["role"] == "assistant" and asked.body.get("max_tokens") != 1:
            return out.json({"error": {"message": "Not while thinking is enabled."}}, 400)
        return sound(asked, out)

    with FakeServer(answer) as server:
        shown = WHOLE[:31]
        assert shown + text_of(answered(server, home, shown=shown)) == WHOLE


def test_shown_text_counts_against_the_limit(home: Path) -> None:
    with FakeServer(Scripted(way="prefill")) as server:
        engine = engine_of(server.url, home)
        list(engine.generate(request()))
        events = list(engine.generate(request(shown=WHOLE[:60], max_tokens=18)))
        assert done_of(events).reason == "length"
        assert 1 <= server.answers[-1]["max_tokens"] <= 12
        asked = len(server.asked)
        events = list(engine.generate(request(shown=WHOLE, max_tokens=3)))
        assert (done_of(events).reason, len(server.asked)) == ("length", asked)


def test_a_stop_text_over_the_seam(home: Path) -> None:
    with FakeServer(Scripted(way="prefill")) as server:
        engine = engine_of(server.url, home)
        at = WHOLE.index("numbers") + 3
        events = list(engine.generate(request(shown=WHOLE[:at], stop=("numbers",))))
        assert text_of(events) == ""
        assert done_of(events).reason == "stop"


def test_ids_of_another_engine_are_refused(home: Path) -> None:
    with FakeServer() as server:
        engine = engine_of(server.url, home)
        wanted = request()
        with pytest.raises(BadRequest):
            list(engine.generate(type(wanted)("r", (Message("user", "a"),), resume=(1, 2))))


def test_what_each_server_says_of_itself(home: Path) -> None:
    vllm = listing({"id": "Org/Big-70B", "owned_by": "vllm", "max_model_len": 16384, "created": 1, "permission": [1]})
    with FakeServer(models=vllm, others={"/version": {"version": "0.12.1"}}) as server:
        engine = engine_of(server.url, home)
        assert (engine.context, engine.slots) == (16384, 8)
        one = OpenAiServer(ServerChoice.parse(server.url)).models()[0]
        server.models = listing({**vllm["data"][0], "created": 2, "permission": [2]})
        assert OpenAiServer(ServerChoice.parse(server.url)).models()[0].sha256 == one.sha256
        server.models = listing({**vllm["data"][0], "max_model_len": 4096})
        assert OpenAiServer(ServerChoice.parse(server.url)).models()[0].sha256 != one.sha256
    meta = {"n_ctx_train": 8192, "n_ctx": 2048, "n_params": 134_515_008, "size": 96_576_768, "ftype": "Q4_1"}
    llama = listing({"id": "/models/SmolLM2.gguf", "owned_by": "llamacpp", "meta": meta})
    props = {"total_slots": 4, "default_generation_settings": {"n_ctx": 2048}}
    with FakeServer(models=llama, others={"/props": props}) as server:
        engine = engine_of(server.url, home)
        assert (engine.context, engine.slots) == (2048, 4)
        model = folder_of(OpenAiServer(ServerChoice.parse(f"{server.url},trusted=no")), home).find("chat", "SmolLM2")
        assert (model.name, model.parameters, model.quantisation) == ("SmolLM2", 134_515_008, "Q4_1")
        assert (model.bytes, model.trustworthy) == (96_576_768, False)
    with FakeServer(models=listing({"id": "x", "owned_by": "me"})) as server:
        # Its second request would cut the first one off: one at a time, whatever was asked for.
        assert engine_of(f"{server.url},slots=6", home).slots == 1
    ollama = listing({"id": "nomic-embed-text", "owned_by": "library"}, {"id": "llama3.3:70b", "owned_by": "library"})
    with FakeServer(models=ollama, others={"/api/version": {"version": "0.9"}}) as server:
        assert engine_of(f"{server.url},slots=3", home).slots == 3
        models = OpenAiServer(ServerChoice.parse(server.url)).models()
        assert [model.id for model in models] == ["llama3.3:70b"]
        named = OpenAiServer(ServerChoice.parse(f"{server.url},model=nomic-embed-text")).models()
        assert [model.id for model in named] == ["nomic-embed-text"]
        with pytest.raises(ModelMissing, match="no model"):
            engine_of(f"{server.url},model=other", home)


@pytest.mark.parametrize(
    "models",
    [7, [], {}, {"data": 7}, {"data": [7, {"id": 7}, {"id": ""}, {"id": "x" * 1000}, {"id": "a\nb"}]}, listing()],
    ids=["number", "list", "empty", "data", "entries", "none"],
)
def test_a_list_of_models_that_is_none(home: Path, models: Any) -> None:
    with FakeServer(models=models) as server, pytest.raises(ModelMissing):
        engine_of(server.url, home, SHORT)


@pytest.mark.parametrize("behaviour", ["silent", "endless", "slow"])
def test_a_list_of_models_that_does_not_come(home: Path, behaviour: str) -> None:
    def models(asked: Asked, out: Out) -> None:
        if behaviour == "endless":
            out.head(200, "application/json")
            out.forever(b" " * 65_536)
        if behaviour == "slow":
            out.slowly(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1000, 0.02)
        out.until_gone()

    with FakeServer(models=models) as server, pytest.raises(ModelMissing):
        engine_of(server.url, home, SHORT)


def test_models_are_not_asked_for_while_an_answer_runs(home: Path) -> None:
    def answer(asked: Asked, out: Out) -> None:
        out.head()
        out.send(GOOD)
        out.until_gone()

    with FakeServer(answer) as server:
        choice = OpenAiServer(ServerChoice.parse(server.url))
        folder_of(choice, home).find("chat")
        asked = len(server.asked)
        with choice.answering():
            choice.forget()
            choice.models()
            assert len(server.asked) == asked
        choice.models()
        assert len(server.asked) == asked + 1


def test_tls_is_checked(home: Path, tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    _self_signed(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with FakeServer(tls=context) as server:
        url = f"https://127.0.0.1:{server.port}/v1"
        with pytest.raises(ModelMissing, match="cannot be trusted"):
            engine_of(url, home, SHORT)
        engine = engine_of(f"{url},ca={certificate}", home, Patience())
        assert text_of(list(engine.generate(request()))) == WHOLE
        with pytest.raises(ModelMissing, match="no file with certificates"):
            engine_of(f"{url},ca={tmp_path / 'none.pem'}", home, SHORT)


def test_many_answers_at_once(home: Path) -> None:
    with FakeServer() as server:
        engine = engine_of(server.url, home)
        readings = [Reading(engine, request()) for _ in range(8)]
        assert all(reading.ended() for reading in readings)
        assert {text_of(reading.events) for reading in readings} == {WHOLE}
        assert threading.active_count() < 100


def _self_signed(certificate: Path, key: Path) -> None:
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "rig")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(made, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
