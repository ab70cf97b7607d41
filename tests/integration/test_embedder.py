"""The sentence-transformers engine on a tiny model of random numbers: prompts, windows, several callers."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy
import pytest

from nodeworker.engines.embedding.embedder import EmbedderEngine
from nodeworker.engines.embedding.windows import windows
from nodeworker.errors import BadRequest, EngineError
from nodeworker.models.folder import ModelFile
from tests.onnx_models import HEADS, HIDDEN, INNER, LAYERS, POSITIONS, SPECIAL, WORDS, write_tokenizer

pytest.importorskip("sentence_transformers")
PROMPT = "the heat pump "
_CHANCE = random.Random(6)
LONG = " ".join(_CHANCE.choices(WORDS, k=400))
TEXTS = [*(" ".join(_CHANCE.choices(WORDS, k=count)) for count in (1, 5, 9, 30, 58)), "", LONG]
Kind = Literal["query", "passage"]


def _build(folder: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(SPECIAL) + len(WORDS),
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        initializer_range=0.5,
    )
    network = folder / "network"
    BertModel(config).save_pretrained(network)
    write_tokenizer(folder / "tokenizer.json")
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), model_max_length=POSITIONS, **names
    )
    tokenizer.save_pretrained(network)
    first = Transformer(str(network), max_seq_length=POSITIONS)
    model = SentenceTransformer(
        modules=[first, Pooling(HIDDEN, "mean"), Normalize()], prompts={"query": PROMPT}, device="cpu"
    )
    model.save(str(folder / "model"))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbedderEngine]:
    folder = tmp_path_factory.mktemp("embedder")
    _build(folder)
    model = ModelFile(role="embed", name="tiny", sha256="0" * 64, path=folder / "model", bytes=1, context=POSITIONS)
    made = EmbedderEngine(model, threads=1)
    made.load(lambda _fraction: None)
    yield made
    made.close()
    with pytest.raises(EngineError, match="not loaded"):
        made.embed(TEXTS, "passage")


def _rows(engine: EmbedderEngine, texts: Sequence[str], kind: Kind = "passage") -> Any:
    made = engine.embed(texts, kind)
    return numpy.frombuffer(made.data, dtype="<f4").reshape(len(texts), made.dimension)


def test_what_fits_is_what_the_library_makes(engine: EmbedderEngine) -> None:
    short = TEXTS[:4]
    passages, queries = engine._encoder.encode_document(short), engine._encoder.encode_query(short)
    assert (_rows(engine, short) * passages).sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert (_rows(engine, short, "query") * queries).sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert (passages * queries).sum(axis=1).max() < 0.9999  # the prompt makes a difference
    assert engine.embed(short, "query").tokens == (6, 10, 14, 35)
    assert engine.embed(TEXTS, "passage").windows == (1, 1, 1, 1, 1, 1, 9)


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_a_long_text_is_the_mean_of_its_windows_each_with_its_prompt(engine: EmbedderEngine, kind: Kind) -> None:
    prompt = 3 if kind == "query" else 0
    cuts = windows(range(400), POSITIONS - 2 - prompt)
    words = LONG.split()
    parts = [" ".join(words[first:last]) for first, last in cuts]
    made = engine.embed([LONG], kind)
    assert (made.tokens, made.windows) == ((402 + prompt,), (len(parts),))
    weights = [len(part.split()) + 2 + prompt for part in parts]
    mean = numpy.average(_rows(engine, parts, kind), axis=0, weights=weights)
    assert mean @ _rows(engine, [LONG], kind)[0] / numpy.linalg.norm(mean) == pytest.approx(1.0, abs=1e-5)


def test_callers_at_once_get_each_their_own(engine: EmbedderEngine) -> None:
    expected: dict[Kind, Any] = {"query": _rows(engine, TEXTS, "query"), "passage": _rows(engine, TEXTS)}
    found: list[tuple[Kind, Any]] = []
    kinds: list[Kind] = ["query", "passage"] * 4
    threads = [
        threading.Thread(target=lambda kind=kind: found.append((kind, _rows(engine, TEXTS, kind)))) for kind in kinds
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 8
    for kind, rows in found:
        assert (rows * expected[kind]).sum(axis=1).min() >= 0.9999


def test_what_makes_no_sense_is_refused(engine: EmbedderEngine) -> None:
    for text in ("x" * 600_000, "cat " * 60_000):
        with pytest.raises(BadRequest, match="too long"):
            engine.embed([text], "passage")
    with pytest.raises(BadRequest, match="no kind"):
        engine.embed(["x"], "other")  # type: ignore[arg-type]
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(BadRequest, match="cancelled"):
        engine.embed([LONG], "passage", cancelled)
