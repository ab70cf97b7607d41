"""Models that somebody put into the model folder by hand: rerankers, for which there is no catalogue entry to fetch."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nodeworker.models.model_file import MANIFEST, ModelFile

WEIGHTS = "model.onnx"
_ALSO = ("tokenizer.json", "config.json")
_MOST_CONFIG_BYTES = 1024 * 1024
_KIND = "ForSequenceClassification"
"""How the architecture of a network that gives scores is named."""
_log = logging.getLogger(__name__)


def loose_models(folder: Path, hash_of: Callable[[Path], str]) -> Iterator[ModelFile]:
    """Yield the rerankers among the folders of `folder` that have no manifest: model.onnx, tokenizer.json, config.json.

    Args:
        folder: The model folder.
        hash_of: Gives the sha256 of the weights; may raise OSError.
    """
    for weights in sorted(folder.glob(f"*/{WEIGHTS}")):
        home = weights.parent
        if (home / MANIFEST).exists() or not all((home / name).is_file() for name in _ALSO):
            continue
        try:
            config = _config(home / "config.json")
            if not any(str(name).endswith(_KIND) for name in config.get("architectures") or ()):
                continue
            sha256 = hash_of(weights)
            size = sum((home / name).stat().st_size for name in (WEIGHTS, *_ALSO))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            _log.warning("model %s is left out: %s", home.name, error)
            continue
        positions = config.get("max_position_embeddings")
        yield ModelFile(
            role="rerank",
            name=home.name.lower(),
            sha256=sha256,
            path=home,
            bytes=size,
            quantisation="ONNX",
            context=positions if isinstance(positions, int) and positions > 0 else 0,
            licence="unknown",
            note="Put here by hand.",
            weights=WEIGHTS,
        )


def _config(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MOST_CONFIG_BYTES:
        raise ValueError("config.json is too large")
    config = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(config, dict):
        raise ValueError("config.json is not what it should be")
    return config
