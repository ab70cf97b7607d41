"""Embedding networks whose arithmetic depends on the batch: noticed at load, and run so that vectors don't."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import pytest

from nodeworker.engines.embedding.onnx_embedder import OnnxEmbedderEngine
from nodeworker.engines.embedding.onnx_network import OnnxNetwork
from tests import onnx_models
from tests.onnx_models import WORDS

pytest.importorskip("onnxruntime")
_CHANCE = random.Random(2)
TEXTS = [" ".join(_CHANCE.choices(WORDS, k=count)) for count in (1, 2, 3, 5, 9, 17, 33, 60, 2, 7)]


def _rows(engine: OnnxEmbedderEngine, texts: Sequence[str]) -> Any:
    return numpy.frombuffer(engine.embed(texts, "passage").data, dtype="<f4").reshape(len(texts), engine.dimension)


def test_a_rounding_network_really_gives_other_numbers_in_company(tmp_path: Path) -> None:
    network = OnnxNetwork(onnx_models.embedder(tmp_path, rounded=True), "embed", lambda _fraction: None)
    rows = [network.tokenizer.encode(text).ids for text in TEXTS]
    alone, company = network.run(rows[:1])[0], network.run(rows)[0][: len(rows[0])]
    cosine = (alone * company).sum() / numpy.linalg.norm(alone) / numpy.linalg.norm(company)
    assert cosine < 0.9999  # or the tests below would prove nothing


@pytest.mark.parametrize("rounded", [True, False])
def test_a_text_has_one_vector_whatever_its_company(
    tmp_path: Path, rounded: bool, caplog: pytest.LogCaptureFixture
) -> None:
    engine = OnnxEmbedderEngine(onnx_models.embedder(tmp_path, rounded=rounded), threads=2)
    with caplog.at_level(logging.INFO):
        engine.load(lambda _fraction: None)
    assert ("one by one" in caplog.text) == rounded
    together = _rows(engine, TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        assert _rows(engine, [text])[0] @ row >= 0.999999
    assert (_rows(engine, TEXTS[::-1] * 5) * numpy.tile(together[::-1], (5, 1))).sum(axis=1).min() >= 0.999999
    engine.close()
