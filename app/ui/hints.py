"""What the core's hints say in the window: where they name a command of the terminal, the page that does the same."""

from __future__ import annotations

import re

from app.ui.core_words import in_language
from app.ui.translation import tr

_COMMAND = re.compile(r"`(tangnet(?:-node)?) ?([a-z]*)[^`]*`")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def _offer(command: str) -> str:
    """Return what the page offers that does what `tangnet COMMAND` does; "" where none does."""
    match command:
        case "nodes" | "pair" | "unpair":
            return tr("The page Nodes shows how each one is, and pairs others.")
        case "models":
            return tr("The page Models shows which there are, and gets better ones.")
        case "add" | "documents":
            return tr("The page Library shows what was read, and adds more.")
    return ""


def in_window(hint: str) -> str:
    """Return `hint` for somebody who sits before the window.

    A sentence with a command that a page stands for is replaced by one of the page, once each; of other commands the
    quotation marks of a terminal go.
    """
    told: list[str] = []
    for sentence in _SENTENCE.split(in_language(hint)):
        offers = [_offer(found[2]) if found[1] == "tangnet" else "" for found in _COMMAND.finditer(sentence)]
        said = offers[-1] if offers and all(offers) else sentence.replace("`", "")
        if said not in told:
            told.append(said)
    return " ".join(told)
