"""The one place that says where the program writes; TANGNET_HOME moves all of it.

A room of its own because the window asks it before it is seen, and has no time for the settings then.
"""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Return the folder that holds everything the program writes; created with mode 0700."""
    chosen = os.environ.get("TANGNET_HOME")
    if not chosen:
        import platformdirs

        chosen = platformdirs.user_data_dir("tangnet", appauthor=False)
    path = Path(chosen)
    path = path.expanduser().absolute()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
