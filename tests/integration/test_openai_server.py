"""A model server as the OpenAI-style engine sees it: where it may be, its models, its key, its certificate."""

from __future__ import annotations

import logging
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from nodeworker.engines.openai.choice import ServerChoice
from nodeworker.engines.openai.http import Patience
from nodeworker.engines.openai.server import OpenAiServer
from nodeworker.errors import EngineError, ModelMissing
from tests.fake_openai import (
    GOOD,
    WHOLE,
    Asked,
    FakeServer,
    Out,
    listing,
    raw,
    redirecting,
)
from tests.integration.openai_serving import SHORT, answered, engine_of, folder_of, request, text_of


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
