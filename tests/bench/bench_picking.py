"""What picking a token costs: Picker against llama.cpp's sampler over the whole vocabulary, same scores, same run.

`pytest -m bench tests/bench/bench_picking.py -s`. Microseconds of CPU time a token, median of ROUNDS rounds that take
turns. Warm caches: as in a turn that picks for several answers. Cold caches: other memory is read before each token, as
the weights are when one answer is made alone. The large vocabulary is made up, the small one is a real model's.
"""

from __future__ import annotations

import ctypes
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import llama_cpp
import numpy
import pytest

from nodeworker.engines import Sampling
from nodeworker.engines.grammar.grammar import constraint, prepare
from nodeworker.engines.llama.native import NativeModel
from nodeworker.engines.llama.picking import Picker
from nodeworker.models.folder import ModelFolder
from tests.bench.figures import ROUNDS, show

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(900)]

CALLS = 40
OTHER = numpy.ones(8 * 1024 * 1024, numpy.float32)
LARGE = 151_936
SETTINGS = {
    "greedy": Sampling(),
    "temperature 0.7, top-k 40, top-p 0.95": Sampling(0.7, top_p=0.95, top_k=40),
    "the same with repeat penalty 1.1": Sampling(0.7, top_p=0.95, top_k=40, repeat_penalty=1.1),
    "temperature 0.7, top-p 0.95": Sampling(0.7, top_p=0.95),
    "temperature 0.7, min-p 0.05": Sampling(0.7, min_p=0.05),
    "temperature 0.7 alone": Sampling(0.7),
}
PROMPT = "The lighthouse stood at the end of a long pier. Every evening its keeper climbed the stairs and"


class Made:
    """A vocabulary that no model has."""

    size = LARGE
    lib: Any = llama_cpp
    pointer: Any = None

    def piece(self, token: int) -> bytes:
        return b"%d " % token

    def is_end(self, token: int) -> bool:
        return token == 0


def chain(sampling: Sampling, size: int) -> Any:
    """llama.cpp's samplers for these settings."""
    lib = llama_cpp
    made = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
    stages = []
    if sampling.repeat_penalty:
        stages.append(lib.llama_sampler_init_penalties(size, 64, sampling.repeat_penalty, 0.0, 0.0))
    if sampling.temperature <= 0:
        stages.append(lib.llama_sampler_init_greedy())
    else:
        if sampling.top_k:
            stages.append(lib.llama_sampler_init_top_k(sampling.top_k))
        if sampling.top_p:
            stages.append(lib.llama_sampler_init_top_p(sampling.top_p, 1))
        if sampling.min_p:
            stages.append(lib.llama_sampler_init_min_p(sampling.min_p, 1))
        stages += [lib.llama_sampler_init_temp(sampling.temperature), lib.llama_sampler_init_dist(7)]
    for stage in stages:
        lib.llama_sampler_chain_add(made, stage)
    return made


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeModel]:
    file = ModelFolder(tmp_path_factory.mktemp("models")).find("chat", "smollm2-135m")
    model = NativeModel(Path(file.path), progress=lambda _: None)
    yield model
    model.close()


@pytest.fixture(scope="module")
def context(native: NativeModel) -> Iterator[Any]:
    """A context whose last scores are those after a prompt."""
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = 256
    made = llama_cpp.llama_init_from_model(native.model, parameters)
    tokens = native.tokenise(PROMPT, special=False)
    array = (llama_cpp.llama_token * len(tokens))(*tokens)
    assert llama_cpp.llama_decode(made, llama_cpp.llama_batch_get_one(array, len(tokens))) == 0
    yield made
    llama_cpp.llama_free(made)


def timed(call: Callable[[int], object], *, cold: bool) -> float:
    """Microseconds of CPU time of one call."""
    spent = 0.0
    for place in range(CALLS):
        if cold:
            OTHER.sum()
        began = time.thread_time()
        call(place)
        spent += time.thread_time() - began
    return spent / CALLS * 1e6


def compare(figure: str, ours: Callable[[int], object], theirs: Callable[[int], object]) -> None:
    ours(0), theirs(0)
    for caches, cold, goal in (("warm", False, "ratio <= 1"), ("cold", True, "")):
        rounds = [(timed(ours, cold=cold), timed(theirs, cold=cold)) for _ in range(ROUNDS)]
        values, references = [one for one, _ in rounds], [other for _, other in rounds]
        show(f"{figure}, {caches} caches", values, "us a token", references, goal)


