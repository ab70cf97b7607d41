"""Embedding throughput: our engines and the whole node against the raw libraries at their best batch.

`pytest -m bench tests/bench/bench_embed.py -s`. The raw library is what a program of a few lines would do: tokenise,
sort by length, run batches of a fixed number of texts, average, normalise; the number of texts and whether idle
threads spin are searched first and the best is taken. Everybody tokenises, gets the same texts in the same disorder and
the same number of threads. TANGNET_BENCH_DATA may name evaluation data whose passages are taken (retrieval/*.tar.gz);
without it they are cut out of this repository's own pages.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest

from nodeworker.engines import EmbedEngine
from nodeworker.engines.embedding.embedder import EmbedderEngine
from nodeworker.engines.embedding.onnx_embedder import OnnxEmbedderEngine
from nodeworker.models.folder import ModelFile, ModelFolder
from nodeworker.protocol import node_pb2 as pb
from tests.bench.figures import CORES, DATA, ROUNDS, cores, show
from tests.bench.node_child import running

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(3600)]
ROOT = Path(__file__).resolve().parents[2]
TEXTS = int(os.environ.get("TANGNET_BENCH_TEXTS", "240"))
SIZES = (1, 2, 4, 8, 16, 32)
"""Texts in one run of the raw library."""
SEARCH_ROUNDS = 3
CALLERS = 8
GOAL = "ratio >= 0.95"
Work = Callable[[Sequence[str]], Any]


def passages(model: ModelFile) -> list[str]:
    """Texts of mixed length in disorder, none longer than the model reads at once: the raw libraries cut such."""
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(model.file("tokenizer.json")))
    tokenizer.no_truncation()
    chance = random.Random(11)
    words = _evaluation_words() if DATA else _own_words()
    found: list[str] = []
    at = 0
    while len(found) < TEXTS:
        count = min(160, int(chance.lognormvariate(4.0, 0.7)) + 4)
        if at + count > len(words):
            at = chance.randrange(50)
        text = " ".join(words[at : at + count])
        at += count
        if len(tokenizer.encode(text).ids) <= model.context:
            found.append(text)
    chance.shuffle(found)
    return found


def _own_words() -> list[str]:
    pages = sorted((ROOT / "docs").rglob("*.md"))
    return " ".join(page.read_text(encoding="utf-8") for page in pages).replace("|", " ").split()


def _evaluation_words() -> list[str]:
    words: list[str] = []
    for archive in sorted(Path(DATA, "retrieval").glob("*.tar.gz")):
        with tarfile.open(archive) as files:
            member = next(member for member in files if member.name.endswith("corpus.jsonl"))
            opened = files.extractfile(member)
            assert opened is not None
            for line in opened:
                words += str(json.loads(line)["text"]).split()
                if len(words) > TEXTS * 100:
                    return words
    return words


class RawOnnx:
    """onnxruntime and tokenizers, by hand; `size` texts a run."""

    def __init__(self, model: ModelFile, threads: int, *, spinning: bool) -> None:
        import onnxruntime
        import tokenizers

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model.main_file), options, providers=["CPUExecutionProvider"])
        self._tokenizer = tokenizers.Tokenizer.from_file(str(model.file("tokenizer.json")))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(model.context)

    def embed(self, texts: Sequence[str], size: int) -> Any:
        read = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(read)), key=lambda at: len(read[at]))
        rows = numpy.empty((len(read), 384), dtype="<f4")
        for start in range(0, len(order), size):
            places = order[start : start + size]
            shape = (len(places), len(read[places[-1]]))
            ids, seen = numpy.zeros(shape, dtype=numpy.int64), numpy.zeros(shape, dtype=numpy.int64)
            for row, place in enumerate(places):
                ids[row, : len(read[place])] = read[place]
                seen[row, : len(read[place])] = 1
            given = {"input_ids": ids, "attention_mask": seen, "token_type_ids": numpy.zeros(shape, dtype=numpy.int64)}
            hidden = self._session.run(None, given)[0]
            means = (hidden * seen[:, :, None]).sum(axis=1) / seen.sum(axis=1, keepdims=True)
            rows[places] = means / numpy.linalg.norm(means, axis=1, keepdims=True)
        return rows


def best(candidates: dict[str, Work], texts: Sequence[str]) -> str:
    """Return the name of the quickest: medians of rounds in which each had its turn."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(SEARCH_ROUNDS):
        for name, work in candidates.items():
            began = time.perf_counter()
            work(texts)
            taken[name].append(time.perf_counter() - began)
    return min(taken, key=lambda name: statistics.median(taken[name]))


@dataclass
class Rates:
    """What each of several ways did, in rounds in which all took turns."""

    wall: dict[str, list[float]]
    """Texts a second."""
    processor: dict[str, list[float]]
    """Texts for a second of processor time, of all processes that take part: says something also on a busy machine."""
    made: dict[str, Any]


def rates(texts: Sequence[str], works: dict[str, Work], used: Callable[[], float] = time.process_time) -> Rates:
    """Measure; `used` tells seconds of processor time so far."""
    found = Rates({name: [] for name in works}, {name: [] for name in works}, {})
    for number in range(ROUNDS + 1):
        for name, work in works.items():
            began, before = time.perf_counter(), used()
            found.made[name] = work(texts)
            if number:  # the first one warms up
                found.wall[name].append(len(texts) / (time.perf_counter() - began))
                found.processor[name].append(len(texts) / (used() - before))
    return found


