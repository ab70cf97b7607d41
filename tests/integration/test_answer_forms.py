"""Grammars, JSON schemas and probabilities with a real model; and our grammars against llama.cpp's own."""

from __future__ import annotations

import ctypes
import json
import random
from collections.abc import Iterator
from typing import Any

import numpy
import pytest

from nodeworker.engines import ChatEvent, ChatRequest, Done, Message, Sampling, Token
from nodeworker.engines.llama.engine import LlamaEngine
from nodeworker.engines.llama.native import NativeModel
from nodeworker.errors import BadRequest
from nodeworker.models.folder import ModelFile, ModelFolder

pytestmark = pytest.mark.models

QUESTION = (Message("system", "Answer in JSON."), Message("user", "Describe the city of Paris."))
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 30},
        "population": {"type": "integer", "minimum": 0, "maximum": 20_000_000},
        "kind": {"enum": ["village", "town", "city"]},
        "sights": {"type": "array", "items": {"type": "string", "maxLength": 24}, "minItems": 2, "maxItems": 3},
        "capital": {"type": "boolean"},
    },
    "required": ["name", "population", "kind", "sights", "capital"],
}
GREEDY = Sampling(max_tokens=200, json_schema=json.dumps(SCHEMA))
SAMPLED = Sampling(1.0, top_p=0.95, top_k=40, seed=11, max_tokens=200, json_schema=json.dumps(SCHEMA))
GRAMMARS = {
    "json": r"""
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws (string ":" ws value ("," ws string ":" ws value)*)? "}" ws
array  ::= "[" ws (value ("," ws value)*)? "]" ws
string ::= "\"" ([^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}))* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}""",
    "list": 'root ::= item+\nitem ::= "- " [^\\r\\n\\u2028]+ "\\n"',
    "sums": 'root ::= (sum "=" " "* [0-9]+ "\\n")+\nsum ::= term ([-+*/] term)*\nterm ::= [0-9]+ | "(" sum ")"',
    "characters": 'root ::= ([à-ÿ] | "日本" | [^a-zA-Z "]{2,3} | .)+ "é"?',
    "counts": 'root ::= (("x" | "y"){2,5} "\\n")* [\\u4e00-\\u9fff]*',
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    return ModelFolder(tmp_path_factory.mktemp("models")).find("chat", "smollm2-135m")


@pytest.fixture(scope="module")
def chat(model: ModelFile) -> Iterator[LlamaEngine]:
    engine = LlamaEngine(model, context=1024, threads=1)
    engine.load(lambda _: None)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def native(model: ModelFile) -> Iterator[NativeModel]:
    made = NativeModel(model.path, progress=lambda _: None)
    yield made
    made.close()


def ask(
    engine: LlamaEngine, sampling: Sampling, resume: tuple[int, ...] = ()
) -> tuple[str, list[int], list[ChatEvent]]:
    events = list(engine.generate(ChatRequest("r", QUESTION, sampling, resume=resume)))
    tokens = [event for event in events if isinstance(event, Token)]
    return "".join(event.text for event in tokens), [one for event in tokens for one in event.ids], events


@pytest.mark.parametrize("sampling", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_a_schema_is_followed_streamed_and_resumed(chat: LlamaEngine, sampling: Sampling) -> None:
    text, ids, events = ask(chat, sampling)
    done = events[-1]
    assert isinstance(done, Done) and done.reason == "stop"
    value = json.loads(text)
    assert list(value) == SCHEMA["required"]
    assert 1 <= len(value["name"]) <= 30 and 0 <= value["population"] <= 20_000_000
    assert value["kind"] in ("village", "town", "city") and isinstance(value["capital"], bool)
    assert 2 <= len(value["sights"]) <= 3 and all(len(sight) <= 24 for sight in value["sights"])
    assert sum(bool(event.text) for event in events if isinstance(event, Token)) > len(ids) // 2
    for cut in (1, len(ids) // 2, len(ids) - 1):
        rest, more, _ = ask(chat, sampling, tuple(ids[:cut]))
        assert ids[:cut] + more == ids and text.endswith(rest)


def test_a_grammar_is_followed(chat: LlamaEngine) -> None:
    text, _, events = ask(chat, Sampling(max_tokens=60, grammar='root ::= ("- " [A-Z] [a-z ]{3,20} "\\n"){3}'))
    lines = text.splitlines()
    assert isinstance(events[-1], Done) and events[-1].reason == "stop"
    assert len(lines) == 3 and all(line[:2] == "- " and line[2].isupper() for line in lines)


def test_a_bad_grammar_a_hostile_one_and_a_wrong_resume_are_told(chat: LlamaEngine) -> None:
    for grammar in ("root ::= none", 'root ::= "a" root "b" | "a" root "c"', 'root ::= root "a"', 'root ::= "x'):
        with pytest.raises(BadRequest):
            ask(chat, Sampling(max_tokens=40, grammar=grammar))
    ids = ask(chat, Sampling(max_tokens=4))[1]
    with pytest.raises(BadRequest, match="grammar"):
        ask(chat, GREEDY, tuple(ids))
    assert ask(chat, Sampling(max_tokens=4))[1] == ids


def test_probabilities_come_with_each_token(chat: LlamaEngine) -> None:
    for sampling in (Sampling(max_tokens=6, logprobs=4), Sampling(0.9, top_k=40, seed=2, max_tokens=6, logprobs=4)):
        _, ids, events = ask(chat, sampling)
        told = [one for event in events if isinstance(event, Token) for one in event.logprobs]
        assert len(told) == len(ids)
        for token, one in zip(ids, told, strict=True):
            assert len(one.ids) == len(one.values) == 4 and list(one.values) == sorted(one.values, reverse=True)
            assert one.chosen <= one.values[0] <= 0 and sum(map(numpy.exp, one.values)) <= 1 + 1e-6
            assert token not in one.ids or one.values[one.ids.index(token)] == pytest.approx(one.chosen)
            assert sampling.temperature or token == one.ids[0]


def allowed_by_llama(lib: Any, sampler: Any, size: int) -> Any:
    data = numpy.zeros(size, [("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
    data["id"] = numpy.arange(size)
    pointer = ctypes.cast(data.ctypes.data, ctypes.POINTER(lib.llama_token_data))
    lib.llama_sampler_apply(sampler, ctypes.byref(lib.llama_token_data_array(pointer, size, -1, False)))
    return data["logit"] == 0


@pytest.mark.parametrize("name", GRAMMARS)
def test_the_tokens_that_are_allowed_are_those_of_llama_cpp(native: NativeModel, name: str) -> None:
    from nodeworker.engines.grammar.grammar import constraint, prepare

    lib, tree, chance = native.lib, prepare(native), random.Random(5)
    sampler = lib.llama_sampler_init_grammar(native.pointer, GRAMMARS[name].encode(), b"root")
    guide = constraint(native, Sampling(grammar=GRAMMARS[name]))

    def comparable(token: int) -> bool:
        """llama.cpp lets control tokens pass as their texts, and refuses NUL and parts of excluded characters."""
        piece = tree.pieces[token]
        whole = bool(piece) and piece[0] != 0 and piece.decode(errors="ignore").encode() == piece
        return whole or bool(tree.is_end[token])

    same = numpy.fromiter(map(comparable, range(tree.size)), bool, tree.size)
    for _ in range(8):
        ours, theirs = guide.allowed(), allowed_by_llama(lib, sampler, tree.size)
        assert numpy.flatnonzero((ours != theirs) & same).tolist() == []
        ways = numpy.flatnonzero(ours & theirs & same & ~tree.is_end).tolist()
        if not ways:
            break
        token = chance.choice(ways)
        guide.accept(token)
        lib.llama_sampler_accept(sampler, token)
    lib.llama_sampler_free(sampler)