@pytest.mark.parametrize("name", SETTINGS)
def test_with_a_real_model(native: NativeModel, context: Any, name: str) -> None:
    sampling, size = SETTINGS[name], native.size
    scores = numpy.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), shape=(size,))
    picker, sampler = Picker(native, sampling, 7), chain(sampling, size)
    compare(
        f"picking, vocabulary {size}, {name}",
        lambda place: picker.pick(scores, place),
        lambda _: llama_cpp.llama_sampler_sample(sampler, context, -1),
    )
    llama_cpp.llama_sampler_free(sampler)


@pytest.mark.parametrize("name", SETTINGS)
def test_with_a_large_vocabulary(name: str) -> None:
    generator = numpy.random.default_rng(0)
    raised = (generator.random(LARGE) < 3e-4) * generator.exponential(6, LARGE)
    scores = (generator.normal(0, 2.5, LARGE) + raised).astype(numpy.float32)
    picker, sampler = Picker(Made(), SETTINGS[name], 7), chain(SETTINGS[name], LARGE)
    data = numpy.zeros(LARGE, [("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
    fresh = data.copy()
    fresh["id"], fresh["logit"] = numpy.arange(LARGE), scores
    pointer = ctypes.cast(data.ctypes.data, ctypes.POINTER(llama_cpp.llama_token_data))

    def sample(_: int) -> None:
        numpy.copyto(
            data.view(numpy.uint8), fresh.view(numpy.uint8)
        )  # llama_sampler_sample fills such an array for every token
        array = llama_cpp.llama_token_data_array(pointer, LARGE, -1, False)
        llama_cpp.llama_sampler_apply(sampler, ctypes.byref(array))
        llama_cpp.llama_sampler_accept(sampler, int(data["id"][array.selected]))

    compare(f"picking, vocabulary {LARGE}, {name}", lambda place: picker.pick(scores, place), sample)
    llama_cpp.llama_sampler_free(sampler)


def test_all_tokens_by_a_grammar(native: NativeModel) -> None:
    """The dear case: the model's choice is refused and every token is tried, in a state that is new."""
    grammar = 'root ::= "{" [^"]* "\\"" char* "\\"" "}"\nchar ::= [^"\\\\\\x00-\\x1f] | "\\\\" ["\\\\nt]'
    sampler = llama_cpp.llama_sampler_init_grammar(native.pointer, grammar.encode(), b"root")
    data = numpy.zeros(native.size, [("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
    data["id"] = numpy.arange(native.size)
    pointer = ctypes.cast(data.ctypes.data, ctypes.POINTER(llama_cpp.llama_token_data))
    prepare(native)
    sampling = Sampling(grammar=grammar)
    begin = native.tokenise('{"', special=False)

    def theirs() -> float:
        llama_cpp.llama_sampler_reset(sampler)
        for token in begin:
            llama_cpp.llama_sampler_accept(sampler, token)
        began = time.thread_time()
        array = llama_cpp.llama_token_data_array(pointer, native.size, -1, False)
        llama_cpp.llama_sampler_apply(sampler, ctypes.byref(array))
        return (time.thread_time() - began) * 1e3

    def ours() -> tuple[float, float]:
        guide = constraint(native, sampling)
        for token in begin:
            guide.accept(token)
        began = time.thread_time()
        guide.allowed()
        between = time.thread_time()
        guide.allowed()
        return (between - began) * 1e3, (time.thread_time() - between) * 1e3

    rounds = [(*ours(), theirs()) for _ in range(ROUNDS)]
    reference = [one[2] for one in rounds]
    show("all tokens by a grammar, first time", [one[0] for one in rounds], "ms", reference, "ratio <= 1")
    show(
        "all tokens by a grammar, again in the same state", [one[1] for one in rounds], "ms", reference, "ratio <= 0.1"
    )
    llama_cpp.llama_sampler_free(sampler)


def test_reading_a_schema() -> None:
    from nodeworker.engines.grammar.automaton import Automaton
    from nodeworker.engines.grammar.gbnf import read_gbnf
    from nodeworker.engines.grammar.json_schema import schema_to_gbnf

    fields = {f"field {at}": {"type": ["string", "null"], "maxLength": 40} for at in range(30)}
    schema = json.dumps({"type": "object", "properties": fields, "required": list(fields)[::2]})
    seconds = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        Automaton(read_gbnf(schema_to_gbnf(schema)))
        seconds.append((time.thread_time() - began) * 1e3)
    show("a JSON schema of 30 fields becomes an automaton", seconds, "ms")
