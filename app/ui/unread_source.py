"""PySide reads no source text at start.

After each import PySide reads the text of the module, to see whether it uses PySide, where its `__feature__` switches
might matter, and Python keeps the text: 8 MB, and a tenth of the time until the window is complete. Nothing here
switches any, so PySide is told what it takes by itself where there is no source: the module need not be cared about.
"""

from __future__ import annotations

import sys
from types import ModuleType


def leave_source_unread() -> None:
    """Let PySide decide without the text. Does nothing where PySide does not look, as in other versions of it."""
    looking = vars(sys.modules.get("shibokensupport.feature", ModuleType("")))
    if "_mod_uses_pyside" in looking:
        looking["_mod_uses_pyside"] = lambda _module: False
