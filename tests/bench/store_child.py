"""Child of bench_store: searches a library, alone, beside a writer and beside the tending of indexes; prints JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from pathlib import Path

from app.rag.store import Store
from tests.bench.bench_store import ask
from tests.bench.big_library import OF_A_DOCUMENT, documents_of, write

_ALONE, _BESIDE = 100, 300
_GROUP = 4
"""Documents of a commit, as adding makes them."""


def memory(field: str) -> float:
    """Return VmRSS or VmHWM of this process in MiB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


class Writer(threading.Thread):
    """Adds documents and takes them out again, a group at a time, until it is stopped."""

    def __init__(self, home: Path) -> None:
        super().__init__(name="writer")
        self._home = home
        self.enough = threading.Event()

    def run(self) -> None:
        store = Store(self._home / "library")
        try:
            assert store.try_lock(), "another process writes"
            while not self.enough.is_set():
                for versions in documents_of(_GROUP, prefix="/home/user/new", batch=_GROUP):
                    write(store, versions)
                store.drop([f"/home/user/new/{number}.txt" for number in range(_GROUP)])
        finally:
            store.close()


def main(home: Path) -> None:
    """Do the three runs."""
    asyncio.run(ask(home, _ALONE))
    searching = memory("VmRSS")
    writer = Writer(home)
    writer.start()
    writing = asyncio.run(ask(home, _BESIDE))
    writer.enough.set()
    writer.join()
    store = Store(home / "library")
    assert store.try_lock(), "another process writes"
    more = list(documents_of(2000 // OF_A_DOCUMENT, prefix="/home/user/more", batch=40))
    for versions in more:
        write(store, versions)
    begun = store.tend()
    tending: list[float] = []
    while store.tending.running() and len(tending) < _BESIDE:
        tending.extend(asyncio.run(ask(home, 20)))
    store.tending.wait(3600)
    store.drop([version.record.path for versions in more for version in versions])
    store.close()
    seen = {"searching_mib": searching, "peak_mib": memory("VmHWM"), "writing_ms": writing, "tending_ms": tending}
    print(json.dumps(seen | {"begun": begun}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
