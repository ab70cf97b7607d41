"""OnnxNetwork: tokenizer and network of a model folder, opened with onnxruntime; the bytes hashed are the bytes run."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from nodeworker.engines import Progress
from nodeworker.errors import ModelDamaged, Unsupported, first_line
from nodeworker.models.onnx_file import check_onnx

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nodeworker.models.folder import ModelFile

Part = tuple[tuple[int, int], ...]
"""Tokens, each with its type."""
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}


class OnnxNetwork:
    """One network that takes token ids. `run` may be called by several threads at once; each uses one core."""

    def __init__(self, model: ModelFile, purpose: str, progress: Progress) -> None:
        """Open the folder of `model`; `purpose` completes "This node cannot …".

        Raises:
            Unsupported: onnxruntime or tokenizers is not installed.
            ModelDamaged: a file is missing or is not what it should be.
            ModelUnsafe: the weights want to read other files.
        """
        self._model = model
        progress(0.0)
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a few texts at a time: a thread pool costs more
        try:
            import onnxruntime
            import tokenizers
        except ImportError as error:
            raise Unsupported(
                f"This node cannot {purpose}: onnxruntime and tokenizers are not installed.",
                "Install tangnet with: [node]",
            ) from error
        progress(0.5)
        try:
            self.tokenizer: Any = tokenizers.Tokenizer.from_file(str(model.file("tokenizer.json")))
        except Exception as error:  # tokenizers raises Exception itself for whatever is wrong with the file
            raise self.damaged(f"its tokenizer cannot be read: {first_line(error)}") from error
        padding, truncation = self.tokenizer.padding, self.tokenizer.truncation
        self._pad = int(padding["pad_id"]) if padding else 0
        self.cut_at = int(truncation["max_length"]) if truncation else 0
        """Tokens at which the tokenizer would cut, were it let; 0: it does not say."""
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        progress(0.6)
        weights = self._weights()
        try:
            self._session = _open(onnxruntime, weights)
            self._inputs = frozenset(given.name for given in self._session.get_inputs())
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise self.damaged(first_line(error)) from error
        if not {"input_ids"} <= self._inputs <= _INPUTS:
            raise self.damaged(f"it asks for {', '.join(sorted(self._inputs))}")
        progress(0.9)

    def run(self, rows: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None = None) -> NDArray[Any]:
        """Return the network's first output for token ids (and their types; 0 unless said), padded to the longest."""
        shape = (len(rows), max(len(row) for row in rows))
        given = {"input_ids": numpy.full(shape, self._pad, dtype=numpy.int64)}
        given |= {name: numpy.zeros(shape, dtype=numpy.int64) for name in ("attention_mask", "token_type_ids")}
        for at, row in enumerate(rows):
            given["input_ids"][at, : len(row)] = row
            given["attention_mask"][at, : len(row)] = 1
            if types is not None:
                given["token_type_ids"][at, : len(row)] = types[at]
        return self._session.run(None, {name: given[name] for name in self._inputs})[0]  # type: ignore[no-any-return]

    def around_text(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the special tokens before and behind a text. Raises ModelDamaged."""
        whole, text = self.tokenizer.encode("warm up"), self.ids("warm up")
        at = self._place(whole.ids, text)
        return tuple(whole.ids[:at]), tuple(whole.ids[at + len(text) :])

    def around_pair(self) -> tuple[Part, Part, Part, int, int]:
        """Return the special tokens before, between and behind two texts, and their types. Raises ModelDamaged."""
        whole, first, second = self.tokenizer.encode("warm", "up"), self.ids("warm"), self.ids("up")
        at = self._place(whole.ids, first)
        then = self._place(whole.ids, second, at + len(first))
        tokens = list(zip(whole.ids, whole.type_ids, strict=True))
        parts = tokens[:at], tokens[at + len(first) : then], tokens[then + len(second) :]
        before, between, after = (tuple(part) for part in parts)
        return before, between, after, whole.type_ids[at], whole.type_ids[then]

    def ids(self, text: str) -> tuple[int, ...]:
        """Return the tokens of a text, without special ones."""
        return tuple(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def _place(self, whole: list[int], part: tuple[int, ...], start: int = 0) -> int:
        for at in range(start, len(whole) - len(part) + 1):
            if part and tuple(whole[at : at + len(part)]) == part:
                return at
        raise self.damaged("its tokenizer puts texts together in an unknown way")

    def settings(self, name: str, kind: type[Any]) -> Any:
        """Return what a JSON file of the model holds: a dict, or a list of them. Raises ModelDamaged."""
        path: Path = self._model.file(name)
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise self.damaged(f"{name} cannot be read") from error
        if not isinstance(found, kind) or (kind is list and not all(isinstance(item, dict) for item in found)):
            raise self.damaged(f"{name} is not what it should be")
        return found

    def damaged(self, why: str) -> ModelDamaged:
        """Return the error that says so."""
        name = self._model.name
        return ModelDamaged(f"{name} cannot be loaded: {why}.", f"Fetch it again: tangnet models add {name}")

    def _weights(self) -> bytes:
        try:
            data = self._model.main_file.read_bytes()
        except OSError as error:
            raise self.damaged(f"its weights cannot be read: {error.strerror or error}") from error
        if hashlib.sha256(data).hexdigest() != self._model.sha256:
            raise self.damaged("its file has another hash than it should have")
        check_onnx(data, self._model.main_file.name)
        return data


def depends_on_company(alone: NDArray[Any], in_company: NDArray[Any], most: float = 1e-4) -> bool:
    """Whether a result differs in company by more than `most` of its own size: activations rounded by whole batches."""
    difference = float(numpy.linalg.norm(alone.astype(numpy.float64) - in_company))
    return not difference <= most * max(float(numpy.linalg.norm(alone)), 1e-12)


def _open(onnxruntime: Any, weights: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    # One core a run, and as many runs at once as there are cores: no thread ever waits for another within a run, which
    # is quicker on idle cores and much quicker on busy ones.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: its warnings are about the export, not about us
    # Every batch has another shape: what is kept for one is of no use to the next.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
