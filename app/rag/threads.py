"""A thread with its own open store: the only place where the library's blocking work happens."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.rag.database import failed

if TYPE_CHECKING:
    from app.rag.store import Store

Result = TypeVar("Result")


class StoreThread:
    """Runs functions on a store, one after the other, in one thread. The store is opened on first use."""

    def __init__(self, folder: Path, name: str, address: str = "") -> None:
        """`address`: setting documents.store."""
        self._folder = folder
        self._address = address
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._store: Store | None = None

    async def call(self, function: Callable[[Store], Result]) -> Result:
        """Return `function(store)`. A function that has begun runs to its end even when the caller is cancelled.

        Raises:
            StoreError: the store cannot be opened, or its database not be used, for instance because the disk is full.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, function)

    def later(self, function: Callable[[Store], object]) -> None:
        """Run `function(store)` after all that was asked for before, without waiting; safe while being cancelled."""
        self._executor.submit(self._run, function)

    async def close(self) -> None:
        """Close the store after what was asked for before, and end the thread."""
        await asyncio.get_running_loop().run_in_executor(self._executor, self._close)
        self._executor.shutdown(wait=False)

    def _run(self, function: Callable[[Store], Result]) -> Result:
        if self._store is None:
            from app.rag.store import Store

            self._store = Store(self._folder, self._address)
        try:
            return function(self._store)
        except sqlite3.Error as error:
            raise failed(error) from error

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