def rows(engine: EmbedEngine, texts: Sequence[str]) -> Any:
    made = engine.embed(texts, "passage")
    return numpy.frombuffer(made.data, dtype="<f4").reshape(len(texts), made.dimension)


def parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts divided among CALLERS."""
    share = -(-len(texts) // CALLERS)
    return (texts[at : at + share] for at in range(0, len(texts), share))


def at_once(engine: EmbedEngine, texts: Sequence[str]) -> Any:
    """Several callers at the same time."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(CALLERS) as pool:
        return numpy.concatenate(list(pool.map(lambda part: rows(engine, part), parts(texts))))


def same(made: dict[str, Any], reference: str) -> float:
    """The least cosine between what anybody made and the reference."""
    return float(min((found * made[reference]).sum(axis=1).min() for found in made.values()))


@pytest.mark.parametrize("count", CORES)
async def test_onnx(count: int, short: Path, tmp_path: Path) -> None:
    model = ModelFolder(tmp_path).find("embed", "minilm-l6-v2-int8")
    texts = passages(model)
    with cores(count):
        raw = {"spinning": RawOnnx(model, count, spinning=True), "waiting": RawOnnx(model, count, spinning=False)}
        candidates: dict[str, Work] = {
            f"{size} texts, {name}": lambda given, one=one, size=size: one.embed(given, size)  # type: ignore[misc]
            for name, one in raw.items()
            for size in SIZES
        }
        chosen = await asyncio.to_thread(best, candidates, texts[:: max(1, TEXTS // 60)])
        engine = OnnxEmbedderEngine(model, threads=count)
        engine.load(lambda _fraction: None)
        async with running(short, {"threads": count}) as node:

            async def ask(given: Sequence[str]) -> Any:
                reply = await node.stub.Embed(pb.EmbedRequest(model=model.name, texts=given), timeout=600)
                return numpy.frombuffer(reply.vectors, dtype="<f4").reshape(len(given), reply.dimension)

            async def ask_all(given: Sequence[str]) -> Any:
                return numpy.concatenate(await asyncio.gather(*map(ask, parts(given))))

            loop = asyncio.get_running_loop()
            works: dict[str, Work] = {
                "raw": candidates[chosen],
                "engine": lambda given: rows(engine, given),
                "callers": lambda given: at_once(engine, given),
                "node": lambda given: asyncio.run_coroutine_threadsafe(ask(given), loop).result(),
                "node_callers": lambda given: asyncio.run_coroutine_threadsafe(ask_all(given), loop).result(),
            }
            found = await asyncio.to_thread(rates, texts, works, lambda: time.process_time() + sum(node.cpu_seconds()))
        padding = engine.padding
        engine.close()
    about = {"cores": count, "reference_is": f"onnxruntime, {chosen}"}
    tell("onnx", found, about)
    show("embed.onnx.padding", 100 * padding, "%", goal="value <= 5", cores=count)


@pytest.mark.parametrize("count", CORES)
async def test_sentence_transformers(count: int, tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    from sentence_transformers import SentenceTransformer

    model = ModelFolder(tmp_path).find("embed", "minilm-l6-v2")
    texts = passages(model)[: TEXTS // 2]

    def measured() -> tuple[str, Rates, float]:
        with cores(count):
            engine = EmbedderEngine(model, threads=count)
            engine.load(lambda _fraction: None)
            encoder = SentenceTransformer(str(model.path), device="cpu", local_files_only=True)
            candidates: dict[str, Work] = {
                f"{size} texts": lambda given, size=size: encoder.encode(  # type: ignore[misc]
                    list(given), batch_size=size, show_progress_bar=False
                )
                for size in SIZES
            }
            chosen = best(candidates, texts[:: max(1, len(texts) // 40)])
            works: dict[str, Work] = {
                "raw": candidates[chosen],
                "engine": lambda given: rows(engine, given),
                "callers": lambda given: at_once(engine, given),
            }
            found = rates(texts, works)
            padding = engine.padding
            engine.close()
            return chosen, found, padding

    chosen, found, padding = await asyncio.to_thread(measured)
    about = {"cores": count, "reference_is": f"sentence-transformers, {chosen}"}
    tell("torch", found, about)
    show("embed.torch.padding", 100 * padding, "%", goal="value <= 5", cores=count)


def tell(name: str, found: Rates, about: dict[str, Any]) -> None:
    """Print what was measured: one caller and several, by the clock and by processor time."""
    figures = {"engine": "engine", "callers": f"engine.{CALLERS}_callers"}
    figures |= {"node": "node", "node_callers": f"node.{CALLERS}_callers"}
    for way, figure in figures.items():
        if way not in found.wall:
            continue
        show(f"embed.{name}.{figure}", found.wall[way], "texts/s", found.wall["raw"], GOAL, **about)
        used = f"embed.{name}.{figure}.processor"
        show(used, found.processor[way], "texts/processor-s", found.processor["raw"], GOAL, **about)
    show(f"embed.{name}.least_cosine", same(found.made, "raw"), "", goal="value >= 0.9999", cores=about["cores"])
