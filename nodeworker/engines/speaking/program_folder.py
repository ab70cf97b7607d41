"""The model folder of a node with voices that are programs: it lists them beside the real models."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from nodeworker.engines.speaking.program import FILE, ProgramVoice
from nodeworker.errors import ModelMissing
from nodeworker.models.folder import FetchProgress, ModelFile

if TYPE_CHECKING:
    from nodeworker.models.catalogue import CatalogueEntry


class Models(Protocol):
    """What is needed of the folder behind it."""

    def all(self) -> list[ModelFile]:
        """Return every model."""
        ...

    def find(self, role: str, name: str = "") -> ModelFile:
        """Return one, or the best."""
        ...

    def verify(self, model: ModelFile) -> None:
        """Check its file."""
        ...

    def fetch(self, source: str, progress: Callable[[FetchProgress], None], cancelled: threading.Event) -> ModelFile:
        """Fetch one."""
        ...

    def remove(self, name: str) -> ModelFile:
        """Remove one."""
        ...

    def catalogue(self) -> list[CatalogueEntry]:
        """Return what could be fetched."""
        ...


class ProgramFolder:
    """A program speaks when it is asked for by name, and without a name only where there is no other voice."""

    def __init__(self, folder: Models, programs: Sequence[ProgramVoice]) -> None:
        self._folder = folder
        self._voices = [voice.model for voice in programs]

    def all(self) -> list[ModelFile]:
        """Return the real models and the programs."""
        return [*self._folder.all(), *self._voices]

    def find(self, role: str, name: str = "") -> ModelFile:
        """Return a model by name or sha256, or the best. Raises ModelMissing."""
        if role != "speak":
            return self._folder.find(role, name)
        for voice in self._voices:
            if name and name in (voice.name, voice.sha256):
                return voice
        try:
            return self._folder.find(role, name)
        except ModelMissing:
            if name or not self._voices:
                raise
            return self._voices[0]

    def verify(self, model: ModelFile) -> None:
        """Check a real model's file; a program is its owner's affair."""
        if all(model.sha256 != voice.sha256 for voice in self._voices):
            self._folder.verify(model)

    def fetch(self, source: str, progress: Callable[[FetchProgress], None], cancelled: threading.Event) -> ModelFile:
        """Fetch a real model."""
        return self._folder.fetch(source, progress, cancelled)

    def remove(self, name: str) -> ModelFile:
        """Remove a real model."""
        if any(name in (voice.name, voice.sha256) for voice in self._voices):
            raise ModelMissing(f"{name} is a program of your own, no file that could be removed.", f"See {FILE}.")
        return self._folder.remove(name)

    def catalogue(self) -> list[CatalogueEntry]:
        """Return what could be fetched."""
        return self._folder.catalogue()
