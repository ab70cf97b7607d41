"""How long a search in all conversations takes, letter by letter: `python -m tests.bench.bench_conversation_search`.

100,000 messages of 40 words drawn by Zipf's law in 5,000 conversations.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from app.conversations import Conversations

GOAL_MS = 30.0
MESSAGES = 100_000
CONVERSATIONS = 5_000
VOCABULARY = 30_000
QUERIES = ("the tower of pisa", "wa", "xylophone", "e", "wo12 wo3", "東京タワー")


def main() -> int:
    """Fill a store, search, print; 1 when the goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        store = Conversations(Path(folder) / "conversations.sqlite3")
        fill(store.path)
        begun = time.perf_counter()
        store.index()
        print(f"index made in {time.perf_counter() - begun:.1f} s, "
              f"{Path(f'{store.path}.words').stat().st_size / 1e6:.0f} MB "
              f"for {store.path.stat().st_size / 1e6:.0f} MB of conversations")  # fmt: skip
        times = []
        for query in QUERIES:
            for end in range(1, len(query) + 1):
                begun = time.perf_counter()
                found = store.search(query[:end])
                times.append((1000 * (time.perf_counter() - begun), query[:end], len(found)))
        store.close()
    times.sort()
    for what, at in (("median", len(times) // 2), ("p99", int(len(times) * 0.99)), ("slowest", -1)):
        print(f"{what}: {times[at][0]:.1f} ms ({times[at][1]!r}, {times[at][2]} found)")
    print(f"goal: {GOAL_MS:.0f} ms at {MESSAGES:,} messages")
    return int(times[-1][0] > GOAL_MS)


def fill(path: Path) -> None:
    """Put MESSAGES into the store at `path`."""
    chance = random.Random(8)
    words = [f"wo{n}" for n in range(VOCABULARY - 8)] + [
        "the",
        "tower",
        "of",
        "pisa",
        "walks",
        "wander",
        "wood",
        "else",
    ]
    chance.shuffle(words)
    words[:2] = ["the", "tower"]
    weights = [1 / (n + 1) for n in range(VOCABULARY)]
    drawn = chance.choices(words, weights, k=MESSAGES * 40)
    with sqlite3.connect(path) as db:
        for n in range(CONVERSATIONS):
            title = " ".join(drawn[n * 5 : n * 5 + 5])
            db.execute("INSERT INTO conversations (id, title, created_at, updated_at, searched)"
                       " VALUES (?, ?, '2026', '2026', ?)", (f"c{n}", title, title))  # fmt: skip
        signs = ["" if n % 50 else " 東京タワー" for n in range(MESSAGES)]
        db.executemany(
            "INSERT INTO messages (conversation, role, text, state, created_at) VALUES (?, 'user', ?, 'complete', '1')",
            ((f"c{n % CONVERSATIONS}", " ".join(drawn[n * 40 : n * 40 + 40]) + signs[n]) for n in range(MESSAGES)),
        )
    db.close()


if __name__ == "__main__":
    sys.exit(main())
