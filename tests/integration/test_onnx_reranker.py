"""The reranking engine on a tiny cross-encoder of random numbers: torch's own scores, windows, merging, refusals."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nodeworker.engines.embedding.onnx_reranker import OnnxRerankEngine
from nodeworker.engines.embedding.windows import MOST_CHARACTERS, windows
from nodeworker.errors import BadRequest, EngineError, ModelDamaged, Unsupported
from nodeworker.models.folder import ModelFile
from tests import onnx_models
from tests.onnx_models import HEADS, HIDDEN, INNER, LAYERS, POSITIONS, SPECIAL, WORDS

pytest.importorskip("onnxruntime")
QUERY = "the cat sits on a mat"
PASSAGES = [
    "a cat sits under the tree",
    "",
    "ships left the harbour in winter",
    "heat pump serviced once a year",
    "words that it does not know",
    " ".join(random.Random(4).choices(WORDS, k=54)),  # just fits beside the query
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    return onnx_models.reranker(tmp_path_factory.mktemp("rerank"))


@pytest.fixture(scope="module")
def engine(model: ModelFile) -> Iterator[OnnxRerankEngine]:
    made = OnnxRerankEngine(model, threads=2)
    seen: list[float] = []
    made.load(seen.append)
    assert seen == sorted(seen) and (seen[0], seen[-1]) == (0.0, 1.0)
    yield made
    made.close()


def _torch_logits(query: str, passages: list[str]) -> list[float]:
    """What transformers computes from the same numbers, one pair at a time."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=len(SPECIAL) + len(WORDS),
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        num_labels=1,
    )
    network = transformers.BertForSequenceClassification(config).eval()
    state = {name: torch.tensor(array) for name, array in onnx_models.random_state(5, prefix="bert.").items()}
    missing, unexpected = network.load_state_dict(state, strict=False)
    assert not unexpected and all("position_ids" in name for name in missing)
    numbers = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}

    def ids(text: str) -> list[int]:
        return [numbers.get(word, 1) for word in text.split()]

    found = []
    for passage in passages:
        first, second = [2, *ids(query), 3], [*ids(passage), 3]
        with torch.no_grad():
            out = network(
                input_ids=torch.tensor([first + second]),
                token_type_ids=torch.tensor([[0] * len(first) + [1] * len(second)]),
            )
        found.append(float(out.logits[0, 0]))
    return found


def _logit(score: float) -> float:
    return math.log(score / (1 - score))


def test_the_scores_are_those_of_torch(engine: OnnxRerankEngine) -> None:
    scores = engine.rerank(QUERY, PASSAGES)
    expected = [1 / (1 + math.exp(-logit)) for logit in _torch_logits(QUERY, PASSAGES)]
    assert scores == pytest.approx(expected, abs=1e-5)
    assert max(scores) - min(scores) > 0.2  # random, and yet not all the same


def test_scores_are_the_same_each_time_in_any_company_and_order(engine: OnnxRerankEngine) -> None:
    first = engine.rerank(QUERY, PASSAGES)
    assert engine.rerank(QUERY, PASSAGES) == first
    assert [engine.rerank(QUERY, [passage])[0] for passage in PASSAGES] == pytest.approx(first, abs=1e-5)
    assert engine.rerank(QUERY, PASSAGES[::-1] * 9) == pytest.approx(first[::-1] * 9, abs=1e-5)


def test_a_long_passage_is_worth_its_best_window(engine: OnnxRerankEngine) -> None:
    words = random.Random(9).choices(WORDS, k=300)
    room = POSITIONS - 3 - len(QUERY.split())
    cuts = windows(list(range(300)), room)
    assert len(cuts) > 5
    parts = [" ".join(words[first:last]) for first, last in cuts]
    (score,) = engine.rerank(QUERY, [" ".join(words)])
    assert score == pytest.approx(max(engine.rerank(QUERY, parts)), abs=1e-5)


def test_callers_at_once_get_each_their_own(engine: OnnxRerankEngine) -> None:
    expected = {word: engine.rerank(word, PASSAGES) for word in WORDS[:8]}
    found: dict[str, tuple[float, ...]] = {}
    threads = [
        threading.Thread(target=lambda word=word: found.update({word: engine.rerank(word, PASSAGES)}))
        for word in expected
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found.keys() == expected.keys()
    for word, scores in found.items():
        assert scores == pytest.approx(expected[word], abs=1e-5)


def test_the_edges_of_a_call(engine: OnnxRerankEngine, model: ModelFile) -> None:
    assert engine.rerank(QUERY, []) == ()
    with pytest.raises(BadRequest, match="tokens is too long"):
        engine.rerank("cat " * 60, PASSAGES)
    with pytest.raises(BadRequest, match="characters is too long"):
        engine.rerank(QUERY, ["x" * (MOST_CHARACTERS + 1)])
    with pytest.raises(BadRequest, match="tokens is too long"):
        engine.rerank(QUERY, ["cat " * 50_000])
    with pytest.raises(BadRequest, match="tokenised"):
        engine.rerank(QUERY, ["\ud800"])
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(BadRequest, match="cancelled"):
        engine.rerank(QUERY, PASSAGES, cancelled)
    closed = OnnxRerankEngine(model)
    with pytest.raises(EngineError, match="not loaded"):
        closed.rerank(QUERY, PASSAGES)
    closed.close()


def test_a_network_that_rounds_by_whole_batches_runs_one_by_one(tmp_path: Path) -> None:
    engine = OnnxRerankEngine(onnx_models.reranker(tmp_path, rounded=True), threads=2)
    engine.load(lambda _fraction: None)
    together = engine.rerank(QUERY, PASSAGES)
    assert [engine.rerank(QUERY, [passage])[0] for passage in PASSAGES] == list(together)
    assert [_logit(score) for score in together] == pytest.approx(_torch_logits(QUERY, PASSAGES), abs=1.0)
    engine.close()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"id2label": {"0": "NO", "1": "YES"}}, Unsupported),
        ({"id2label": None, "num_labels": 3}, Unsupported),
        ({"max_position_embeddings": "many"}, ModelDamaged),
        ({"max_position_embeddings": 9}, ModelDamaged),
    ],
)
def test_what_is_wrong_with_its_settings_is_said(
    tmp_path: Path, change: dict[str, Any], error: type[EngineError]
) -> None:
    engine = OnnxRerankEngine(onnx_models.reranker(tmp_path, **change))
    with pytest.raises(error):
        engine.load(lambda _fraction: None)
    with pytest.raises(EngineError, match="not loaded"):
        engine.rerank(QUERY, PASSAGES)


def test_what_is_wrong_with_its_files_is_said(tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.json", "config.json"):
        for data in (None, b"{"):
            model = onnx_models.reranker(tmp_path / f"{name}{data!r}")
            if data is None:
                model.file(name).unlink()
            else:
                model.file(name).write_bytes(data)
            with pytest.raises(ModelDamaged):
                OnnxRerankEngine(model).load(lambda _fraction: None)
    encoder = onnx_models.embedder(tmp_path / "embedder")
    onnx_models.reranker(tmp_path / "reranker")
    (tmp_path / "reranker" / "model.onnx").write_bytes(encoder.main_file.read_bytes())
    with pytest.raises(Unsupported, match="one score"):
        OnnxRerankEngine(replace(encoder, path=tmp_path / "reranker")).load(lambda _fraction: None)
