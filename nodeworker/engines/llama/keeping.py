"""Cached beginnings of conversations on disk, so that a restart does not lose the system prompt and hot documents.

Off unless asked for: what is written is the conversation itself in another form, so the folder is the user's only
(0700). A file is taken away before it is read: one that kills the engine is tried once and never again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from pathlib import Path

from nodeworker.engines.llama.context import NativeContext
from nodeworker.engines.llama.prefixes import Held, PrefixCache

MOST_FILES = 4
MOST_BYTES = 64 * 1024 * 1024
"""Of one file: writing must not hold up the end of the program."""
_FEWEST_TOKENS = 64
_log = logging.getLogger(__name__)


class KeptPrefixes:
    """The files of one model with one build and kind of cache in a folder."""

    def __init__(self, folder: Path, *key: str) -> None:
        """`key`: whatever a cache depends on: the model's hash, the build, the kind of cache."""
        self._folder = folder
        self._stem = hashlib.sha256("|".join(key).encode()).hexdigest()[:24]

    def save(self, context: NativeContext, cache: PrefixCache) -> int:
        """Write the streams used last, in place of what was kept before; returns how many."""
        self._forget()
        worth = [held for held in cache.streams if len(held.tokens) >= _FEWEST_TOKENS]
        saved = 0
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for held in sorted(worth, key=lambda held: -held.used):
                if saved < MOST_FILES and context.bytes_of(held.id) <= MOST_BYTES:
                    saved += self._write(context, held, saved)
        return saved

    def load(self, context: NativeContext, cache: PrefixCache) -> int:
        """Read back what fits; returns how many. What cannot be read is forgotten."""
        loaded = 0
        for about in sorted(self._folder.glob(f"{self._stem}-*.json")) if self._folder.is_dir() else []:
            data, reading = about.with_suffix(".bin"), about.with_suffix(".reading")
            try:
                known = json.loads(about.read_text(encoding="utf-8"))
                about.unlink()
                data.replace(reading)
                if _hash(reading) != known["sha256"] or loaded >= len(cache.streams) // 2:
                    continue
                held = cache.streams[loaded]
                tokens = context.load_stream(held.id, reading)
                if tokens:
                    cache.restore(held, tokens, tuple(int(block) for block in known["blocks"]))
                    loaded += 1
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.warning("a kept conversation cannot be read: %s", error)
            finally:
                with contextlib.suppress(OSError):
                    reading.unlink(missing_ok=True)
        return loaded

    def _write(self, context: NativeContext, held: Held, number: int) -> bool:
        data = self._folder / f"{self._stem}-{number}.bin"
        if not context.save_stream(held.id, held.tokens, data):
            data.unlink(missing_ok=True)
            return False
        os.chmod(data, 0o600)
        about = {"sha256": _hash(data), "blocks": held.blocks}
        data.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")
        return True

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            for old in self._folder.glob(f"{self._stem}-*"):
                old.unlink(missing_ok=True)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
