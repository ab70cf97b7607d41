"""What the benches of the node get beside the usual."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path: the name of a Unix socket has 100 bytes at most."""
    folder = Path(tempfile.mkdtemp(prefix="tn"))
    yield folder
    shutil.rmtree(folder)
