"""`tangnet` over fakes: what it is given, what it prints."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from app.cli import main
from app.conversations import Conversations
from app.runtime import Runtime
from app.settings import Settings
from tests.fakes import FakeCluster, FakeLibrary


class Program:
    """`tangnet` over fakes, in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.cluster = FakeCluster()
        self.library = FakeLibrary()
        self.settings = Settings()
        self.out = self.err = ""

    async def open(self) -> Runtime:
        store = Conversations(self.home / "conversations.sqlite3")
        return Runtime(self.home, self.settings, self.cluster, self.library, store)

    def __call__(self, *arguments: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        status = main(arguments, open_runtime=self.open, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return status

    def json(self, *arguments: str, status: int = 0) -> list[dict[str, Any]]:
        assert self("--json", *arguments) == status, self.err
        return [json.loads(line) for line in self.out.splitlines()]
