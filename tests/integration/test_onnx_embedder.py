"""The ONNX embedder on the real model: the same vectors as sentence-transformers makes, without torch."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest

from nodeworker.engines import EmbedEngine
from nodeworker.engines.embedding.onnx_embedder import OnnxEmbedderEngine
from nodeworker.engines.embedding.windows import MOST_CHARACTERS, windows
from nodeworker.errors import BadRequest, EngineError, ModelDamaged, ModelUnsafe, Unsupported
from nodeworker.models.folder import ModelFile, ModelFolder
from tests.unit.nodeworker.test_onnx_file import OUTSIDE, _held, onnx

pytestmark = pytest.mark.models

TEXTS = [
    "a cat sits",
    "",
    "interest rates rose",
    "Größe, naïve, Ελληνικά, 漢字かな, 🦊🐉, e\u0301, \u200b\u202e",
    "?",
    "The heat pump must be serviced once a year; the warranty ends otherwise after twenty-four months. " * 4,
    " ".join(f"{number} ships left the harbour of Bergen in winter." for number in range(110)),  # about 1,000 words
    "word " * 253,
    "word " * 254,
    "word " * 255,
    "a kitten is sitting\n\n\ton the mat",
    "def main() -> None:\n    print('hello')\n",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return ModelFolder(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def model(folder: ModelFolder) -> ModelFile:
    found = folder.find("embed")
    folder.verify(found)
    return found


@pytest.fixture(scope="module")
def engine(model: ModelFile) -> Iterator[OnnxEmbedderEngine]:
    engine = OnnxEmbedderEngine(model)
    seen: list[float] = []
    engine.load(seen.append)
    assert seen == sorted(seen) and (seen[0], seen[-1]) == (0.0, 1.0)
    yield engine
    engine.close()


def _rows(engine: EmbedEngine, texts: list[str]) -> Any:
    found = engine.embed(texts, "passage")
    return numpy.frombuffer(found.data, dtype="<f4").reshape(len(texts), found.dimension)


def test_it_is_the_one_that_is_taken(model: ModelFile) -> None:
    assert model.name == "minilm-l6-v2-int8"


def test_vectors_and_counts_are_those_of_sentence_transformers(folder: ModelFolder, engine: OnnxEmbedderEngine) -> None:
    pytest.importorskip("sentence_transformers")
    from nodeworker.engines.embedding.embedder import EmbedderEngine

    other = EmbedderEngine(folder.find("embed", "minilm-l6-v2"))
    other.load(lambda _fraction: None)
    assert (engine.dimension, engine.max_tokens) == (other.dimension, other.max_tokens) == (384, 256)
    ours, theirs = engine.embed(TEXTS, "query"), other.embed(TEXTS, "query")
    assert (ours.tokens, ours.windows) == (theirs.tokens, theirs.windows)
    assert max(ours.windows) == 5
    cosines = (_rows(engine, TEXTS) * _rows(other, TEXTS)).sum(axis=1)
    other.close()
    for text, cosine in zip(TEXTS, cosines.tolist(), strict=True):
        # Without a single word, only the special tokens and a mark are averaged: int8 weights show most there.
        assert cosine >= (0.999 if any(sign.isalpha() for sign in text) else 0.995), text[:40]


def test_vectors_are_normalised_in_order_and_alike(engine: OnnxEmbedderEngine) -> None:
    rows = _rows(engine, TEXTS)
    assert numpy.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert rows[0] @ rows[10] > 0.4 > 0.3 > rows[0] @ rows[2]
    places = list(range(len(TEXTS)))
    random.Random(3).shuffle(places)
    shuffled = _rows(engine, [TEXTS[place] for place in places])
    assert (shuffled * rows[places]).sum(axis=1).min() >= 0.9999


def test_the_company_in_a_batch_does_not_matter(engine: OnnxEmbedderEngine) -> None:
    rows = _rows(engine, TEXTS * 8)
    for place, text in enumerate(TEXTS):
        assert _rows(engine, [text])[0] @ rows[place + len(TEXTS)] >= 0.9999


def test_a_long_text_is_read_to_its_end_in_windows(engine: OnnxEmbedderEngine) -> None:
    long = " ".join(f"{number} ships left the harbour of Bergen in winter." for number in range(110))
    texts = ["word " * 1000, "word " * 1000 + "harbour " * 200, "word", long]
    found, rows = engine.embed(texts, "passage"), _rows(engine, texts)
    assert found.tokens == (1002, 1202, 3, 1102)
    assert found.windows == (5, 6, 1, 5)
    assert rows[0] @ rows[1] < 0.99 < rows[0] @ _rows(engine, ["word " * 254])[0]
    # What it is: the mean of the windows' vectors, weighted by their tokens, to length 1.
    assert engine._network is not None
    read = engine._network.tokenizer.encode(long, add_special_tokens=False)
    cuts = windows(read.word_ids, 254)
    parts = [long[read.offsets[first][0] : read.offsets[last - 1][1]] for first, last in cuts]
    mean = numpy.average(_rows(engine, parts), axis=0, weights=[last - first + 2 for first, last in cuts])
    assert mean @ rows[3] / numpy.linalg.norm(mean) == pytest.approx(1.0, abs=1e-5)


def test_a_text_without_end_is_refused_and_not_cut(engine: OnnxEmbedderEngine) -> None:
    with pytest.raises(BadRequest, match="characters is too long"):
        engine.embed(["fine", "x" * 50_000_000], "passage")
    with pytest.raises(BadRequest, match="tokens is too long"):
        engine.embed(["fine", "a " * (MOST_CHARACTERS // 2)], "passage")
    assert engine.embed(["a" * MOST_CHARACTERS], "passage").tokens == (3,)  # one unknown word


def test_the_edges_of_a_call(engine: OnnxEmbedderEngine, model: ModelFile) -> None:
    assert engine.embed([], "passage").tokens == ()
    with pytest.raises(BadRequest):
        engine.embed(["x"], "other")  # type: ignore[arg-type]
    with pytest.raises(EngineError, match="Embedding failed"):
        engine.embed(["\ud800"], "query")
    assert len(engine.embed(["x"], "query").data) == 4 * 384
    closed = OnnxEmbedderEngine(model)
    with pytest.raises(EngineError, match="not loaded"):
        closed.embed(["x"], "query")
    closed.close()


def test_several_threads_share_it(engine: OnnxEmbedderEngine) -> None:
    expected = _rows(engine, TEXTS[:4])
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(_rows(engine, TEXTS[:4]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4 and all((rows * expected).sum(axis=1).min() >= 0.9999 for rows in found)


def test_callers_at_once_get_each_their_own_and_a_broken_text_only_its_own_error(engine: OnnxEmbedderEngine) -> None:
    expected = _rows(engine, TEXTS)
    found: dict[int, Any] = {}

    def call(number: int) -> None:
        own = TEXTS[number:] + TEXTS[:number]
        try:
            found[number] = _rows(engine, [*own, "\ud800"] if number == 3 else own)
        except BadRequest as error:
            found[number] = error

    threads = [threading.Thread(target=call, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert isinstance(found.pop(3), BadRequest) and len(found) == 5
    for number, rows in found.items():
        places = [*range(number, len(TEXTS)), *range(number)]
        assert (rows * expected[places]).sum(axis=1).min() >= 0.9999


def test_the_number_of_threads_does_not_matter(engine: OnnxEmbedderEngine, model: ModelFile) -> None:
    expected = _rows(engine, TEXTS)
    for threads in (1, 3):
        other = OnnxEmbedderEngine(model, threads=threads)
        other.load(lambda _fraction: None)
        assert (_rows(other, TEXTS) * expected).sum(axis=1).min() >= 0.9999
        other.close()


def test_a_cancelled_call_ends_soon(engine: OnnxEmbedderEngine) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(BadRequest, match="cancelled"):
        engine.embed(["word " * 20_000], "passage", cancelled)


def _copy(model: ModelFile, target: Path) -> ModelFile:
    """The model in a folder of its own, as it is after a fetch."""
    (target / "1_Pooling").mkdir(parents=True)
    for name in (model.weights, *(name for name, _ in model.elsewhere)):
        shutil.copy(model.file(name), target / name)
    return replace(model, path=target, elsewhere=())


def test_what_is_wrong_with_its_files_is_said(model: ModelFile, tmp_path: Path) -> None:
    cases: list[tuple[str, bytes | None, type[EngineError]]] = [
        ("model.onnx", b"changed", ModelDamaged),
        ("model.onnx", None, ModelDamaged),
        ("tokenizer.json", b"{}", ModelDamaged),
        ("tokenizer.json", None, ModelDamaged),
        ("sentence_bert_config.json", b'{"max_seq_length": "many"}', ModelDamaged),
        ("modules.json", b"[1]", ModelDamaged),
        ("modules.json", b"[]", Unsupported),
        ("1_Pooling/config.json", b'{"pooling_mode_cls_token": true}', Unsupported),
    ]
    for number, (name, data, error) in enumerate(cases):
        copied = _copy(model, tmp_path / str(number))
        if data is None:
            copied.file(name).unlink()
        else:
            copied.file(name).write_bytes(data)
        engine = OnnxEmbedderEngine(copied)
        with pytest.raises(error):
            engine.load(lambda _fraction: None)
        with pytest.raises(EngineError, match="not loaded"):
            engine.embed(["x"], "query")


def test_a_model_that_names_other_files_or_is_another_network_is_refused(model: ModelFile, tmp_path: Path) -> None:
    import hashlib

    for number, (data, error) in enumerate(((onnx(_held(5, OUTSIDE)), ModelUnsafe), (onnx(), ModelDamaged))):
        copied = _copy(model, tmp_path / str(number))
        copied.main_file.write_bytes(data)
        engine = OnnxEmbedderEngine(replace(copied, sha256=hashlib.sha256(data).hexdigest()))
        with pytest.raises(error):
            engine.load(lambda _fraction: None)


def test_nothing_heavy_is_imported_and_nothing_printed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from nodeworker.engines.embedding.onnx_embedder import OnnxEmbedderEngine;"
        "from nodeworker.models.folder import ModelFolder;"
        f"folder = ModelFolder(Path({str(tmp_path)!r})); model = folder.find('embed'); folder.verify(model);"
        "engine = OnnxEmbedderEngine(model); engine.load(lambda _: None);"
        "assert len(engine.embed(['x'], 'query').data) == 4 * 384;"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'llama_cpp', 'faster_whisper', 'onnx', 'scipy'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
