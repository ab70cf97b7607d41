"""A library's store opened: the list of documents, the table in use, and the lock by which writers take turns."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import DocumentError, StoreError
from app.rag.place import Place, place_of
from app.rag.records import Record, Records
from app.rag.tending import Tending

if TYPE_CHECKING:
    from app.rag.chunk_table import ChunkTable


class Opened:
    """Opens or makes the store in `folder`. Raises StoreError."""

    def __init__(self, folder: Path, address: str = "") -> None:
        """`address`: setting documents.store, "" for a folder beside the list of documents."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made: {error.strerror}.", code="store_open") from error
        self.folder = folder
        self.place: Place = place_of(folder / "chunks", address, folder.parent, os.environ)
        self.tending = Tending(folder)
        self.records = Records(folder / "documents.db")
        self._open: ChunkTable | None = None
        self._lock: int | None = None

    def close(self) -> None:
        """Close files and give up the lock."""
        self.unlock()
        self.tending.stop()
        self.forget_table()
        self.records.close()

    # -- writers take turns ------------------------------------------------------------------------------------------

    def try_lock(self) -> bool:
        """Become the only writer of all processes; False if there is another. Ends with the process at the latest."""
        if self._lock is not None:
            return True
        descriptor = os.open(self.folder / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    def unlock(self) -> None:
        """Let others write."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # -- the table of the embedding model in use ---------------------------------------------------------------------

    def model(self) -> str:
        """Return the SHA-256 of the model that made the vectors; "" while there are none."""
        return self.records.fact("model")

    def set_model(self, sha256: str, name: str, dimension: int, table: str = "", generation: int = 0) -> None:
        """Make a table of this model the one in use, in one step; without a name it is the model's own."""
        facts = {"model": sha256, "model_name": name, "dimension": str(dimension), "wanted": "", "table": table}
        facts |= {"generation": str(generation), "coming": ""}
        self.records.set_facts(facts)

    def new_table(self, name: str, dimension: int) -> ChunkTable:
        """Open or make a table that is not in use yet."""
        os.environ.setdefault("LANCE_LOG", "error")  # read at import; its warnings are not for users
        from app.rag.chunk_table import ChunkTable

        return ChunkTable(self.place, name, dimension)

    def table(self) -> ChunkTable | None:
        """Return the table in use; None while nothing was ever embedded. Raises StoreError when it is damaged."""
        sha256 = self.model()
        if not sha256:
            return None
        from app.rag.chunk_table import table_name

        name = self.records.fact("table") or table_name(sha256)
        if self._open is None or self._open.name != name:
            self.forget_table()
            self._open = self.new_table(name, int(self.records.fact("dimension")))
        return self._open

    def forget_table(self) -> None:
        """Close the table in use; the next call that needs it opens it again."""
        table, self._open = self._open, None
        if table is not None:
            table.close()

    def generation(self) -> int:
        """Return the number of models that were in use before this one."""
        return int(self.records.fact("generation") or 0)

    # -- what both sides ask -----------------------------------------------------------------------------------------

    def languages(self) -> tuple[str, ...]:
        """Return the languages of the library, ISO 639-1, the most frequent first.

        What has no language that is known stands in the index by English rules, so it counts as English.
        """
        counts: dict[str, int] = json.loads(self.records.fact("languages") or "{}")
        return tuple(dict.fromkeys(name or "en" for name in sorted(counts, key=lambda name: -counts[name])))

    def known(self, path: str) -> Record:
        """Return the record of a document that can be searched. Raises DocumentError."""
        record = self.records.get(path)
        if record is None or not record.revision:
            raise DocumentError(
                f"{path} is not in the library.", code="document_unknown", hint="Add it again to see its text."
            )
        return record
