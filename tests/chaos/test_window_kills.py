"""kill -9 of the whole window at random moments; at the next start everything it had kept is there.

`pytest -m chaos tests/chaos/test_window_kills.py -s` kills it 100 times; TANGNET_CHAOS_WINDOW_KILLS and
TANGNET_CHAOS_SEED vary it. A few kills are in every run of the suite.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.conversations import Conversations
from app.rag.library import Library
from tests.bench.figures import show
from tests.documents import HashEmbedder
from tests.ui.test_application import ROOT

KILLS = int(os.environ.get("TANGNET_CHAOS_WINDOW_KILLS", "100"))
SEED = int(os.environ.get("TANGNET_CHAOS_SEED", "1"))
START_SECONDS = 60.0


@dataclass
class Promised:
    """What the windows have said so far."""

    drafts: dict[str, str] = field(default_factory=dict)
    attached: dict[str, list[str]] = field(default_factory=dict)
    """Files of drafts."""
    typed: defaultdict[str, list[tuple[str, list[str]]]] = field(default_factory=lambda: defaultdict(list))
    """What was typed, and which files were attached, since that was kept."""
    questions: dict[int, tuple[str, str]] = field(default_factory=dict)
    answers: defaultdict[int, str] = field(default_factory=lambda: defaultdict(str))
    files: set[str] = field(default_factory=set)
    places: set[tuple[str, str]] = field(default_factory=lambda: {("", "conversation")})
    """Conversations and views that were shown."""

    def take(self, line: str) -> None:
        """Take note of a line."""
        kind, _, rest = line.partition(" ")
        said: Any = json.loads(rest) if rest[:1] in ("[", '"') else None
        if kind == "TYPED":
            self.typed[said[0]].append((said[1], said[2]))
        elif kind == "DRAFT":
            self.drafts[said[0]], self.attached[said[0]] = said[1], said[2]
            self.typed[said[0]] = self.typed[said[0]][-50:]
        elif kind == "ASKED":
            self.questions[said[1]] = (said[0], said[2])
        elif kind == "SAID":
            self.answers[said[0]] += said[1]
        elif kind == "QUEUED":
            self.files.add(said)
        elif kind == "AT":
            self.places.add((said[0], said[1]))
        elif kind == "BACK":
            conversation, view, text, files, kept_conversation, kept_view = said
            assert (conversation, view) == (kept_conversation, kept_view), "another view or conversation came back"
            assert (conversation, view) in self.places
            self.check_draft(conversation, text, files)

    def check_draft(self, conversation: str, text: str, files: list[str]) -> None:
        """The draft is the last that was kept, or a later one whose writer was killed before it could say so."""
        kept = self.drafts.get(conversation, "")
        typed = [text for text, _ in self.typed[conversation]]
        assert text in (kept, "", *typed) and (text or not kept or typed)
        attached = self.attached.get(conversation, [])
        assert files in (attached, [], *(files for _, files in self.typed[conversation]))
        assert files or not attached or typed

    def check(self, home: Path) -> None:
        """Nothing that was promised is missing from what lies under `home`."""
        store = Conversations(home / "conversations.sqlite3")
        assert not store.notice
        try:
            for id, (conversation, text) in self.questions.items():
                message = store.message(id)
                assert (message.conversation, message.text, message.state) == (conversation, text, "complete")
            for id, text in self.answers.items():
                message = store.message(id)
                assert message.text.startswith(text) and message.state != "writing"
            for conversation in self.drafts:
                self.check_draft(conversation, store.draft(conversation), [*store.draft_files(conversation)])
        finally:
            store.close()
        assert self.files <= asyncio.run(_listed(home))


async def _listed(home: Path) -> set[str]:
    library = Library(home, HashEmbedder())
    try:
        return {one.path for one in await library.documents()}
    finally:
        await library.close()


def _kill_again_and_again(home: Path, files: Path, kills: int) -> Promised:
    promised, chance = Promised(), random.Random(SEED)
    files.mkdir()
    for number in range(kills + 1):
        window = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.killed_window", str(SEED * 1000 + number), str(files)],
            cwd=ROOT,
            env={**os.environ, "TANGNET_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        killer = threading.Timer(START_SECONDS, window.kill)
        killer.start()
        back = False
        assert window.stdout is not None and window.stderr is not None
        for line in window.stdout:
            if not line.endswith("\n"):
                break  # cut off in the middle of a word
            promised.take(line.rstrip("\n"))
            if line.startswith("BACK"):
                back = True
                killer.cancel()
                # The first one has nothing to lose yet, the last one is only looked at.
                killer = threading.Timer(0.0 if number == kills else chance.uniform(0.05, 2.5), window.kill)
                killer.start()
        killer.join()
        window.wait()
        said = window.stderr.read()
        window.stdout.close()
        window.stderr.close()
        assert back, said
        assert "Traceback" not in said, said
        promised.check(home)
    return promised


def test_what_a_killed_window_had_kept_is_there_at_the_next_start(home: Path, tmp_path: Path) -> None:
    promised = _kill_again_and_again(home, tmp_path / "files", 2)
    assert promised.typed


@pytest.mark.chaos
@pytest.mark.timeout(7200)
def test_a_hundred_kills(home: Path, tmp_path: Path) -> None:
    promised = _kill_again_and_again(home, tmp_path / "files", KILLS)
    show("kill -9 of the window: conversations, drafts, queue and view are there", KILLS, "kills", goal="value >= 100",
         questions=len(promised.questions), answers=len(promised.answers), drafts=len(promised.drafts),
         files=len(promised.files))  # fmt: skip
