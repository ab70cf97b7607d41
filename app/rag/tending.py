"""Keeps a table's indexes up to date, in a process of its own: `python -m app.rag.tending` reads one JSON line.

Merging files, taking new rows into the indexes and building the vector index cost minutes of computing and hundreds of
megabytes. Here they cost the program neither: the process is as polite as the system allows, one at a time works on a
folder, and it ends when its standard input does, that is with the program at the latest. What it was doing is then lost
and nothing else: LanceDB's commits are one step each.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

KEPT_VERSIONS = timedelta(minutes=30)
"""Older versions of a table are removed; a search needs its own for a moment only."""
_NICENESS = 15
SMALL = 2000
"""Tables of so many rows are tended where they are written: a process would cost more than it spares."""
STALE_WORDS = 200
"""Full text finds this many new chunks without its index quickly enough."""
STALE_WORDS_SHARE = 200
"""Of a large table it is one chunk in so many: the vector index is built anew each time, and that takes its time."""


class Tending:
    """The process that tends one store's tables, seen from the program."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where its lock is."""
        self._folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, uri: str, options: dict[str, str], table: str) -> bool:
        """Begin to tend a table unless that is going on already; returns at once with whether it was begun."""
        if self.running():
            return False
        self.stop()  # the pipe to one that has finished
        job = {"uri": uri, "options": options, "table": table, "lock": str(self._folder / "tending.lock")}
        environment = dict(os.environ, LANCE_CPU_THREADS="1", LANCE_LOG="error", OMP_NUM_THREADS="1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.rag.tending"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=Path(__file__).parents[2],
            close_fds=True,
        )
        stdin = self.process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(job).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            self.stop()
            return False
        return True

    def running(self) -> bool:
        """Return whether the process is still at work."""
        return self.process is not None and self.process.poll() is None

    def wait(self, seconds: float) -> bool:
        """Wait until it has finished, so long at most; True when it has, and nothing of it is open any more."""
        if self.process is not None:
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
            self.stop()
        return True

    def stop(self) -> None:
        """End it now."""
        process, self.process = self.process, None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            process.kill()
            process.wait()


def stale_words(rows: int) -> int:
    """Return how many chunks of a table may be outside its full-text index."""
    return max(STALE_WORDS, rows // STALE_WORDS_SHARE)


def tend(table: Any) -> list[str]:
    """Do what is due on a LanceDB table; returns what was done: "words", "files" and "vectors".

    LanceDB's merging brings new rows into all indexes, and the vector index finds less after it (decision 26). So that
    one is built anew after each merge; until that is done searches use the merged one.
    """
    from app.rag.chunk_table import FLAT_CHUNKS, STALE_SHARE, is_current, vector_index

    done: list[str] = []
    rows = table.count_rows()
    names = {index.columns[0]: index.name for index in table.list_indices()}
    waiting = {column: _outside(table, name) for column, name in names.items()}
    if "vector" not in names:
        stale = rows > FLAT_CHUNKS
    else:
        stale = (
            waiting["vector"] > max(FLAT_CHUNKS // 2, STALE_SHARE * rows)
            or not is_current(table, names["vector"])
            or _grown(table, names["vector"], rows)
        )
    if stale or waiting.get("tokens", waiting.get("body", 0)) >= stale_words(rows):
        table.optimize(cleanup_older_than=KEPT_VERSIONS)
        done.extend(("words", "files"))
    if stale or (done and "vector" in names):
        table.create_index("vector", config=vector_index(rows), replace=True)
        done.append("vectors")
    return done


def _outside(table: Any, name: str) -> int:
    statistics = table.index_stats(name)
    return int(statistics.num_unindexed_rows) if statistics else 0


def _grown(table: Any, name: str, rows: int) -> bool:
    """Return whether the table has four times the rows that its partitions were made for."""
    from app.rag.chunk_table import partitions

    if not name:
        return False
    statistics = table.index_stats(name)
    made = getattr(statistics, "num_partitions", None) if statistics else None
    return bool(made and partitions(rows) >= 4 * made)


def main(stream: IO[bytes]) -> int:
    """Do the job that stands in the first line of `stream`; the process ends when the stream does."""
    job = json.loads(stream.readline())
    os.nice(_NICENESS)
    lock = os.open(job["lock"], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0  # another process of this user is at it

    def watch() -> None:
        stream.read()
        os._exit(1)

    threading.Thread(target=watch, name="end-with-the-program", daemon=True).start()
    from app.rag.chunk_table import connect
    from app.rag.place import Place

    tend(connect(Place(job["uri"], job["options"])).open_table(job["table"]))
    return 0


if __name__ == "__main__":
    status = main(sys.stdin.buffer)
    sys.stdout.flush()
    os._exit(status)  # the thread above still reads
