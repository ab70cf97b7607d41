"""Tiny networks as ONNX files, written byte by byte from random BERT weights: no exporter is needed."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy

from nodeworker.models.model_file import ModelFile

_SENTENCE = "a the cat dog sits runs on under mat tree heat pump serviced once year winter harbour ships left bergen"
WORDS = tuple(_SENTENCE.split())
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
LAYERS, HEADS, HIDDEN, INNER, POSITIONS = 2, 4, 32, 64, 64
_FLOAT, _INT8, _INT64 = 1, 3, 7


def varint(value: int) -> bytes:
    """A number as protobuf has it; negative ones take ten bytes."""
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def held(number: int, *parts: bytes) -> bytes:
    """One field that holds bytes or a message."""
    data = b"".join(parts)
    return varint(number << 3 | 2) + varint(len(data)) + data


def whole(number: int, value: int) -> bytes:
    """One field that holds a number."""
    return varint(number << 3) + varint(value)


class Graph:
    """Nodes and weights, in order; every node has one output unless said."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._weights: list[bytes] = []
        self._count = 0

    def weight(self, array: Any) -> str:
        """Add numbers; the name under which nodes find them."""
        array = numpy.asarray(array)
        kind = {"float32": _FLOAT, "int8": _INT8, "int64": _INT64}[array.dtype.name]
        name = f"w{len(self._weights)}"
        dims = b"".join(whole(1, size) for size in array.shape)
        self._weights.append(dims + whole(2, kind) + held(8, name.encode()) + held(9, array.tobytes()))
        return name

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; the name of its output, or a list of them."""
        names = [f"n{self._count}_{number}" for number in range(outputs)]
        self._count += 1
        self._nodes.append(
            b"".join(held(1, name.encode()) for name in inputs)
            + b"".join(held(2, name.encode()) for name in names)
            + held(4, kind.encode())
            + b"".join(held(5, _attribute(name, value)) for name, value in attributes.items())
        )
        return names[0] if outputs == 1 else names

    def file(self, output: str, rank: int) -> bytes:
        """The whole model: three inputs of tokens, one output."""
        nodes = [*self._nodes, held(1, output.encode()) + held(2, b"out") + held(4, b"Identity")]
        inputs = (_value(name, _INT64, 2) for name in ("input_ids", "attention_mask", "token_type_ids"))
        graph = (
            b"".join(held(1, node) for node in nodes)
            + held(2, b"main")
            + b"".join(held(5, weight) for weight in self._weights)
            + b"".join(held(11, value) for value in inputs)
            + held(12, _value("out", _FLOAT, rank))
        )
        return whole(1, 8) + held(7, graph) + held(8, whole(2, 17))


def _attribute(name: str, value: Any) -> bytes:
    head = held(1, name.encode())
    if isinstance(value, float):
        return head + varint(2 << 3 | 5) + struct.pack("<f", value) + whole(20, 1)
    if isinstance(value, int):
        return head + whole(3, value) + whole(20, 2)
    return head + b"".join(whole(8, item) for item in value) + whole(20, 7)


def _value(name: str, kind: int, rank: int) -> bytes:
    shape = b"".join(held(1, held(2, f"{name}{axis}".encode())) for axis in range(rank))
    return held(1, name.encode()) + held(2, held(1, whole(1, kind), held(2, shape)))


class Bert:
    """A BERT as transformers has it, from its state: random numbers under the library's names."""

    def __init__(self, state: dict[str, Any], *, prefix: str = "", rounded: bool = False) -> None:
        """`rounded`: activations are rounded to 8 bits by the largest of a whole batch, as quantised models do."""
        self._state = state
        self._prefix = prefix
        self._rounded = rounded
        self._graph = Graph()

    def encoder(self) -> bytes:
        """The file of a network that gives one vector a token."""
        return self._graph.file(self._hidden(), 3)

    def scorer(self) -> bytes:
        """The file of a network that gives one logit a row."""
        graph = self._graph
        first = graph.node("Gather", self._hidden(), graph.weight(numpy.int64(0)), axis=1)
        pooled = graph.node("Tanh", self._linear(first, f"{self._prefix}pooler.dense"))
        return graph.file(self._linear(pooled, "classifier"), 2)

    def _hidden(self) -> str:
        graph, table = self._graph, f"{self._prefix}embeddings."
        count = graph.node("Gather", graph.node("Shape", "input_ids"), graph.weight(numpy.array([1])), axis=0)
        zero = graph.weight(numpy.array([0]))
        parts = [
            graph.node("Gather", self._weight(f"{table}word_embeddings.weight"), "input_ids"),
            graph.node("Gather", self._weight(f"{table}token_type_embeddings.weight"), "token_type_ids"),
            graph.node("Slice", self._weight(f"{table}position_embeddings.weight"), zero, count, zero),
        ]
        hidden = graph.node("Add", graph.node("Add", parts[0], parts[1]), parts[2])
        hidden = self._norm(hidden, f"{table}LayerNorm")
        seen = graph.node("Unsqueeze", "attention_mask", graph.weight(numpy.array([1, 2])))
        away = graph.node("Sub", graph.weight(numpy.float32(1)), graph.node("Cast", seen, to=_FLOAT))
        away = graph.node("Mul", away, graph.weight(numpy.float32(-1e9)))
        for number in range(LAYERS):
            hidden = self._layer(hidden, away, f"{self._prefix}encoder.layer.{number}.")
        return hidden

    def _layer(self, hidden: str, away: str, name: str) -> str:
        graph = self._graph
        heads = graph.weight(numpy.array([0, 0, HEADS, HIDDEN // HEADS]))
        query, key, value = (
            graph.node("Reshape", self._linear(hidden, f"{name}attention.self.{part}"), heads)
            for part in ("query", "key", "value")
        )
        scores = graph.node(
            "MatMul",
            graph.node("Transpose", query, perm=(0, 2, 1, 3)),
            graph.node("Transpose", key, perm=(0, 2, 3, 1)),
        )
        scores = graph.node("Mul", scores, graph.weight(numpy.float32((HIDDEN // HEADS) ** -0.5)))
        shares = graph.node("Softmax", graph.node("Add", scores, away), axis=-1)
        mixed = graph.node("MatMul", shares, graph.node("Transpose", value, perm=(0, 2, 1, 3)))
        mixed = graph.node("Transpose", mixed, perm=(0, 2, 1, 3))
        mixed = graph.node("Reshape", mixed, graph.weight(numpy.array([0, 0, HIDDEN])))
        attended = self._linear(mixed, f"{name}attention.output.dense")
        hidden = self._norm(graph.node("Add", attended, hidden), f"{name}attention.output.LayerNorm")
        inner = self._linear(hidden, f"{name}intermediate.dense")
        bent = graph.node("Erf", graph.node("Div", inner, graph.weight(numpy.float32(2**0.5))))
        half = graph.node("Mul", inner, graph.weight(numpy.float32(0.5)))
        inner = graph.node("Mul", half, graph.node("Add", bent, graph.weight(numpy.float32(1))))
        outer = self._linear(inner, f"{name}output.dense")
        return self._norm(graph.node("Add", outer, hidden), f"{name}output.LayerNorm")

    def _linear(self, hidden: str, name: str) -> str:
        graph = self._graph
        weight = numpy.ascontiguousarray(self._state[f"{name}.weight"].T)
        if self._rounded:
            step = numpy.float32(abs(weight).max() / 127)
            small, scale, zero = graph.node("DynamicQuantizeLinear", hidden, outputs=3)
            rounded = graph.weight(numpy.round(weight / step).astype(numpy.int8))
            product = graph.node("MatMulInteger", small, rounded, zero)
            product = graph.node("Mul", graph.node("Cast", product, to=_FLOAT), scale)
            product = graph.node("Mul", product, graph.weight(step))
        else:
            product = graph.node("MatMul", hidden, graph.weight(weight))
        return str(graph.node("Add", product, self._weight(f"{name}.bias")))

    def _norm(self, hidden: str, name: str) -> str:
        weight, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return str(self._graph.node("LayerNormalization", hidden, weight, bias, axis=-1, epsilon=1e-12))

    def _weight(self, name: str) -> str:
        return self._graph.weight(self._state[name])


def random_state(seed: int, *, prefix: str = "", spread: float = 0.2) -> dict[str, Any]:
    """Numbers for `Bert`, under the names that transformers gives them."""
    chance = numpy.random.default_rng(seed)
    tables = {"word": len(SPECIAL) + len(WORDS), "token_type": 2, "position": POSITIONS}
    state = {
        f"embeddings.{name}_embeddings.weight": chance.normal(0, 1, (count, HIDDEN)) for name, count in tables.items()
    }
    shapes = {"pooler.dense": (HIDDEN, HIDDEN)}
    norms = ["embeddings.LayerNorm"]
    for number in range(LAYERS):
        name = f"encoder.layer.{number}."
        shapes |= {f"{name}attention.self.{part}": (HIDDEN, HIDDEN) for part in ("query", "key", "value")}
        shapes |= {f"{name}attention.output.dense": (HIDDEN, HIDDEN)}
        shapes |= {f"{name}intermediate.dense": (INNER, HIDDEN), f"{name}output.dense": (HIDDEN, INNER)}
        norms += [f"{name}attention.output.LayerNorm", f"{name}output.LayerNorm"]
    for name, shape in shapes.items():
        state |= {
            f"{name}.weight": chance.normal(0, spread, shape),
            f"{name}.bias": chance.normal(0, spread, shape[:1]),
        }
    for name in norms:
        state |= {f"{name}.weight": chance.normal(1, 0.1, HIDDEN), f"{name}.bias": chance.normal(0, 0.1, HIDDEN)}
    state = {f"{prefix}{name}": array for name, array in state.items()}
    if prefix:
        state |= {"classifier.weight": chance.normal(0, 1, (1, HIDDEN)), "classifier.bias": numpy.array([-2.0])}
    return {name: array.astype(numpy.float32) for name, array in state.items()}


def write_tokenizer(path: Path) -> None:
    """A tokenizer of whole words that puts texts together as BERT does."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    tokenizer.save(str(path))


def write_model(folder: Path, role: str, weights: bytes, **files: Any) -> ModelFile:
    """A model's folder: weights, tokenizer and JSON files (name with _ for .json, or a path)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(weights)
    write_tokenizer(folder / "tokenizer.json")
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    return ModelFile(
        role=role,
        name=f"tiny-{role}",
        sha256=hashlib.sha256(weights).hexdigest(),
        path=folder,
        bytes=len(weights),
        context=POSITIONS,
        weights="model.onnx",
    )


def reranker(folder: Path, *, seed: int = 5, rounded: bool = False, **config: Any) -> ModelFile:
    """A cross-encoder of random numbers."""
    weights = Bert(random_state(seed, prefix="bert."), prefix="bert.", rounded=rounded).scorer()
    about = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "max_position_embeddings": POSITIONS,
        "id2label": {"0": "LABEL_0"},
    }
    return write_model(folder, "rerank", weights, config=about | config)


def embedder(folder: Path, *, seed: int = 5, rounded: bool = False) -> ModelFile:
    """An embedding model of random numbers."""
    weights = Bert(random_state(seed), rounded=rounded).encoder()
    steps = [{"type": f"sentence_transformers.models.{step}"} for step in ("Transformer", "Pooling", "Normalize")]
    files: dict[str, Any] = {
        "modules": steps,
        "sentence_bert_config": {"max_seq_length": POSITIONS},
        "1_Pooling/config": {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False},
    }
    return write_model(folder, "embed", weights, **files)
