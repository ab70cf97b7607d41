"""Models that somebody put into the model folder by hand: rerankers and voices that no catalogue entry fetches."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nodeworker.models.model_file import MANIFEST, ModelFile

WEIGHTS = "model.onnx"
VOICE, VOICE_SAYS = "voice.onnx", "voice.json"
_ENGLISH = ("en-US", "en-GB")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ALSO = ("tokenizer.json", "config.json")
_MOST_CONFIG_BYTES = 1024 * 1024
_KIND = "ForSequenceClassification"
"""How the architecture of a network that gives scores is named."""
_log = logging.getLogger(__name__)


def loose_models(folder: Path, hash_of: Callable[[Path], str]) -> Iterator[ModelFile]:
    """Yield what is in the folders of `folder` that have no manifest.

    A reranker is model.onnx, tokenizer.json, config.json. A voice of the hibari kind is voice.onnx and voice.json, an
    object with its sha256, language ("en-US" or "en-GB") and licence.

    Args:
        folder: The model folder.
        hash_of: Gives the sha256 of the weights; may raise OSError.
    """
    yield from _voices(folder, hash_of)
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


def _voices(folder: Path, hash_of: Callable[[Path], str]) -> Iterator[ModelFile]:
    for weights in sorted(folder.glob(f"*/{VOICE}")):
        home = weights.parent
        if (home / MANIFEST).exists() or not (home / VOICE_SAYS).is_file():
            continue
        try:
            said = _config(home / VOICE_SAYS)
            sha256, language, licence = (said.get(name, "") for name in ("sha256", "language", "licence"))
            if language not in _ENGLISH or not isinstance(licence, str) or not _SHA256.fullmatch(str(sha256)):
                raise ValueError(f"{VOICE_SAYS} does not give sha256, language (en-US or en-GB) and licence")
            if hash_of(weights) != sha256:
                raise ValueError(f"{VOICE} has another hash than {VOICE_SAYS} says")
            size = weights.stat().st_size
        except (OSError, ValueError, TypeError, RecursionError) as error:
            _log.warning("voice %s is left out: %s", home.name, error)
            continue
        yield ModelFile(
            role="speak",
            name=home.name.lower(),
            sha256=sha256,
            path=home,
            bytes=size,
            quantisation="ONNX",
            licence=licence or "unknown",
            note="Put here by hand.",
            weights=VOICE,
            language=language,
        )


def _config(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MOST_CONFIG_BYTES:
        raise ValueError(f"{path.name} is too large")
    config = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(config, dict):
        raise ValueError(f"{path.name} is not what it should be")
    return config
