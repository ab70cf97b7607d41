"""What the core's hints say in the window: where they name a command of the terminal, the page that does the same."""

from __future__ import annotations

import re

from app.ui.core_words import in_language
from app.ui.translation import tr

_COMMAND = re.compile(r"`(tangnet(?:-node)?) ?([a-z]*)[^`]*`")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def _page(command: str) -> str:
    """Return the title of the page that does what `tangnet COMMAND` does; "" where none does."""
    match command:
        case "nodes" | "pair" | "unpair":
            return tr("Nodes")
        case "models":
            return tr("Models")
        case "add" | "documents":
            return tr("Library")
        case "memory":
            return tr("Memory")
        case "settings":
            return tr("Settings")
    return ""


def in_window(hint: str) -> str:
    """Return `hint` for somebody who sits before the window.

    A sentence with a command that a page stands for is replaced by one that names the page, once each; of other
    commands the quotation marks of a terminal go.
    """
    told: list[str] = []
    for sentence in _SENTENCE.split(in_language(hint)):
        pages = [_page(found[2]) if found[1] == "tangnet" else "" for found in _COMMAND.finditer(sentence)]
        if pages and all(pages):
            said = tr("The page {page} on the left helps.", page=pages[-1])
        else:
            said = sentence.replace("`", "")
        if said not in told:
            told.append(said)
    return " ".join(told)
